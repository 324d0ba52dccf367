"""The receipt settings on the screen: the paper follows the typing, the button stores, what is wrong is said at its field."""

from __future__ import annotations

from PySide6.QtWidgets import QPlainTextEdit, QWidget

from desktop.sales.receipt_texts import ReceiptTexts, receipt_texts
from desktop.services.counter import Counter
from desktop.settings.views.receipt_card import receipt_card
from printing.preview import PaperView
from tests.desktop.salon import Salon
from tests.desktop.screen import Screen, button, error_of, field, until


def paper(card: QWidget) -> str:
    return card.findChildren(PaperView)[0].accessibleDescription()


async def write(card: QWidget, name: str, text: str) -> None:
    editor = (await field(card, name)).editor
    assert isinstance(editor, QPlainTextEdit)
    editor.setPlainText(text)


async def test_the_paper_follows_what_is_typed_and_the_button_stores(
    salon: Salon, screen: Screen, counter: Counter
) -> None:
    card = screen.show(await receipt_card(screen.context, counter), 1100)
    await write(card, "header", "Tel. 041 555 283")
    await write(card, "footer", "Hvala")
    assert "Tel. 041 555 283" in paper(card)
    assert "VZOREC" in paper(card)
    assert salon.desk.read(receipt_texts) == ReceiptTexts()
    button(card, screen.context.say("shell.save")).click()
    await until(lambda: screen.said, "stored")
    assert salon.desk.read(receipt_texts) == ReceiptTexts("Tel. 041 555 283", "Hvala", "sl")


async def test_too_many_lines_are_said_at_the_field_and_not_stored(
    salon: Salon, screen: Screen, counter: Counter
) -> None:
    card = screen.show(await receipt_card(screen.context, counter), 1100)
    await write(card, "footer", "1\n2\n3\n4\n5\n6")
    footer = await field(card, "footer")
    assert "5" in error_of(footer)
    footer.show_error("")
    button(card, screen.context.say("shell.save")).click()
    await until(lambda: error_of(footer), "refused")
    assert "5" in error_of(footer)
    assert salon.desk.read(receipt_texts) == ReceiptTexts()
    await write(card, "footer", "Hvala")
    assert error_of(footer) == ""
    assert "Hvala" in paper(card)


async def test_form_and_paper_fit_beside_each_other_in_the_smallest_window(screen: Screen, counter: Counter) -> None:
    card = await receipt_card(screen.context, counter)
    rail, sections, margins, scroll_bar = 76, 220, 48, 12
    assert card.minimumSizeHint().width() <= 1024 - rail - sections - margins - scroll_bar
