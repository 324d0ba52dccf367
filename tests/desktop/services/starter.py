"""Starts the program on a data folder and leaves it once its premise is where it should be: run as a process of its own.

Usage: starter.py <data folder>. Prints the state of the premise.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import qasync
from PySide6.QtWidgets import QApplication

from desktop.app import Application, Options
from desktop.database.lock import Use, lock_place
from desktop.database.place import Place
from desktop.services.premise import PremiseState


async def main(data: Path) -> None:
    place = Place(data)
    qt = QApplication.instance()
    assert isinstance(qt, QApplication)
    application = Application(qt, Options(place), lock_place(place, Use.WRITE))
    application.show()
    running = asyncio.ensure_future(application.run())
    state = PremiseState.NOT_SET_UP
    for _ in range(1000):
        if application._services is not None:
            state = (await application._services.counter.fiscal.status()).premise.state
        if state is PremiseState.CONFIRMED:
            break
        await asyncio.sleep(0.02)
    print(state.value)
    application._closed.set()
    await running


if __name__ == "__main__":
    qt = QApplication(sys.argv[:1])
    qt.setQuitOnLastWindowClosed(False)
    with qasync.QEventLoop(qt) as loop:
        loop.run_until_complete(main(Path(sys.argv[1])))
