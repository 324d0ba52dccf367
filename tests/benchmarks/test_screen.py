"""What the screen costs: the first paint, another day of 25 columns with 1,000 blocks, and a frame of a drag on it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from desktop.widgets.calendar.data import Block, Column, Day, Look
from desktop.widgets.calendar.view import CalendarView
from desktop.widgets.theme import Theme
from tests.benchmarks.report import Row, as_installed, timed

ROOT = Path(__file__).parents[2]
COLUMNS, EACH = 25, 40
FAMILIES = ("blue", "teal", "violet", "amber")
LOOKS = (Look.CONFIRMED, Look.PENDING, Look.ARRIVED, Look.IN_SERVICE, Look.DONE, Look.PAID, Look.NO_SHOW)


def test_the_first_paint(report: Callable[[Row], None], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.benchmarks.first_paint"]
    own = [*command, str(tmp_path / "data")]
    compiled = as_installed(tmp_path / "compiled")
    floor = timed(lambda: subprocess.run(command, cwd=ROOT, env=compiled, check=True), times=7)
    ours = timed(lambda: subprocess.run(own, cwd=ROOT, env=compiled, check=True), times=7)
    report(Row("process start to first paint and end", ours, floor, "bare PySide6 window", ratio=1.5))


def full_day(theme: Theme, shift: int) -> Day:
    """A day of 1,000 blocks; `shift` makes another one, so that nothing of the day before can be kept."""
    families = [name for name in FAMILIES if f"service.{name}.edge" in theme.tokens.colours()]
    columns = tuple(Column(UUID(int=n + 1), f"Oseba {n}", "7–20", ((420, 1200),), 0.8) for n in range(COLUMNS))
    blocks = []
    for n in range(COLUMNS * EACH):
        column, place = divmod(n, EACH)
        start = 420 + place * 19
        blocks.append(
            Block(
                UUID(int=10_000 + n + shift), UUID(int=20_000 + n), columns[column].id, start, start + 18,
                f"Stranka {n + shift}", f"Storitev {place}", families[n % len(families)], LOOKS[n % len(LOOKS)], "P",
            )
        )  # fmt: skip
    return Day(columns, tuple(blocks), 420, 1200, now=700)


def settle(application: QApplication) -> None:
    """Lets the windows be exposed: what is not seen is not painted."""
    for _ in range(5):
        application.processEvents()


def test_a_full_day_is_switched_and_dragged(report: Callable[[Row], None], qapp: QApplication) -> None:
    theme = Theme("light")
    theme.apply(qapp)
    view = CalendarView(theme)
    view.resize(3840, 2000)  # everything is seen at once
    view.show()
    settle(qapp)
    days = [full_day(theme, shift) for shift in range(0, 40_000, 2_000)]
    turn = iter(days * 2)

    def switch() -> None:
        view.set_day(next(turn))
        view.viewport().repaint()
        assert view._picture is not None, "nothing was painted"

    switched = timed(switch, times=20)
    blank = QWidget()
    blank.resize(view.size())
    blank.show()
    settle(qapp)
    floor = timed(blank.repaint, times=20)
    facts = ("25 columns, 1,000 blocks, 3840x2000",)
    report(Row("day switch, painted", switched, p50=0.050, count=COLUMNS * EACH, facts=facts))

    geometry, origin = view._geometry, view._origin()
    block = geometry.day.blocks[5]
    rect = geometry.block_rect(block)
    start = origin + rect.center()
    QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=start.toPoint())
    steps = iter(range(30, 2000, 4))

    def frame() -> None:
        before = view._hung
        assert view._drag is not None
        view._drag.follow(geometry, QPointF(rect.center().x(), rect.center().y() + next(steps)))
        view._hang()
        view.viewport().repaint(before.united(view._hung))  # at once what was asked for soon

    QTest.mouseMove(view.viewport(), (start + QPointF(0, 30)).toPoint())
    dragged = timed(frame, times=200)
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=(start + QPointF(0, 300)).toPoint())
    report(Row("drag frame", dragged, floor, "repaint of an empty widget of that size", p50=0.005, facts=facts))
    view.close()
    blank.close()
