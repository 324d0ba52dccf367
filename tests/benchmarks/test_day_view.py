"""The day of the calendar in a ten-year shop: 225,000 visits in an encrypted file, written and read through the door."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from itertools import islice

from sqlalchemy import text
from sqlalchemy.orm import Session

from desktop.access import Role
from desktop.action import Action
from desktop.appointments.booking import book_visit
from desktop.appointments.day import day_view, week_capacity
from desktop.appointments.entries import ItemEntry, VisitEntry
from desktop.staff.members import MemberEntry, add_member
from tests.benchmarks.report import Row, timed
from tests.benchmarks.ten_year_shop import SLICE, VISITS, history, import_visits
from tests.desk import TestDesk
from tests.desktop.staff.people import every_day, open_shop

LAST = date(2026, 11, 20)
FULL_DAY = date(2026, 11, 25)


def bare_rows(session: Session, action: Action, day: date) -> int:
    """The floor: the day's rows alone, as SQLite gives them."""
    start = action.instant(day, time(0))
    query = text(
        "SELECT id, items, customer_name, status FROM visit WHERE shop_id = :shop AND starts_at >= :since AND starts_at < :until"
    )
    since = int(start.timestamp() * 1000)
    return len(
        session.execute(query, {"shop": action.desk.shop.bytes, "since": since, "until": since + 86_400_000}).all()
    )


def test_day_view(desk: TestDesk, report: Callable[[Row], None]) -> None:
    open_shop(desk, every_day("7:00-20:00"), since=date(2016, 1, 1))
    members = [
        desk.write(add_member, MemberEntry(f"Oseba {number}", f"O{number}", Role.PRACTITIONER, position=number)).id
        for number in range(25)
    ]
    rows = history(members[:6], LAST)
    while some := list(islice(rows, SLICE)):
        desk.write(import_visits, some)
    for member in members:  # 1,000 blocks
        for number in range(40):
            wall = (datetime.combine(FULL_DAY, time(7)) + timedelta(minutes=15 * number)).time()
            entry = VisitEntry((ItemEntry("Kratko", member, 15, 1000),), FULL_DAY, wall, customer_name="Stranka")
            desk.write(book_visit, entry)
    ordinary = LAST - timedelta(days=700)
    size = f"{desk.path.stat().st_size / 2**20:.0f} MiB"
    facts = ("WAL", "synchronous FULL", f"{VISITS:,} visits", size)
    for what, day, count, p50 in (
        ("day_view, ordinary day, 25 columns", ordinary, 62, None),
        ("day_view, 25 columns with 1,000 blocks", FULL_DAY, 1000, 0.05),
    ):
        assert abs(len(desk.read(day_view, day).agenda) - count) <= 6
        floor = timed(lambda day=day: desk.read(bare_rows, day), times=40, warm_up=5)  # type: ignore[misc]  # bound now
        timing = timed(lambda day=day: desk.read(day_view, day), times=40, warm_up=5)  # type: ignore[misc]  # bound now
        report(Row(what, timing, floor=floor, floor_name="its rows alone", p50=p50, facts=facts))
    strip = timed(lambda: desk.read(week_capacity, LAST), times=40, warm_up=5)
    report(Row("week_capacity, six days", strip, p50=0.05, facts=facts))
