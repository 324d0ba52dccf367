"""Joining a salon at the first run: the code shows the salon and its shops, the first shop is chosen, what is wrong is said."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from desktop.errors import InvalidInput
from desktop.services.joining import Join
from desktop.sharing.views.join import JoinForm
from tests.desktop.screen import Screen, button, error_of, field, texts, type_into, until
from tests.desktop.services.shared_salon import SharedSalon


@pytest_asyncio.fixture
async def salon(tmp_path: Path, qtbot: QtBot) -> AsyncIterator[SharedSalon]:
    made = SharedSalon(tmp_path)
    yield made
    await made.close()


@pytest_asyncio.fixture
async def screen(salon: SharedSalon) -> AsyncIterator[Screen]:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    desk = salon.desk().desk
    made = Screen(application, desk, desk.owner, "en")
    yield made
    await made.close()


async def typed(form: JoinForm, salon: SharedSalon) -> QWidget:
    """Types where to; the line with the desk's name."""
    for name, words in (("url", salon.server.url), ("code", salon.code()), ("desk", "Upstairs")):
        type_into((await field(form, name)).editor, words)  # type: ignore[arg-type]  # a line
    trust = (await field(form, "trust")).editor
    assert isinstance(trust, QPlainTextEdit)
    trust.setPlainText(salon.trust)
    return (await field(form, "desk")).editor


async def checked(form: JoinForm, salon: SharedSalon) -> None:
    await typed(form, salon)
    button(form, "Check the code").click()


async def test_the_first_shop_is_chosen_and_the_choice_is_handed_over(salon: SharedSalon, screen: Screen) -> None:
    await salon.paired()
    given: list[Join] = []

    async def begin(join: Join) -> None:
        given.append(join)

    form = screen.show(JoinForm(screen.context, begin), 700)
    await checked(form, salon)
    shop = await field(form, "shop")
    await until(lambda: shop.editor.hasFocus(), "the focus on the shop")
    assert "Salon Ana" in texts(form)
    button(form, "Join").click()
    await until(lambda: given, "handed over")
    assert (given[0].shop, given[0].entry.desk) == (salon.shop, "Upstairs")


async def test_enter_in_a_line_checks_the_code(salon: SharedSalon, screen: Screen) -> None:
    await salon.paired()

    async def begin(_join: Join) -> None:
        raise AssertionError("nobody began")

    form = screen.show(JoinForm(screen.context, begin), 700)
    desk = await typed(form, salon)
    QTest.keyClick(desk, Qt.Key.Key_Return)
    shop = await field(form, "shop")
    await until(lambda: shop.editor.hasFocus(), "the focus on the shop")


async def test_a_new_shop_asks_for_its_name_and_what_is_wrong_is_said_there(salon: SharedSalon, screen: Screen) -> None:
    await salon.paired()

    async def begin(join: Join) -> None:
        assert join.shop is None
        raise InvalidInput("shop_name", "sharing.shop")

    form = screen.show(JoinForm(screen.context, begin), 700)
    await checked(form, salon)
    shop = await field(form, "shop")
    assert not [one for one in form.findChildren(type(shop)) if one.name == "shop_name" and one.isVisibleTo(form)]
    shop.editor.setCurrentIndex(1)  # type: ignore[attr-defined]  # a choice
    name = await field(form, "shop_name")
    button(form, "Join").click()
    await until(lambda: error_of(name), "the error")
    assert error_of(name) == "The shop needs a name."


async def test_where_nobody_shares_it_says_what_to_do_instead(salon: SharedSalon, screen: Screen) -> None:
    async def begin(_join: Join) -> None:
        raise AssertionError("nobody began")

    form = screen.show(JoinForm(screen.context, begin), 700)
    await checked(form, salon)
    await until(lambda: screen.context.say("sharing.refused.nobody_there") in texts(form), "the way out")
