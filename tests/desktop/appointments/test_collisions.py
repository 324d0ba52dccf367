"""Random days: whatever is booked, moved, resized, cancelled, blocked and undone, nobody is booked twice.

The judge works out by itself what every visit needs, from the items as they are shown, minute by minute.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.appointments.blocking import block_time, move_block, unblock_time
from desktop.appointments.booking import book_visit
from desktop.appointments.entries import ItemEntry, ShownVisit, VisitEntry, shown_visit
from desktop.appointments.model import BlockedTime, Visit
from desktop.appointments.moving import change_items, move_visit, resize_visit
from desktop.appointments.progress import cancel_visit, set_status
from desktop.appointments.undo import RULES
from desktop.catalogue.resources import ResourceEntry, add_resource
from desktop.database.history import last_undoable
from desktop.errors import InvalidInput, Refused
from tests.desk import TestDesk
from tests.desktop.appointments.salon import Salon
from tests.desktop.appointments.test_slots import rebuild, stored
from tests.desktop.staff.people import employ, every_day, open_shop

#: An ordinary day, the short and the long day of the year.
DAYS = (date(2026, 11, 23), date(2027, 3, 28), date(2026, 10, 25))
CAPACITY = 2

items = st.tuples(
    st.integers(0, 1),
    st.sampled_from([5, 10, 30, 45, 60, 95]),
    st.sampled_from([0, 5, 12]),
    st.sampled_from([0, 10]),
    st.booleans(),
    st.sampled_from(["", "cabin", "named"]),
)
walls = st.builds(lambda hour, minute: time(hour, minute), st.integers(0, 4), st.integers(0, 11).map(lambda n: 5 * n))
steps = st.lists(
    st.tuples(
        st.sampled_from(
            ["book", "book", "book", "move", "resize", "items", "cancel", "restore", "block", "shift", "free", "undo"]
        ),
        walls,
        st.lists(items, min_size=1, max_size=3),
        st.integers(0, 50),
    ),
    min_size=4,
    max_size=25,
)


def everything(session: Session, action: Action) -> tuple[list[ShownVisit], list[tuple[UUID, datetime, datetime]]]:
    visits = session.scalars(select(Visit).where(Visit.deleted_at.is_(None)))
    blocks = session.scalars(select(BlockedTime).where(BlockedTime.deleted_at.is_(None)))
    return (
        [shown_visit(visit) for visit in visits if visit.status not in ("cancelled", "no_show")],
        [(block.member_id, block.starts_at, block.ends_at) for block in blocks],
    )


def busy_minutes(salon: Salon) -> Counter[tuple[UUID, datetime]]:
    """How many visits and blocks need each person and room in each minute."""
    visits, blocks = salon.desk.read(everything)
    found: Counter[tuple[UUID, datetime]] = Counter()
    minute = timedelta(minutes=1)
    for visit in visits:
        needed = set()
        for item in visit.items:
            first = item.starts_at - item.buffer_before_min * minute
            last = item.ends_at + item.buffer_after_min * minute
            for number in range((last - first) // minute):
                at = first + number * minute
                needed.update((resource, at) for resource in item.resource_ids)
                if item.pause is None or not item.pause[0] <= at < item.pause[1]:
                    needed.add((item.member_id, at))
        found.update(needed)
    for member, start, end in blocks:
        found.update((member, start + number * minute) for number in range((end - start) // minute))
    return found


class Player:
    """Does one step after the other; refusals are part of the game, anything else is not."""

    def __init__(self, desk: TestDesk, day: date) -> None:
        desk.clock.set(datetime.combine(day - timedelta(days=1), time(12), desk.database.desk.zone))
        open_shop(desk, every_day("8:00-18:00"))
        self.salon = Salon(desk, employ(desk, "MK"), employ(desk, "TN"))
        self.rooms = [desk.write(add_resource, ResourceEntry(f"Kabina {n}", "cabin", CAPACITY)).id for n in (1, 2)]
        self.day = day
        self.visits: list[UUID] = []
        self.blocks: list[UUID] = []

    def entry(self, drawn: tuple[int, int, int, int, bool, str]) -> ItemEntry:
        member, duration, before, after, pause, room = drawn
        return ItemEntry(
            name="Storitev",
            member_id=(self.salon.maja, self.salon.tina)[member],
            duration_min=duration,
            buffer_before_min=before,
            buffer_after_min=after,
            processing_start_min=duration // 3 if pause else 0,
            processing_min=duration // 3 if pause else 0,
            resource_ids=(self.rooms[0],) if room == "named" else (),
            needs=("cabin",) if room == "cabin" else (),
        )

    def play(self, step: tuple[str, time, list[Any], int]) -> None:
        kind, wall, drawn, pick = step
        write = self.salon.desk.write
        entries = tuple(self.entry(one) for one in drawn)
        visit = self.visits[pick % len(self.visits)] if self.visits else None
        block = self.blocks[pick % len(self.blocks)] if self.blocks else None
        member, duration = entries[0].member_id, entries[0].duration_min
        acts: dict[str, Callable[[], object]] = {
            "book": lambda: self.visits.append(write(book_visit, VisitEntry(entries, self.day, wall), True).visit.id),
            "move": lambda: write(move_visit, visit, self.day, wall, member if pick % 2 else None, (), True),
            "resize": lambda: write(resize_visit, visit, duration, None, True),
            "items": lambda: write(change_items, visit, entries, True),
            "cancel": lambda: write(cancel_visit, visit, "Zbolela"),
            "restore": lambda: write(set_status, visit, "confirmed"),
            "block": lambda: self.blocks.append(write(block_time, member, self.day, wall, duration).id),
            "shift": lambda: write(move_block, block, member, self.day, wall, duration),
            "free": lambda: write(unblock_time, block),
            "undo": self.undo,
        }
        if (kind in ("move", "resize", "items", "cancel", "restore") and visit is None) or (
            kind in ("shift", "free") and block is None
        ):
            return
        try:
            acts[kind]()
        except InvalidInput as refusal:
            if refusal.code not in ("clock.gap", "appointments.processing_outside"):
                raise
        except Refused as refusal:
            if "free" in refusal.values:
                self.check_proposals(refusal)

    def undo(self) -> None:
        desk = self.salon.desk
        for entry in desk.read(last_undoable)[:3]:
            if entry.name in RULES:
                desk.database.undo_now(desk.owner, entry.id, RULES)
                return

    def check_proposals(self, refusal: Refused) -> None:
        """What is called free is free of others in its first minute."""
        busy = busy_minutes(self.salon)
        for place in refusal.values["nearest"]:  # type: ignore[attr-defined]  # values are objects
            assert place.starts_at >= self.salon.desk.clock.now()
            assert busy[place.member_id, place.starts_at] <= 1


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_nobody_is_ever_booked_twice(empty_database: Path, day: date) -> None:
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(steps)
    def play(drawn: list[tuple[str, time, list[Any], int]]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(empty_database, Path(folder) / "pult.db")
            desk = TestDesk(Path(folder) / "pult.db")
            try:
                player = Player(desk, day)
                for step in drawn:
                    player.play(step)
                for (resource, at), holders in busy_minutes(player.salon).items():
                    assert holders <= (CAPACITY if resource in player.rooms else 1), at
                kept = desk.read(stored)
                desk.on_writer(rebuild)
                assert desk.read(stored) == kept
            finally:
                desk.database.close()

    play()


def test_refused_places_name_free_ones_that_can_be_booked(salon: Salon) -> None:
    """Fills a day from its refusals alone until nothing is free any more."""
    pending = ["9:00"]
    booked = 0
    for _ in range(200):
        if not pending:
            break
        try:
            salon.book(pending.pop(), 60)
            booked += 1
        except Refused as refusal:
            if refusal.code != "appointments.slot_taken":
                raise
        try:
            salon.book("9:00", 60)
        except Refused as refusal:
            zone = salon.desk.database.desk.zone
            same_day = [
                f"{place.starts_at.astimezone(zone):%H:%M}"
                for place in refusal.values["nearest"]  # type: ignore[attr-defined]  # values are objects
                if place.starts_at.date() == date(2026, 11, 23)
            ]
            pending = same_day[:1]
    assert booked == 10
