"""Photographs the main screens of the demo salon: run as a process of its own, because the scale of a screen is set before Qt.

Usage: photographer.py <data folder> <picture folder> <prefix> <theme> <width> <height>. Sizes are logical pixels.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import qasync
from PySide6.QtWidgets import QApplication

from desktop.app import Application, Options
from desktop.database.lock import Use, lock_place
from desktop.database.place import Place, prepare_place

PAGES = ("calendar", "customers", "invoices", "till", "stock", "settings")


async def until(seen: Callable[[], object]) -> None:
    for _ in range(3000):
        if seen():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError("the program never got there")


async def photograph(application: Application, folder: Path, prefix: str, width: int, height: int) -> None:
    """Goes through the pages, a booking, a visit and a bill, and takes a picture of each."""
    await until(lambda: application._pages is not None and not application._window.covered)
    window, pages = application._window, application._pages
    assert pages is not None
    window.resize(width, height)
    calendar = window.show_page("calendar")
    await until(lambda: calendar._view)  # type: ignore[attr-defined]  # a CalendarPage

    async def take(name: str) -> None:
        await asyncio.sleep(0.4)  # what was asked for is read and painted
        assert window.grab().save(str(folder / f"{prefix}-{name}.png"))

    for page in PAGES:
        window.show_page(page)
        await take(page)
    window.show_page("calendar")
    pages.press("N")
    await take("booking")
    blocks = calendar._shown.blocks  # type: ignore[attr-defined]  # a CalendarPage
    visit = next(one.group for one in blocks if one.letter)
    calendar._open_visit(visit)  # type: ignore[attr-defined]  # a CalendarPage
    await take("visit")
    pages.press("W")
    await take("checkout")


async def main(data: Path, folder: Path, prefix: str, theme: str, width: int, height: int) -> None:
    place = Place(data)
    prepare_place(place)
    qt = QApplication.instance()
    assert isinstance(qt, QApplication)
    application = Application(qt, Options(place, demo=True, theme=theme), lock_place(place, Use.WRITE))
    application.show()
    running = asyncio.ensure_future(application.run())
    try:
        await photograph(application, folder, prefix, width, height)
    finally:
        application._closed.set()
        await running


if __name__ == "__main__":
    qt = QApplication(sys.argv[:1])
    qt.setQuitOnLastWindowClosed(False)
    data, folder, prefix, theme, width, height = sys.argv[1:]
    with qasync.QEventLoop(qt) as loop:
        loop.run_until_complete(main(Path(data), Path(folder), prefix, theme, int(width), int(height)))
