"""The program from its start to a signed-in desk and its end, on a place of its own."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop.access import SYSTEM
from desktop.app import Application, Options
from desktop.clock import SystemClock
from desktop.database.lock import Use, lock_place
from desktop.database.opening import make_place
from desktop.database.place import Place
from desktop.register.company import CompanyEntry
from desktop.schema import SCHEMA
from desktop.settings.set_up import set_up_salon
from desktop.staff.views.sign_in import SignInView
from desktop.widgets.pin_pad import PinPad

COMPANY = CompanyEntry("Salon", "Salon d.o.o.", "Testna 1", "1000", "Ljubljana", "10039856", True)


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not reached():
            await asyncio.sleep(0.005)


async def test_who_types_the_pin_at_once_is_let_in_when_the_services_are_up(tmp_path: Path, qapp: QApplication) -> None:
    place = Place(tmp_path / "data")
    made = make_place(place, "practice", schema=SCHEMA, zone=ZoneInfo("Europe/Ljubljana"), clock=SystemClock())
    made.database.write_now(SYSTEM, set_up_salon, COMPANY, "Maja Kovač", "MK", "12345679", "2580")
    made.close()
    qapp.setQuitOnLastWindowClosed(False)
    application = Application(qapp, Options(place), lock_place(place, Use.WRITE))
    window = application._window
    application.show()
    running = asyncio.ensure_future(application.run())
    try:
        await until(lambda: window.covered and any(pad.isVisible() for pad in window.findChildren(PinPad)))
        services_were_up = application._working.is_set()
        for digit in "2580":
            QTest.keyClick(qapp.focusWidget() or window, Qt.Key(ord(digit)))
            await asyncio.sleep(0.1)  # as a person does: faster would be a scanner
        QTest.keyClick(qapp.focusWidget() or window, Qt.Key.Key_Return)
        await until(lambda: not window.covered)
        assert application._pages is not None
        assert window.user.text() == "Maja Kovač"
        assert not window.findChildren(SignInView) or not window.findChildren(SignInView)[0].isVisible()
        assert not services_were_up, "the person waits at the pad for what is not needed there"
    finally:
        application._closed.set()
        await running
        gc.unfreeze()  # the next tests look at what is collected
    QTest.keyClicks(window, "123")  # nobody listens any more
    QTest.keyClick(window, Qt.Key.Key_Return)
