"""The states of the spool, on a real SQLite file."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, create_engine

from printing import spool
from printing.document import Document, Text
from printing.errors import AlreadySpooled
from printing.spool import State
from printing.tables import metadata

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
PAPER = Document((Text("Račun 1"),))


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = create_engine(f"sqlite:///{tmp_path / 'spool.db'}")
    metadata.create_all(engine)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def queue(connection: Connection, **changes: object) -> UUID:
    job_id = uuid4()
    values = {"job_id": job_id, "printer": "p1", "kind": "receipt", "subject": uuid4(), "document": PAPER, "now": NOW}
    spool.enqueue(connection, **{**values, **changes})  # type: ignore[arg-type]  # the values of the call, some replaced
    return job_id


def state(connection: Connection, job_id: UUID) -> State:
    found = spool.job(connection, job_id)
    assert found is not None
    return found.state


def test_a_held_job_waits_for_its_document(connection: Connection) -> None:
    job_id, subject = uuid4(), uuid4()
    spool.hold(connection, job_id=job_id, printer="p1", kind="receipt", subject=subject, now=NOW)
    assert [job.id for job in spool.held(connection)] == [job_id]
    assert spool.next_job(connection, "p1", NOW) is None
    assert spool.release(connection, job_id=job_id, document=PAPER, now=NOW)
    assert not spool.release(connection, job_id=job_id, document=Document((Text("other"),)), now=NOW)
    assert spool.held(connection) == []
    job = spool.next_job(connection, "p1", NOW)
    assert job is not None
    assert (job.id, job.document, job.subject, job.copy_no) == (job_id, PAPER, subject, 0)


def test_the_same_paper_is_spooled_once(connection: Connection) -> None:
    job_id, subject = uuid4(), uuid4()
    for _ in range(2):
        spool.hold(connection, job_id=job_id, printer="p1", kind="receipt", subject=subject, now=NOW)
    with pytest.raises(AlreadySpooled):
        queue(connection, subject=subject)
    queue(connection, subject=subject, copy_no=1, now=NOW - timedelta(days=1))
    with pytest.raises(AlreadySpooled):
        queue(connection, subject=subject, copy_no=1)
    assert [job.copy_no for job in spool.jobs_of(connection, subject)] == [0, 1]


def test_order_is_by_age_and_the_drawer_comes_first(connection: Connection) -> None:
    second = queue(connection, now=NOW + timedelta(seconds=1))
    first = queue(connection)
    drawer = uuid4()
    late = NOW + timedelta(seconds=5)
    spool.kick_drawer(connection, job_id=drawer, printer="p1", subject=uuid4(), now=NOW, expires_at=late)
    queue(connection, printer="p2", now=NOW - timedelta(days=1))
    order = []
    while (job := spool.next_job(connection, "p1", NOW)) is not None:
        order.append(job.id)
        assert spool.begin(connection, job.id, NOW)
    assert order == [drawer, first, second]


def test_what_was_sent_is_never_queued_by_itself(connection: Connection) -> None:
    job_id = queue(connection)
    assert spool.begin(connection, job_id, NOW)
    assert not spool.begin(connection, job_id, NOW)
    assert not spool.cancel(connection, job_id, NOW)
    with pytest.raises(ValueError):
        spool.settle(connection, job_id, State.QUEUED, NOW, sent_bytes=1)
    assert spool.postpone(connection, job_id, NOW, "unreachable")
    assert state(connection, job_id) is State.QUEUED
    assert spool.begin(connection, job_id, NOW)
    assert spool.settle(connection, job_id, State.SENT, NOW, sent_bytes=1)
    assert not spool.postpone(connection, job_id, NOW, "reset")


def test_a_crash_leaves_an_unknown_paper_and_a_person_decides(connection: Connection) -> None:
    sending, sent, waiting = queue(connection), queue(connection), queue(connection)
    for job_id in (sending, sent):
        spool.begin(connection, job_id, NOW)
    spool.settle(connection, sent, State.SENT, NOW, sent_bytes=900)
    assert {job.id for job in spool.recover(connection, "p1", NOW)} == {sending, sent}
    assert state(connection, waiting) is State.QUEUED
    assert state(connection, sending) is state(connection, sent) is State.UNKNOWN
    assert spool.recover(connection, "p1", NOW) == []
    assert not spool.retry(connection, sent, NOW)
    assert spool.answer_unknown(connection, sent, True, NOW)
    assert state(connection, sent) is State.PRINTED
    assert spool.answer_unknown(connection, sending, False, NOW)
    assert state(connection, sending) is State.QUEUED
    assert not spool.answer_unknown(connection, sending, True, NOW)


def test_a_crashed_drawer_kick_has_failed_and_is_never_retried(connection: Connection) -> None:
    drawer = uuid4()
    late = NOW + timedelta(seconds=5)
    spool.kick_drawer(connection, job_id=drawer, printer="p1", subject=uuid4(), now=NOW, expires_at=late)
    spool.begin(connection, drawer, NOW)
    spool.recover(connection, "p1", NOW)
    assert state(connection, drawer) is State.FAILED
    assert not spool.retry(connection, drawer, NOW)


def test_stale_jobs_expire_and_can_be_asked_for_again(connection: Connection) -> None:
    stale = queue(connection, expires_at=NOW + timedelta(hours=1))
    morning = NOW + timedelta(hours=20)
    assert spool.next_job(connection, "p1", morning) is None
    assert state(connection, stale) is State.EXPIRED
    assert spool.retry(connection, stale, morning, printer="p2")
    assert spool.next_job(connection, "p1", morning) is None
    job = spool.next_job(connection, "p2", morning)
    assert job is not None
    assert job.id == stale


def test_what_expires_while_the_printer_is_asked_is_not_begun(connection: Connection) -> None:
    job_id = queue(connection, expires_at=NOW + timedelta(seconds=5))
    assert spool.next_job(connection, "p1", NOW + timedelta(seconds=4)) is not None
    assert not spool.begin(connection, job_id, NOW + timedelta(seconds=5))


def test_cancelled_jobs_are_not_printed(connection: Connection) -> None:
    job_id = queue(connection)
    assert spool.cancel(connection, job_id, NOW)
    assert spool.next_job(connection, "p1", NOW) is None
    assert not spool.cancel(connection, job_id, NOW)


def test_listing_shows_open_jobs_and_prune_keeps_them(connection: Connection) -> None:
    open_job, done = queue(connection), queue(connection)
    spool.begin(connection, done, NOW)
    spool.settle(connection, done, State.PRINTED, NOW, sent_bytes=10)
    assert [job.id for job in spool.jobs(connection)] == [open_job]
    assert [job.id for job in spool.jobs(connection, states={State.PRINTED})] == [done]
    assert spool.prune(connection, NOW) == 0
    assert spool.prune(connection, NOW + timedelta(days=1)) == 1
    assert spool.job(connection, done) is None
    assert state(connection, open_job) is State.QUEUED


def test_a_rolled_back_sale_leaves_no_job(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'sale.db'}")
    metadata.create_all(engine)
    with engine.connect() as connection:
        spool.hold(connection, job_id=uuid4(), printer="p1", kind="receipt", subject=uuid4(), now=NOW)
        connection.rollback()
        assert spool.held(connection) == []
    engine.dispose()
