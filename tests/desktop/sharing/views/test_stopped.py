"""The cover of a desk that may not work any more: why, and the way out by a code."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.customers.customers import CustomerEntry, add_customer
from desktop.services.sharing import SharingState
from desktop.sharing.pairing import stop_sharing
from desktop.sharing.views.stopped import StoppedView
from tests.desktop.screen import Screen, button, error_of, field, texts, type_into, until
from tests.desktop.services.shared_salon import SharedDesk, SharedSalon


@pytest_asyncio.fixture
async def salon(tmp_path: Path, qtbot: QtBot) -> AsyncIterator[SharedSalon]:
    made = SharedSalon(tmp_path)
    yield made
    await made.close()


async def stopped(salon: SharedSalon, code: str) -> tuple[SharedDesk, Screen]:
    one = await salon.paired()
    await one.sharing.shutdown()
    await one.desk.database.write(one.desk.owner, stop_sharing, code)
    await one.sharing.start()
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    return one, Screen(application, one.desk, one.desk.owner, "en")


async def test_a_revoked_desk_is_taken_in_again_by_a_code(salon: SharedSalon) -> None:
    one, screen = await stopped(salon, "revoked")
    view = screen.show(StoppedView(screen.context, one.sharing), 900, 800)
    anew: list[bool] = []
    view.paired_anew.connect(lambda: anew.append(True))
    assert "This desk was revoked" in texts(view)
    assert "Its receipts have been handed in. What it wrote stays here." in texts(view)
    code = await field(view, "code")
    type_into(code.editor, "123")  # type: ignore[arg-type]  # a line
    QTest.keyClick(code.editor, Qt.Key.Key_Return)
    await until(lambda: error_of(code), "the error")
    type_into(code.editor, salon.code())  # type: ignore[arg-type]  # a line
    button(view, "Pair again").click()
    await until(lambda: anew, "paired anew")
    await one.until(SharingState.AGREED)
    await screen.close()


async def test_what_could_not_be_handed_in_is_said_after_a_restart_too(salon: SharedSalon) -> None:
    one = await salon.paired()
    await one.sharing.shutdown()
    await one.desk.database.write(one.desk.owner, add_customer, CustomerEntry("Ana", "Čeh"))
    await one.desk.database.write(one.desk.owner, stop_sharing, "revoked")
    await one.sharing.start()
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    screen = Screen(application, one.desk, one.desk.owner, "en")
    view = screen.show(StoppedView(screen.context, one.sharing), 900, 800)
    assert "1 action could not be handed in any more. What it wrote stays here." in texts(view)
    await screen.close()


async def test_a_restored_file_becomes_a_new_desk(salon: SharedSalon) -> None:
    one, screen = await stopped(salon, "forked")
    was = one.desk.database.desk.device
    view = screen.show(StoppedView(screen.context, one.sharing), 900, 800)
    anew: list[bool] = []
    view.paired_anew.connect(lambda: anew.append(True))
    type_into((await field(view, "code")).editor, salon.code())  # type: ignore[arg-type]  # a line
    button(view, "Pair as a new desk").click()
    await until(lambda: anew, "paired anew")
    one.desk.reopen()
    assert one.desk.database.desk.device != was
    await screen.close()
