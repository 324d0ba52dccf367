"""The first run: what is typed is handed over whole, what is wrong is said at its field, and nothing typed is lost."""

from __future__ import annotations

from desktop.errors import InvalidInput
from desktop.settings.views.first_run import FirstRun, FirstRunView
from tests.desktop.salon import Salon
from tests.desktop.screen import Screen, button, error_of, field, type_into, until

TYPED = {
    "name": "Salon Brina", "legal_name": "Brina Novak s. p.", "street": "Glavna 1", "post_code": "3000", "town": "Celje",
    "tax_number": "10039856", "owner": "Brina Novak", "mark": "BN", "own_tax": "12345679", "pin": "2580",
}  # fmt: skip


async def test_what_was_typed_is_handed_over_and_a_wrong_field_is_named(salon: Salon, screen: Screen) -> None:
    given: list[FirstRun] = []

    async def begin(typed: FirstRun) -> None:
        given.append(typed)
        if len(given) == 1:
            raise InvalidInput("pin", "staff.pin_form", shortest=4, longest=8)

    view = screen.show(FirstRunView(screen.context, begin), 900, 900)
    for name, words in TYPED.items():
        type_into((await field(view, name)).editor, words)
    button(view, "Začni").click()
    pin = await field(view, "pin")
    await until(lambda: error_of(pin), "the error")
    assert (await field(view, "owner")).editor.text() == "Brina Novak"
    button(view, "Začni").click()
    await until(lambda: len(given) == 2, "the second try")
    assert given[0] == given[1]
    assert (given[1].company.name, given[1].company.vat_payer, given[1].pin) == ("Salon Brina", True, "2580")
    assert not given[1].live


async def test_a_passphrase_is_asked_for_live_work_alone(salon: Salon, screen: Screen) -> None:
    async def begin(_typed: FirstRun) -> None:
        raise AssertionError("nobody began")

    view = screen.show(FirstRunView(screen.context, begin), 900, 900)
    mode = await field(view, "mode")
    assert not view._passphrase.isVisible()
    mode.editor.setCurrentIndex(1)
    assert view._passphrase.isVisible()
    mode.editor.setCurrentIndex(0)
    assert not view._passphrase.isVisible()
