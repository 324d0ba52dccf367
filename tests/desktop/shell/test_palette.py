"""The command palette: finds blind to case and accents, is driven by keys alone, and offers only what a person may do."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.access import Actor
from desktop.customers.customers import CustomerEntry, add_customer
from desktop.sales.views.checkout_panel import CheckoutPanel
from desktop.services.counter import Counter
from desktop.shell.main_window import MainWindow
from desktop.shell.pages import Pages
from desktop.shell.palette import Command, Palette, matching
from desktop.texts import Texts
from desktop.widgets.theme import Theme
from tests.desktop.sales.views.conftest import context, counter, screen, screen_of
from tests.desktop.salon import Salon
from tests.desktop.screen import Screen, texts, until

__all__ = ["context", "counter", "screen", "screen_of"]


class Stage:
    """A palette over a window with one field; `done` holds what was chosen."""

    def __init__(self, qtbot: QtBot) -> None:
        self.window = QWidget()
        self.window.resize(1000, 700)
        qtbot.addWidget(self.window)
        self.below = QLineEdit()
        column = QVBoxLayout(self.window)
        for field in (QLineEdit(), self.below, QLineEdit()):
            column.addWidget(field)
        self.palette = Palette(Theme("light"), Texts("sl"), self.window)
        self.done: list[str] = []
        self.asked: list[str] = []
        self.palette.asked.connect(self.asked.append)
        self.window.show()
        self.window.activateWindow()
        self.below.setFocus()

    def command(self, words: str, group: str = "Ukazi", **kwargs: str) -> Command:
        return Command(group, "plus", words, lambda: self.done.append(words), **kwargs)

    def open(self, *words: str) -> None:
        self.palette.open([self.command(one) for one in words])

    def type(self, text: str) -> None:
        for letter in text:
            for kind in (QKeyEvent.Type.KeyPress, QKeyEvent.Type.KeyRelease):
                QApplication.sendEvent(self.palette.field, QKeyEvent(kind, 0, Qt.KeyboardModifier.NoModifier, letter))

    def key(self, *keys: Qt.Key) -> None:
        for key in keys:
            QTest.keyClick(self.palette.field, key)

    @property
    def shown(self) -> list[str]:
        return [self.palette.list.item(row).text() for row in range(self.palette.list.count())]


@pytest.fixture
def stage(qapp: QApplication, qtbot: QtBot) -> Stage:
    return Stage(qtbot)


def test_every_typed_word_begins_some_word_blind_to_case_and_accents(stage: Stage) -> None:
    commands = [stage.command(one) for one in ("Zaključi dan", "Nova stranka", "Đurđa Žagar", "Odpiralni čas")] + [
        stage.command("Temni videz", also="noč")
    ]

    def found(typed: str) -> list[str]:
        return [one.words for one in matching(commands, typed)]

    assert found("zakljuci") == ["Zaključi dan"]
    assert found("DAN zak") == ["Zaključi dan"]
    assert found("durda") == found("ZAG djurdja") == ["Đurđa Žagar"]
    assert found("noc") == ["Temni videz"]
    assert found("ranka") == []
    assert len(found("  ")) == 5


def test_what_begins_with_the_typed_words_comes_first(stage: Stage) -> None:
    stage.palette.open([stage.command("Natisni zadnji račun"), stage.command("Računi", "Strani")])
    stage.type("rač")
    assert stage.shown == ["Strani", "Računi", "Ukazi", "Natisni zadnji račun"]
    stage.key(Qt.Key.Key_Return)
    assert stage.done == ["Računi"]


def test_arrows_choose_enter_does_it_and_the_focus_goes_back(stage: Stage) -> None:
    stage.open("Danes", "Račun", "Tiskaj")
    assert stage.shown == ["Ukazi", "Danes", "Račun", "Tiskaj"]
    stage.key(Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up)  # around the end, over the heading
    stage.key(Qt.Key.Key_Return)
    assert stage.done == ["Tiskaj"]
    assert stage.palette.isHidden()
    assert stage.below.hasFocus()


def test_escape_and_a_click_elsewhere_close_it_and_do_nothing(stage: Stage) -> None:
    stage.open("Danes")
    stage.key(Qt.Key.Key_Escape)
    assert stage.palette.isHidden()
    assert stage.below.hasFocus()
    stage.open("Danes")
    stage.below.setFocus()
    assert stage.palette.isHidden()
    assert stage.done == []


def test_it_opens_empty_again(stage: Stage) -> None:
    stage.open("Danes", "Račun")
    stage.type("rac")
    assert stage.shown == ["Ukazi", "Račun"]
    stage.key(Qt.Key.Key_Escape)
    stage.open("Danes", "Račun")
    assert stage.palette.field.text() == ""
    assert "Danes" in stage.shown


async def test_enter_that_comes_before_the_answer_waits_for_it(stage: Stage) -> None:
    stage.open("Danes")
    stage.type("nus")
    stage.key(Qt.Key.Key_Return)
    assert stage.done == []
    await until(lambda: stage.asked == ["nus"], "the question")
    stage.palette.show_found("nus", [stage.command("Nuša Žagar", "Stranke")])
    assert stage.done == ["Nuša Žagar"]


def test_an_answer_to_an_earlier_word_is_not_shown(stage: Stage) -> None:
    stage.open("Danes")
    stage.type("nus")
    stage.palette.show_found("nu", [stage.command("Nuša Žagar", "Stranke")])
    assert "Nuša Žagar" not in stage.shown


def test_what_was_chosen_stays_chosen_when_people_come(stage: Stage) -> None:
    stage.open("Nova stranka", "Nova prodaja")
    stage.type("nov")
    stage.key(Qt.Key.Key_Down)
    stage.palette.show_found("nov", [stage.command("Novak Ana", "Stranke")])
    assert stage.shown == ["Ukazi", "Nova stranka", "Nova prodaja", "Stranke", "Novak Ana"]
    assert stage.palette.field.accessibleDescription() == "Nova prodaja"
    stage.key(Qt.Key.Key_Return)
    assert stage.done == ["Nova prodaja"]


def test_nothing_found_is_said(stage: Stage) -> None:
    stage.open("Danes")
    stage.type("qq")
    assert stage.shown == []
    stage.palette.show_found("qq", [])
    assert stage.shown == [Texts("sl").say("shell.palette.none")]
    stage.key(Qt.Key.Key_Down, Qt.Key.Key_Return)
    assert not stage.palette.isHidden()


async def nothing() -> None:
    """What is done after the day's close."""


class Desk:
    """The window of a signed-in person with its pages."""

    def __init__(self, screen: Screen, counter: Counter, actor: Actor) -> None:
        screen.context.actor = actor
        self.say, self.counter = screen.context.say, counter
        self.window = MainWindow(screen.theme, screen.context.texts)
        self.pages = Pages(screen.context, self.window, counter, screen.sharing(), nothing)
        self.window.set_pages(self.pages.pages())
        screen.show(self.window, 1440, 900)
        self.pages.open()

    def offered(self) -> set[str]:
        return {one.words for one in self.pages.commands()}

    def do(self, words: str) -> None:
        next(one for one in self.pages.commands() if one.words == words).act()

    @property
    def palette(self) -> Palette:
        return self.window.findChildren(Palette)[-1]


@pytest.fixture
def desks(screen: Screen, counter: Counter) -> Iterator[Callable[[Actor], Desk]]:
    made: list[Desk] = []

    def make(actor: Actor) -> Desk:
        made.append(Desk(screen, counter, actor))
        return made[-1]

    yield make
    for one in made:
        one.pages.leave()
        one.window.allow_close()


async def test_a_person_is_offered_what_they_may_do(salon: Salon, desks: Callable[[Actor], Desk]) -> None:
    owner = desks(salon.owner)
    await until(lambda: owner.say("shell.palette.close_day") in owner.offered(), "the open till")
    money = {owner.say(f"shell.palette.{one}") for one in ("sale", "print_last", "close_day")}
    settings = {owner.say(f"settings.{one}.title") for one in ("company", "receipt")}
    assert money | settings <= owner.offered()
    reception = desks(salon.reception)
    await until(lambda: reception.say("shell.palette.close_day") in reception.offered(), "the open till")
    assert money <= reception.offered()
    assert not settings & reception.offered()
    practitioner = desks(salon.desk.practitioner)
    assert practitioner.say("shell.today") in practitioner.offered()
    assert not money & practitioner.offered()
    assert practitioner.say("shell.palette.customer") not in practitioner.offered()


async def test_commands_lead_where_they_say(salon: Salon, desks: Callable[[Actor], Desk]) -> None:
    desk = desks(salon.owner)
    desk.do(desk.say("shell.palette.sale"))
    assert isinstance(desk.window.panel, CheckoutPanel)
    desk.do(desk.say("settings.printer.title"))
    assert desk.window.page == "settings"
    desk.do(desk.say("shell.today"))
    assert desk.window.page == "calendar"


async def test_a_customer_is_found_and_opened_by_keys(salon: Salon, desks: Callable[[Actor], Desk]) -> None:
    salon.desk.write(add_customer, CustomerEntry("Đurđa", "Žagar", phones=("041 555 283",)))
    desk = desks(salon.owner)
    desk.pages.toggle_palette()
    palette = desk.palette
    palette.field.setText("durda zag")
    palette.field.textEdited.emit("durda zag")
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    await until(lambda: desk.window.page == "customers", "the customer's page")
    assert palette.isHidden()


async def test_keys_of_the_bill_do_nothing_while_the_palette_is_open(
    salon: Salon, desks: Callable[[Actor], Desk]
) -> None:
    desk = desks(salon.owner)
    desk.pages.toggle_palette()
    assert not desk.pages.press("W")
    assert desk.window.panel is None
    desk.pages.toggle_palette()
    assert desk.palette.isHidden()
    assert desk.pages.press("W")


async def test_the_days_buttons_stand_above_the_calendar_alone(salon: Salon, desks: Callable[[Actor], Desk]) -> None:
    desk = desks(salon.owner)
    title = desk.say("shell.pages.till")

    def words() -> list[str]:
        return texts(desk.window)

    assert desk.say("shell.today") in words()
    before = words().count(title)
    desk.window.show_page("till")
    assert desk.say("shell.today") not in words()
    assert words().count(title) == before + 1
    desk.window.show_page("calendar")
    assert desk.say("shell.today") in words()


async def test_a_light_leads_to_its_settings_for_who_may_and_says_how_it_is_to_the_others(
    screen: Screen, salon: Salon, desks: Callable[[Actor], Desk]
) -> None:
    desk = desks(salon.owner)
    await until(lambda: desk.window.fiscal_light.accessibleName(), "the light's words")
    desk.window.fiscal_light.clicked.emit()
    assert desk.window.page == "settings"
    desk.pages.leave()
    desk.window.fiscal_light.clicked.emit()
    assert screen.said == [], "who left hears no click"
    desk.pages = Pages(screen.context, desk.window, desk.counter, screen.sharing(), nothing)
    screen.context.actor = salon.reception
    desk.window.fiscal_light.clicked.emit()
    assert screen.said == [(desk.window.fiscal_light.accessibleName(), "info")]
