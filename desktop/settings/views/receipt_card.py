"""Settings of the receipts: the salon's own words and the language, with the paper beside them as it will be."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPlainTextEdit, QWidget

from desktop.errors import InvalidInput
from desktop.register.company import show_company
from desktop.sales.receipt_sample import sample_receipt
from desktop.sales.receipt_texts import ReceiptTexts, clean_receipt_texts, receipt_texts, set_receipt_texts
from desktop.services.counter import Counter
from desktop.settings.views.form import form_card
from desktop.shell.context import ViewContext
from desktop.texts import LANGUAGES
from desktop.widgets.controls import Card
from desktop.widgets.fields import block_field, choice_field, choice_of, text_of
from printing.layout import layout
from printing.preview import PaperView
from printing.profiles import PROFILES


async def receipt_card(context: ViewContext, counter: Counter) -> QWidget:
    """The form, and beside it a sample receipt that follows what is typed; nothing is stored before the button."""
    say, theme = context.say, context.theme
    stored = await context.read(receipt_texts)
    company = await context.read(show_company)
    blocks = {
        name: block_field(
            theme,
            name,
            say(f"settings.receipt.{name}"),
            getattr(stored, name),
            hint=say(f"settings.receipt.{name}_hint"),
            lines=5,
        )
        for name in ("header", "footer")
    }
    choices: list[tuple[str, object]] = [(say(f"settings.receipt.languages.{one}"), one) for one in LANGUAGES]
    language = choice_field(
        theme,
        "language",
        say("settings.receipt.language"),
        choices,
        stored.language,
        hint=say("settings.receipt.language_hint"),
    )
    paper = PaperView(theme.font(mono=True).family(), 0.5)

    def typed() -> ReceiptTexts:
        return ReceiptTexts(text_of(blocks["header"]), text_of(blocks["footer"]), str(choice_of(language)))

    def preview() -> None:
        """Shows what is typed; a part that cannot be stored is said at its field and left out of the paper."""
        words = typed()
        for name, field in blocks.items():
            try:
                clean_receipt_texts(ReceiptTexts(**{name: text_of(field)}))
                field.show_error("")
            except InvalidInput as error:
                field.show_error(context.sentence(error))
                words = replace(words, **{name: ""})
        if company is not None:
            local = context.database.clock.now().astimezone(context.database.desk.zone)
            printer = counter.printers.printer
            profile = PROFILES[printer.profile if printer is not None else "epson-tm-80"]
            document = sample_receipt(company, clean_receipt_texts(words), local)
            paper.set_grid(layout(document, profile.paper))

    async def save() -> None:
        await context.write(set_receipt_texts, typed())

    form = form_card(context, say("settings.receipt.title"), [*blocks.values(), language], save, columns=1)
    form.setMinimumWidth(290)
    form.setMaximumWidth(560)
    shown = Card(theme, say("settings.receipt.preview"))
    shown.column.addWidget(paper, 0, Qt.AlignmentFlag.AlignLeft)
    both = QWidget()
    row = QHBoxLayout(both)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(12)
    row.addWidget(form, 1, Qt.AlignmentFlag.AlignTop)
    row.addWidget(shown, 0, Qt.AlignmentFlag.AlignTop)
    row.addStretch(1)
    for field in blocks.values():
        assert isinstance(field.editor, QPlainTextEdit)
        field.editor.textChanged.connect(preview)
    assert isinstance(language.editor, QComboBox)
    language.editor.currentIndexChanged.connect(preview)
    preview()
    return both
