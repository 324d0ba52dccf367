"""The panel of a receipt: news of it never takes away what somebody is typing, and a wrong means is put right."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QLineEdit

from desktop.sales.invoices import list_invoices
from desktop.sales.issuing import Issued
from desktop.sales.views.issued_panel import IssuedPanel
from desktop.services.counter import Counter, Settled
from fiscal.port import Kind
from tests.desktop.salon import Salon, service
from tests.desktop.screen import Screen, button, field, texts, type_into, until


async def test_what_is_typed_survives_news(salon: Salon, screen: Screen, counter: Counter) -> None:
    issued = salon.sell(service())
    panel = screen.show(IssuedPanel(screen.context, counter, issued.id))
    await until(lambda: "Dobropis" in texts(panel), "the actions")
    button(panel, "Dobropis").click()
    for name, typed in (("quantity", "0,5"), ("reason", "stranka ni bila zadovoljna")):
        type_into((await field(panel, name)).editor, typed)
    before = panel.findChildren(type(panel.body.itemAt(0).widget()))
    screen.context.settled.emit(Settled(issued.id, None))
    await until(lambda: panel.findChildren(type(panel.body.itemAt(0).widget())) != before, "the new state")
    for name, typed in (("quantity", "0,5"), ("reason", "stranka ni bila zadovoljna")):
        editor = (await field(panel, name)).editor
        assert isinstance(editor, QLineEdit)
        assert editor.text() == typed
    button(panel, "Prekliči").click()
    await until(lambda: "Natisni znova" in texts(panel), "the actions again")


async def test_a_wrong_means_is_put_right_by_the_mouse(salon: Salon, screen: Screen, counter: Counter) -> None:
    issued = salon.sell(service())
    panel = screen.show(IssuedPanel(screen.context, counter, issued.id))
    corrected: list[Issued] = []
    panel.corrected.connect(corrected.append)
    await until(lambda: "Napačno plačilno sredstvo" in texts(panel), "the actions")
    button(panel, "Napačno plačilno sredstvo").click()
    box = (await field(panel, "payments")).editor
    assert isinstance(box, QComboBox)
    box.setCurrentText("Kartica")
    button(panel, "Izdaj dobropis in nov račun").click()
    await until(lambda: corrected, "both documents")
    kinds = [one.kind for one in salon.desk.read(list_invoices)]
    assert sorted(kinds) == sorted([Kind.SALE, Kind.SALE, Kind.CREDIT_NOTE])
    assert screen.said == []
