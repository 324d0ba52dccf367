"""A released program's files with an outbox that nobody has pushed: this program, and the one after it, take them up and lose nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from desktop.database.connection import FeedState, make_engine, open_connection
from desktop.database.migrate import bring_up_to_date
from desktop.database.schema import stored_triggers
from desktop.database.verify import verify_structure
from desktop.database.version import RELEASED, read_version
from desktop.ids import new_id
from desktop.schema import SCHEMA
from sync.server.judge import Judge
from tests.desk import KEY
from tests.sync.backend import TENANT, Backend
from tests.sync.newer_program import NEXT, THIS, Desk
from tests.sync.salon_of_desks import new_file
from tests.sync.upgrade import make_dump, stored


class Left:
    """A desk and a backend as a release left them, and fresh desks beside."""

    def __init__(self, version: str, folder: Path) -> None:
        self.facts = stored.facts(version)
        self._folder = folder
        path = folder / "pult.db"
        stored.lay_out_desk(version, path)
        self.backups = 0
        self.brought = bring_up_to_date(path, KEY, SCHEMA, back_up=self._back_up)
        self.backend = Backend(stored.backend_engine(version))
        self.backend.now = self.facts.clock
        self.desk = Desk(path, self.backend)
        self.desk.clock.set(datetime.fromtimestamp(self.facts.clock / 1000, UTC))
        self.desks = [self.desk]

    def _back_up(self) -> None:
        self.backups += 1

    def newcomer(self, upgraded: bool) -> Desk:
        """A desk that comes new to the salon and pulls everything."""
        own, device = self.desk.database.desk, new_id()
        path = self._folder / f"{device.hex}.db"
        new_file(path, own.tenant, own.shop, device)
        self.backend.admit(device, own.shop)
        made = Desk(path, self.backend, THIS)
        self.desks.append(made)
        if upgraded:
            made.upgrade()
        made.pull()
        return made

    def customers(self, desk: Desk) -> dict[str, tuple[str, str]]:
        return {name: (notes, town) for name, notes, town in desk.rows("SELECT first_name, notes, town FROM customer")}


@pytest.fixture(params=stored.releases())
def left(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Left]:
    made = Left(request.param, tmp_path)
    yield made
    for one in made.desks:
        one.database.close()
    made.backend.close()


def shared(left: Left, *, upgraded: bool) -> None:
    """Everything that waited goes, what came meanwhile comes, and a desk that comes new has all of it."""
    facts, desk = left.facts, left.desk
    assert desk.push() == facts.waiting
    desk.pull()
    assert desk.push() == 0
    new = left.newcomer(upgraded)
    for one in (desk, new):
        assert left.customers(one) == facts.customers
        assert dict(one.rows("SELECT status, count(*) FROM visit GROUP BY 1")) == facts.visits
        assert dict(one.rows("SELECT number, total_cents FROM invoice")) == facts.invoices
        assert len(one.rows("SELECT id FROM fiscal_journal")) >= len(facts.invoices)
        assert one.inside(lambda connection, one=one: verify_structure(connection, one.program.schema)) == []
        assert one.missing() == []
    stamps = 'SELECT "table", "row", field, clock, device, operation FROM field_clock ORDER BY 1, 2, 3'
    assert desk.rows(stamps) == new.rows(stamps)


def test_this_program_takes_up_what_a_release_left(left: Left) -> None:
    assert left.backups == (left.brought.before != left.brought.after)
    shared(left, upgraded=False)


def test_the_program_after_it_pushes_an_outbox_that_is_two_versions_old(left: Left) -> None:
    left.desk.upgrade()
    left.backend.judge = Judge(TENANT, NEXT.manifest)
    shared(left, upgraded=True)


def test_a_search_finds_who_came_before_and_after(left: Left) -> None:
    left.desk.pull()
    found = left.desk.rows("SELECT count(*) FROM customer_words WHERE customer_words MATCH 'zagar OR kos'")
    assert found == [(2,)]


def test_the_triggers_are_those_of_this_program(left: Left) -> None:
    assert left.desk.inside(stored_triggers) == SCHEMA.triggers()


def test_a_release_in_the_making_can_be_kept_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What will be kept of this version, before it is released: made, laid out and taken up in the same way."""
    monkeypatch.setattr(stored, "FOLDER", tmp_path)
    make_dump.make(tmp_path / "9.0.0")
    assert stored.releases() == ["9.0.0"]
    made = Left("9.0.0", tmp_path)
    try:
        assert made.backups == 0
        shared(made, upgraded=False)
    finally:
        for one in made.desks:
            one.database.close()
        made.backend.close()


def test_each_released_revision_has_its_files(tmp_path: Path) -> None:
    known = set()
    for version in stored.releases():
        path = tmp_path / f"{version}.db"
        stored.lay_out_desk(version, path)
        engine = make_engine(open_connection(path, KEY, FeedState(), SCHEMA.functions()), writes=False)
        with engine.begin() as connection:
            known.add(read_version(connection))
        engine.dispose()
    assert known == set(RELEASED)
