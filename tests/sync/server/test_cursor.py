"""The cursor on PostgreSQL: whoever follows a scope while many servers write to it misses nothing.

A cursor that counts with a database sequence, or with a counter that is taken before the work, passes over rows whose transaction ends
later than its neighbour's. This looks for such rows: 32 devices of four tenants push through four servers, every scope is followed
from the beginning, and a transaction that has written stays open all the time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Final

import pytest
from sqlalchemy import Connection, NullPool, create_engine, insert, select

from desktop.ids import new_id
from sync.errors import Unlawful
from sync.operations import Operation
from sync.server import postgres_store, tables
from sync.server.postgres_store import PostgresStore
from sync.wire import Outcome, Verdict
from sync.wire import Row as Pulled
from tests.sync.server.books import NOW, Books, customer
from tests.sync.server.writer import Writer, Written

WRITERS: Final = 32
SERVERS: Final = 4
TENANTS: Final = tuple(f"{n:x}" * 32 for n in range(1, 5))
SHOPS: Final = ("1" * 32, "2" * 32)
#: Rows of every tenant that everybody changes all the time.
SHARED: Final = tuple(f"{n:032x}" for n in range(5))


@dataclass
class Follower:
    """Follows one scope of a tenant by its cursor; `rows`: what it has seen last of each."""

    books: Books
    scope: str
    rows: dict[tuple[str, str], Pulled] = field(default_factory=dict)
    cursor: int = 0
    pages: int = 0
    wrong: list[str] = field(default_factory=list)

    def step(self) -> bool:
        """One page; False when nothing new was there."""
        page = self.books.pull(self.scope, self.cursor)
        places = [row.seq for row in page.rows]
        if places != sorted({*places}) or any(place <= self.cursor for place in places):
            self.wrong.append(f"behind {self.cursor} came {places}")
        self.rows.update({(row.collection, row.row): row for row in page.rows})
        self.cursor = page.cursor
        self.pages += 1
        return bool(page.rows)

    def missed(self) -> set[tuple[str, str]]:
        """Rows that stand in the scope otherwise than they were seen."""
        whole = Follower(self.books, self.scope)
        while whole.step():
            pass
        return {key for key, row in whole.rows.items() if self.rows.get(key) != row}


@pytest.fixture(params=["in turn", "all at once"])
def servers(
    new_postgres: Callable[[], str], request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[PostgresStore]]:
    """The servers that write, and one that is read from.

    The cursor has to be right of itself, not only because the writers of a tenant wait for their turn: all at once, nothing but the
    counters orders them.
    """
    if request.param == "all at once":
        monkeypatch.setattr(postgres_store, "_take_turn", lambda _connection, _tenant: None)
    url = new_postgres()
    made = [PostgresStore(url, 8) for _ in range(SERVERS + 1)]
    for tenant in TENANTS:
        made[0].make_tenant(tenant, "Salon", 1)
    yield made
    for one in made:
        one.close()


def push_slowly(books: Books, operations: list[Operation], dice: Random, tried: list[int]) -> list[Verdict]:
    """A push whose transaction sometimes takes its time to end: meanwhile others begin and end."""

    def work(connection: Connection) -> list[Verdict]:
        tried.append(1)
        verdicts = books.judge.judge(connection, operations[0].device, operations, NOW)
        time.sleep(dice.choice((0, 0, 0, 0.03)))
        return verdicts

    while True:
        try:
            return books.store.tenant(books.tenant, work)
        except Unlawful as error:  # who is told that the server is busy pushes again
            if error.code != "busy":
                raise


def write(books: Books, writer: Writer, until: float, dice: Random, pushed: list[int], tried: list[int]) -> None:
    """Pushes of one to three operations with new rows of the device and changes of shared ones."""
    while time.monotonic() < until:
        operations = [
            writer.operation(
                [
                    *(customer(new_id().hex) for _ in range(dice.randint(1, 4))),
                    Written("key", new_id().hex, {"shop_id": writer.shop, "name": "k"}),
                    *([customer(dice.choice(SHARED), writer.device[:8])] if dice.random() < 0.2 else []),
                ]
            )
            for _ in range(dice.randint(1, 3))
        ]
        verdicts = push_slowly(books, operations, dice, tried)
        assert {one.outcome for one in verdicts} == {Outcome.TAKEN}
        pushed.append(len({change.row for one in operations for change in one.changes} - {*SHARED}))


def test_who_follows_a_scope_misses_nothing(servers: list[PostgresStore], pytestconfig: pytest.Config) -> None:
    *writing, reading = servers
    until = time.monotonic() + float(pytestconfig.getoption("--cursor-seconds"))
    pushed: list[int] = []
    tried: list[int] = []
    failed: list[BaseException] = []
    writers = []
    for n in range(WRITERS):
        books = Books(writing[n // len(TENANTS) % SERVERS], TENANTS[n % len(TENANTS)])
        writer = books.writer(SHOPS[n // len(TENANTS) // SERVERS % len(SHOPS)])
        writers.append(guarded(failed, write, books, writer, until, Random(n), pushed, tried))
    followers = [Follower(Books(reading, tenant), scope) for tenant in TENANTS for scope in ("", *SHOPS)]
    done = threading.Event()

    def follow(mine: list[Follower]) -> None:
        while not done.is_set():
            for one in mine:
                one.step()

    readers = [guarded(failed, follow, followers[n::4]) for n in range(4)]
    somebody = create_engine(
        reading._writer.url, isolation_level="SERIALIZABLE", poolclass=NullPool
    )  # without our limits
    with somebody.connect() as unfinished:
        unfinished.execute(insert(tables.tenant), {"tenant": "f" * 32, "name": "never", "created_at": 1})
        unfinished.execute(select(tables.row.c.seq).limit(1)).all()
        for thread in (*readers, *writers):
            thread.start()
        for thread in writers:
            thread.join()
        done.set()
        for thread in readers:
            thread.join()
        assert failed == []
        for one in followers:
            while one.step():
                pass
        missed = {(one.books.tenant, one.scope): one.missed() for one in followers}
        seen = sum(row not in SHARED for one in followers for _, row in one.rows)
        print(
            f"{sum(pushed)} rows in {len(pushed)} pushes, tried {len(tried)} times, {seen} seen in {sum(one.pages for one in followers)} pages"
        )
        unfinished.rollback()
    assert [one.wrong for one in followers if one.wrong] == []
    assert {scope: len(rows) for scope, rows in missed.items() if rows} == {}
    assert seen == sum(pushed)
    assert sum(one.pages for one in followers) > 10 * len(followers)  # otherwise nobody read while others wrote


def guarded(failed: list[BaseException], work: Callable[..., None], *arguments: object) -> threading.Thread:
    """A thread whose error is told."""

    def run() -> None:
        try:
            work(*arguments)
        except BaseException as error:  # noqa: BLE001  # the test fails with whatever it was
            failed.append(error)

    return threading.Thread(target=run)
