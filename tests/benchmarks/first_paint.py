"""Paints a first frame and ends: a bare window, or the program's own before its database. Run as a child of the benchmark."""

from __future__ import annotations

import sys
from pathlib import Path


def bare() -> int:
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication, QMainWindow

    qt = QApplication(sys.argv[:1])
    window = QMainWindow()
    window.resize(1440, 900)
    window.show()
    QTimer.singleShot(0, qt.quit)
    return qt.exec()


def program(folder: Path) -> int:
    import asyncio

    import qasync
    from PySide6.QtWidgets import QApplication

    from desktop.app import Application, Options
    from desktop.database.lock import Use, lock_place
    from desktop.database.place import Place, prepare_place

    qt = QApplication(sys.argv[:1])
    place = Place(folder)
    prepare_place(place)
    lock = lock_place(place, Use.WRITE)

    async def paint() -> None:
        application = Application(qt, Options(place), lock)
        application.show()
        await asyncio.sleep(0)
        qt.processEvents()
        application._window.allow_close()
        application._window.close()
        assert "sqlalchemy" not in sys.modules, "the window is painted before SQLAlchemy is imported"

    with qasync.QEventLoop(qt) as loop:
        loop.run_until_complete(paint())
    lock.release()
    return 0


if __name__ == "__main__":
    sys.exit(bare() if len(sys.argv) == 1 else program(Path(sys.argv[1])))
