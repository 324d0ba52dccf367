"""The till on the screen: closing with what was counted, opening with the float, cash in and out, and what is refused."""

from __future__ import annotations

import pytest

from desktop.register.till import till_state
from desktop.sales.views.till_page import TillPage
from desktop.services.counter import Counter
from desktop.widgets.fields import Field
from tests.desktop.salon import Salon
from tests.desktop.screen import Screen, button, error_of, field, texts, type_into, until


class Till:
    """The page with its number of closes that were followed up."""

    def __init__(self, salon: Salon, screen: Screen, counter: Counter) -> None:
        self.salon, self.say = salon, screen.context.say
        self.followed = 0
        self.page = screen.show(TillPage(screen.context, counter, self._after), 900, 800)

    async def _after(self) -> None:
        self.followed += 1

    @property
    def open(self) -> bool:
        return self.salon.desk.read(till_state).open is not None

    def cash(self) -> int:
        state = self.salon.desk.read(till_state).open
        assert state is not None
        return state.cash_cents

    async def fill(self, name: str, typed: str) -> None:
        type_into((await field(self.page, name)).editor, typed)

    @property
    def first_reason(self) -> Field:
        """The reason beside the cash; the one of the close stands below it."""
        return next(one for one in self.page.findChildren(Field) if one.name == "reason")

    def press(self, key: str) -> None:
        button(self.page, self.say(key)).click()


@pytest.fixture
async def till(salon: Salon, screen: Screen, counter: Counter) -> Till:
    made = Till(salon, screen, counter)
    await field(made.page, "counted")
    return made


async def test_a_day_is_closed_and_the_next_one_opened_with_what_was_left(till: Till, screen: Screen) -> None:
    await till.fill("counted", "100")
    await till.fill("left", "40,00")
    till.press("sales.till.close_do")
    float_field = await field(till.page, "float")
    assert not till.open
    assert float_field.editor.property("text") == "40,00"
    await until(lambda: till.followed, "the backup after the close")
    assert [tone for _words, tone in screen.said] == ["success"]
    till.press("sales.till.open")
    await field(till.page, "counted")
    assert till.cash() == 40_00


async def test_a_difference_without_a_reason_is_refused_at_the_field_of_the_reason(till: Till) -> None:
    await till.fill("counted", "98")
    till.press("sales.till.close_do")
    reason = await field(till.page, "reason")
    await until(lambda: error_of(reason), "the error")
    assert till.open
    assert (await field(till.page, "counted")).editor.property("text") == "98"


@pytest.mark.parametrize(("name", "typed"), [("counted", ""), ("counted", "sto"), ("left", "40x")])
async def test_what_is_no_amount_is_refused_at_its_field(till: Till, name: str, typed: str) -> None:
    await till.fill("counted", "100")
    await till.fill(name, typed)
    till.press("sales.till.close_do")
    wrong = await field(till.page, name)
    await until(lambda: error_of(wrong), "the error")
    assert wrong.editor.property("text") == typed
    assert till.open


async def test_cash_goes_in_with_a_reason(till: Till) -> None:
    await till.fill("cents", "50")
    till.press("sales.till.pay_in")
    reason = till.first_reason
    await until(lambda: error_of(reason), "the missing reason")
    assert till.cash() == 100_00
    type_into(reason.editor, "menjalni denar")
    till.press("sales.till.pay_in")
    await until(lambda: till.cash() == 150_00, "the cash")
    await until(lambda: any("150,00" in words for words in texts(till.page)), "the new sum on the page")


async def test_more_than_there_is_cannot_be_taken_out(till: Till, screen: Screen) -> None:
    await till.fill("cents", "500")
    type_into(till.first_reason.editor, "banka")
    till.press("sales.till.pay_out")
    await until(lambda: screen.said, "the refusal")
    [(words, tone)] = screen.said
    assert tone == "danger"
    assert "100,00" in words
    assert till.cash() == 100_00
