"""Opens a place as the program does, says when today is painted, works for a while and tells the memory. Run as a child."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

ROUNDS = 300


def memory() -> int:
    """Resident bytes of this process (Linux)."""
    line = next(one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def tell(what: str, value: int = 0) -> None:
    print(what, value, flush=True)


async def until(reached: Callable[[], bool]) -> None:
    """Waits for something that the program does; a minute at most."""
    async with asyncio.timeout(60):
        while not reached():
            await asyncio.sleep(0.002)


async def use(folder: Path) -> None:
    from PySide6.QtWidgets import QApplication

    from desktop.access import PERMISSIONS, SYSTEM, Actor
    from desktop.app import Application, Options
    from desktop.database.lock import Use, lock_place
    from desktop.database.place import Place
    from desktop.staff.members import list_members

    qt = QApplication.instance()
    assert isinstance(qt, QApplication)
    place = Place(folder)
    application = Application(qt, Options(place), lock_place(place, Use.WRITE))
    application.show()
    running = asyncio.ensure_future(application.run())
    await until(lambda: application._opened is not None and application._window.covered)
    assert application._opened is not None
    database = application._opened.database
    owner = (await database.read(SYSTEM, list_members))[0]
    await application._enter(Actor(owner.id, owner.name, PERMISSIONS[owner.entry.role]))
    assert application._pages is not None
    calendar = application._pages._calendar
    assert calendar is not None
    await until(lambda: bool(calendar.calendar._geometry.day.blocks) and calendar.calendar._picture is not None)
    tell("painted")
    await work(application, calendar)
    application._closed.set()
    await running


async def work(application: object, calendar: object) -> None:
    """Days turned, visits opened, customers searched: what a desk does in an hour; the memory a third in and at the end."""
    from typing import Any

    from desktop.customers.search import search_customers

    pages: Any = application
    page: Any = calendar
    tell("fresh", memory())
    for n in range(ROUNDS):
        page.step(-1 if n % 2 else 1) if n % 3 else page.show_day(page.day)
        await asyncio.sleep(0.05)
        blocks = page.calendar._geometry.day.blocks
        if blocks:
            page._open_visit(blocks[n % len(blocks)].group)
        for typed in ("žag", "nov", "041", "đur"):
            await pages._context.read(search_customers, typed)
        page.close_panel()
        await asyncio.sleep(0.02)
        if n == ROUNDS // 3:
            tell("a third", memory())
    tell("end", memory())


def main(folder: Path) -> int:
    import qasync
    from PySide6.QtWidgets import QApplication

    from desktop import garbage

    garbage.take_over()
    qt = QApplication(sys.argv[:1])
    qt.setQuitOnLastWindowClosed(False)
    with qasync.QEventLoop(qt) as loop:
        loop.run_until_complete(use(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
