"""Power cuts while the door writes: what was acknowledged is there, what was not is there whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.database.events import record_event
from desktop.database.feed import Setting
from desktop.schema import SCHEMA
from tests.desk import TestDesk
from tests.power.disk import RecordingDisk, cuts
from tests.power.replay import Replay, after
from tests.power.trace import Statement, traced

ACTIONS = 6


def work(session: Session, action: Action, n: int) -> None:
    session.add(Setting(key=f"k{n}", value="x" * 3000))
    session.flush()
    record_event(session, action, f"step.{n}")


def schema_statements() -> list[Statement]:
    """The DDL of a new file, collected from a mock engine that writes nothing."""
    from sqlalchemy import create_mock_engine
    from sqlalchemy.dialects.sqlite import dialect

    texts: list[str] = []
    mock = create_mock_engine("sqlite://", lambda sql, *_a, **_k: texts.append(str(sql.compile(dialect=dialect()))))
    for metadata in SCHEMA.metadatas:
        metadata.create_all(mock, checkfirst=False)
    for derived in SCHEMA.derived:
        texts += derived.create
    texts += SCHEMA.triggers().values()
    return [Statement(sql, ((),), (), b"", 0, "local", 0) for sql in texts]


@pytest.fixture
def traced_work(desk: TestDesk) -> list[Statement]:
    def start(engine: Any) -> Any:
        block = traced(engine, desk.database.feed_state)
        return block, block.__enter__()

    block, statements = desk.on_writer(start)
    for n in range(ACTIONS):
        desk.write(work, n)
    desk.on_writer(lambda engine: block.__exit__(None, None, None))
    return list(statements)


def play(statements: list[Statement], folder: Path, synchronous: str, count: int) -> list[str]:
    """Replays over a recording disk and cuts it `count` times; what went wrong, a line each."""
    folder.mkdir()
    disk = RecordingDisk(f"recording-{synchronous}")
    replay = Replay(folder / "pult.db", disk, SCHEMA.functions(), synchronous)
    replay.run(schema_statements())
    replay.checkpoint()
    recording = disk.start(folder)
    replay.run(statements)
    replay.checkpoint()
    disk.recording = None
    replay.close()
    wrong: list[str] = []
    left = folder / "left"
    left.mkdir()
    for point, files in cuts(recording, count, seed=1):
        database = after(left, files, "pult.db")
        try:
            [[sound]] = database.execute("PRAGMA integrity_check(1)").fetchall()
            operations = database.execute("SELECT count(*) FROM operation").fetchone()[0]
            settings = database.execute("SELECT count(*) FROM setting").fetchone()[0]
            events = database.execute("SELECT count(*) FROM event").fetchone()[0]
        except Exception as error:  # noqa: BLE001 - whatever a cut does to the file is the finding
            wrong.append(f"{point}: {error}")
            continue
        finally:
            database.close()
        if sound != "ok":
            wrong.append(f"{point}: {sound}")
        if not operations == settings == events:
            wrong.append(f"{point}: half an action")
        if operations < recording.acknowledged(point):
            wrong.append(f"{point}: {recording.acknowledged(point)} acknowledged, {operations} there")
    return wrong


def test_nothing_acknowledged_is_lost(
    traced_work: list[Statement], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    count = request.config.getoption("--power-cuts")
    assert play(traced_work, tmp_path / "full", "FULL", count) == []


def test_the_disk_does_lose_what_is_not_synced(traced_work: list[Statement], tmp_path: Path) -> None:
    """The same cuts find losses where SQLite does not sync: the simulation can fail."""
    assert any("acknowledged" in line for line in play(traced_work, tmp_path / "normal", "NORMAL", 300))
