"""The store on PostgreSQL: several servers on one database, work that is tried again, and an end of trying."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from sync.errors import Unlawful
from sync.server import tables
from sync.server.postgres_store import PostgresStore
from sync.wire import Outcome, Verdict
from tests.sync.server.books import NOW, TENANT, Books, customer

COUNTER = select(tables.scope.c.counter).where(tables.scope.c.tenant == TENANT)


@pytest.fixture
def servers(new_postgres: Callable[[], str]) -> Iterator[list[PostgresStore]]:
    """Several servers that start at the same time on one new database."""
    url = new_postgres()
    made: list[PostgresStore] = []
    threads = [threading.Thread(target=lambda: made.append(PostgresStore(url, 4))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    made[0].make_tenant(TENANT, "Salon Ana", 1)
    made[0].tenant(TENANT, lambda c: c.execute(insert(tables.scope), {"tenant": TENANT, "scope": "", "counter": 0}))
    yield made
    for one in made:
        one.close()


def test_the_work_of_several_servers_has_one_order(servers: list[PostgresStore]) -> None:
    tried: list[int] = []

    def bump(connection: Connection) -> None:
        tried.append(1)
        counter = connection.execute(COUNTER).scalar_one()
        connection.execute(update(tables.scope).values(counter=counter + 1))

    def work(store: PostgresStore) -> None:
        for _ in range(20):
            store.tenant(TENANT, bump)

    threads = [threading.Thread(target=work, args=(store,)) for store in servers for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert servers[0].read(TENANT, lambda c: c.execute(COUNTER).scalar_one()) == 160
    assert len(tried) == 160  # each waited for his turn, and nobody had to begin again


def test_work_that_is_always_overtaken_ends_as_busy(servers: list[PostgresStore]) -> None:
    url = servers[0]._writer.url.render_as_string(hide_password=False)
    patient = PostgresStore(url, 1, attempts=3)
    tried: list[int] = []

    def overtaken(connection: Connection) -> None:
        tried.append(1)
        connection.execute(COUNTER).scalar_one()
        servers[1].central(lambda c: c.execute(update(tables.scope).values(counter=len(tried))))
        connection.execute(update(tables.scope).values(counter=0))

    with pytest.raises(Unlawful, match="busy"):
        patient.central(overtaken)
    assert len(tried) == 3
    assert servers[0].read(TENANT, lambda c: c.execute(COUNTER).scalar_one()) == 3
    patient.close()


def test_work_that_was_overtaken_once_is_done_once(servers: list[PostgresStore]) -> None:
    """A push whose transaction finds no place in the order when all of it is done: it is tried again and has its effect once."""
    books = Books(servers[0])
    writer, tried = books.writer(), list[str]()
    operation = writer.operation([customer("1" * 32), customer("2" * 32)])
    states = ("40001", "40P01", "")

    def overtaken(connection: Connection) -> list[Verdict]:
        verdicts = books.judge.judge(connection, writer.device, [operation], NOW)
        tried.append(states[len(tried)])
        if tried[-1]:
            raised = f"DO $$ BEGIN RAISE EXCEPTION 'no place in the order' USING ERRCODE = '{tried[-1]}'; END $$"
            connection.exec_driver_sql(raised)
        return verdicts

    verdicts = servers[0].tenant(TENANT, overtaken)
    assert tuple(tried) == states
    assert [one.outcome for one in verdicts] == [Outcome.TAKEN]
    assert (books.count(tables.row), books.count(tables.operation)) == (2, 1)
    assert [one.seq for one in books.pull().rows] == [1, 2]


def test_what_is_wrong_every_time_is_said_as_it_is(servers: list[PostgresStore]) -> None:
    row = {"tenant": TENANT, "scope": "", "counter": 0}
    with pytest.raises(IntegrityError):
        servers[0].tenant(TENANT, lambda c: c.execute(insert(tables.scope), row))


def test_tenants_do_not_wait_for_each_other(servers: list[PostgresStore]) -> None:
    here, there, *_ = servers
    here.make_tenant("b" * 32, "Salon Bor", 1)
    row = {"tenant": "b" * 32, "scope": "", "counter": 5}

    def slow(connection: Connection) -> None:
        connection.execute(update(tables.scope).values(counter=7))
        there.tenant("b" * 32, lambda c: c.execute(insert(tables.scope), row))

    here.tenant(TENANT, slow)
    assert there.counters([TENANT, "b" * 32]) == {TENANT: {"": 7}, "b" * 32: {"": 5}}


def test_who_waited_for_his_turn_sees_what_was_written_meanwhile(servers: list[PostgresStore]) -> None:
    began, seen = threading.Event(), list[int]()

    def slow(connection: Connection) -> None:
        began.set()
        time.sleep(0.3)
        connection.execute(update(tables.scope).values(counter=7))

    first = threading.Thread(target=lambda: servers[0].tenant(TENANT, slow))
    first.start()
    began.wait()
    seen.append(servers[1].tenant(TENANT, lambda c: c.execute(COUNTER).scalar_one()))
    first.join()
    assert seen == [7]


def test_what_only_reads_sees_one_state(servers: list[PostgresStore]) -> None:
    level = text("SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')")
    assert servers[0].read(TENANT, lambda c: tuple(c.execute(level).one())) == ("repeatable read", "on")
    assert servers[0].central(lambda c: tuple(c.execute(level).one())) == ("serializable", "off")


def test_a_server_sees_how_far_another_one_has_come(servers: list[PostgresStore]) -> None:
    here, there, *_ = servers
    other, third = "b" * 32, "c" * 32
    for tenant in (other, third):
        here.make_tenant(tenant, "Salon Bor", 1)
    for tenant, rows in ((TENANT, 1), (other, 2), (third, 3)):
        books = Books(here, tenant)
        books.push(books.writer().operation([customer(f"{n:032x}") for n in range(rows)]))
    assert there.counters([TENANT, other]) == {TENANT: {"": 1}, other: {"": 2}}
    assert there.counters([]) == {}


def test_work_does_not_wait_for_ever_for_somebody_who_holds_a_row(servers: list[PostgresStore]) -> None:
    url = servers[0]._writer.url.render_as_string(hide_password=False)
    hurried = PostgresStore(url, 1, patience=0.1)

    def slow(connection: Connection) -> None:
        connection.execute(update(tables.scope).values(counter=7))
        with pytest.raises(Unlawful, match="busy"):
            hurried.tenant(TENANT, lambda c: c.execute(update(tables.scope).values(counter=8)))

    servers[1].tenant(TENANT, slow)
    assert servers[0].read(TENANT, lambda c: c.execute(COUNTER).scalar_one()) == 7
    hurried.tenant(TENANT, lambda c: c.execute(update(tables.scope).values(counter=8)))
    assert servers[0].read(TENANT, lambda c: c.execute(COUNTER).scalar_one()) == 8
    hurried.close()


def test_a_transaction_whose_server_is_gone_is_ended_by_the_database(servers: list[PostgresStore]) -> None:
    limit = text("SELECT current_setting('idle_in_transaction_session_timeout')")
    assert servers[0].tenant(TENANT, lambda c: c.execute(limit).scalar()) == "30s"
    assert servers[0].read(TENANT, lambda c: c.execute(limit).scalar()) == "30s"


def test_a_server_goes_on_after_the_database_was_away(servers: list[PostgresStore]) -> None:
    here, there, *_ = servers
    count = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    assert here.tenant(TENANT, lambda c: c.execute(COUNTER).scalar_one()) == 0
    assert there.tenant(TENANT, lambda c: c.execute(text(count)).scalar_one()) >= 1
    assert here.tenant(TENANT, lambda c: c.execute(COUNTER).scalar_one()) == 0
    assert here.read(TENANT, lambda c: c.execute(COUNTER).scalar_one()) == 0
