"""Backups by the clock: made when something changed, broken off at the shutdown, faults reported and survived."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from desktop.database import backup
from desktop.database.backup import Backup, Reason, list_backups
from desktop.database.backup_service import BackupService
from desktop.database.opening import OpenPlace
from desktop.errors import PultError
from tests.desk import TestClock
from tests.desktop.database.places import write

Report = list[Backup | PultError]


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest_asyncio.fixture
async def service(opened: OpenPlace, clock: TestClock) -> AsyncIterator[tuple[BackupService, Report]]:
    reports: Report = []
    service = BackupService(opened, clock, reports.append, interval=0.01)
    service.start()
    yield service, reports
    await service.shutdown()


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came")


async def test_a_backup_an_hour_as_long_as_something_changes(
    service: tuple[BackupService, Report], opened: OpenPlace, clock: TestClock
) -> None:
    _, reports = service
    await until(lambda: len(reports) == 1)
    assert opened.reserve.is_there
    clock.move(hours=2)
    await asyncio.sleep(0.1)
    assert len(reports) == 1, "nothing has changed"
    write(opened, "greeting", "dober dan")
    await until(lambda: len(reports) == 2)
    write(opened, "greeting", "dober večer")
    await asyncio.sleep(0.1)
    assert len(reports) == 2, "the hour is not over"
    assert [report.facts.reason for report in reports if isinstance(report, Backup)] == [Reason.HOURLY] * 2


async def test_the_close_makes_its_own_unless_nothing_changed(
    service: tuple[BackupService, Report], opened: OpenPlace, clock: TestClock
) -> None:
    running, reports = service
    await until(lambda: len(reports) == 1)
    assert await running.back_up_at_close() is None
    write(opened, "greeting", "lahko noč")
    clock.move(minutes=1)
    made = await running.back_up_at_close()
    assert made is not None
    assert made.facts.reason is Reason.CLOSE
    assert list_backups(opened.place)[-1] == made


async def test_a_fault_is_reported_and_the_next_try_comes(opened: OpenPlace, clock: TestClock) -> None:
    opened.place.backups.rmdir()
    opened.place.backups.write_text("a file in the way")
    reports: Report = []
    service = BackupService(opened, clock, reports.append, interval=0.01)
    service.start()
    await until(lambda: len(reports) >= 2)
    assert all(isinstance(report, PultError) for report in reports)
    opened.place.backups.unlink()
    await until(lambda: isinstance(reports[-1], Backup))
    await service.shutdown()


async def test_a_shutdown_breaks_off_the_copy_and_leaves_nothing(
    opened: OpenPlace, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "SLICE", 1)
    monkeypatch.setattr(backup, "PAUSE", 0.05)
    service = BackupService(opened, clock, lambda _: None)
    service.start()
    await until(lambda: any(opened.place.backups.glob("*.part")))
    await service.shutdown()
    assert list(opened.place.backups.iterdir()) == []
    with pytest.raises(RuntimeError):
        await service.back_up_at_close()
