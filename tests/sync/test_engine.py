"""The engine on real desks: it pushes and pulls by itself, survives a bad line, and stops only where a person is needed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from desktop.customers.customers import CustomerEntry, add_customer, change_customer, show_customer
from desktop.services.replica import DeskReplica
from sync.client.engine import Condition, Engine, Standing
from sync.client.ports import Unreachable
from sync.errors import Unlawful
from sync.manifest import Manifest
from sync.server.judge import Judge
from sync.wire import Offered, Page, Poke, Push, Pushed, State, StateTaken
from tests.desk import TestDesk
from tests.sync.backend import MANIFEST, TENANT, Backend
from tests.sync.late import pair
from tests.sync.salon_of_desks import Salon

ANA = CustomerEntry("Ana", "Čeh", town="Celje")


class WeakLine:
    """A line to the backend's own code, which does what a test wants before or after each request."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.before_state: Callable[[], None] = lambda: None
        self.before_push: Callable[[], None] = lambda: None
        self.after_push: Callable[[], None] = lambda: None
        self.before_pull: Callable[[], None] = lambda: None

    async def push(self, push: Push) -> Pushed:
        self.before_push()
        pushed = self.backend.take(list(push.operations))
        self.after_push()
        return pushed

    async def pull(self, scope: str, cursor: int, most: int, horizon: int = 0) -> Page:
        self.before_pull()
        return self.backend.give(scope, cursor, min(most, 3))

    async def send_state(self, state: State) -> StateTaken:
        self.before_state()
        return self.backend.take_state(state)

    async def offer(self, manifest: Manifest) -> Offered:
        return Offered(manifest.version, manifest.fingerprint())

    async def pokes(self) -> AsyncIterator[Poke]:
        """This line has none: the engine goes round by its own timer."""
        raise Unreachable("no pokes")
        yield  # an iterator


class Desk:
    """A desk with its engine."""

    def __init__(self, desk: TestDesk, backend: Backend) -> None:
        self.desk, self.line = desk, WeakLine(backend)
        self.told: list[Standing] = []
        self.seconds = 0.0
        self.engine = Engine(
            DeskReplica(desk.database),
            self.line,
            clock=lambda: self.seconds,
            jitter=lambda: 0.0,
            on_standing=self.told.append,
            period=0.05,
        )

    async def until(self, condition: Condition, pending: int | None = None) -> Standing:
        async with asyncio.timeout(20):
            while self.engine.standing.condition is not condition or (
                pending is not None and self.engine.standing.pending != pending
            ):
                await asyncio.sleep(0.005)
        return self.engine.standing


def fail(error: Exception) -> Callable[[], None]:
    def raise_it() -> None:
        raise error

    return raise_it


@pytest_asyncio.fixture
async def desks(tmp_path: Path) -> AsyncIterator[list[Desk]]:
    salon = Salon(tmp_path, 2)
    made = [Desk(desk, salon.backend) for desk in salon.desks]
    yield made
    for one in made:
        await one.engine.shutdown()
    salon.close()


async def test_what_one_desk_writes_appears_on_the_other_and_is_announced_there(desks: list[Desk]) -> None:
    here, there = desks
    for one in desks:
        one.engine.start()
        await one.until(Condition.AGREED)
    made = here.desk.write(add_customer, ANA).customer
    here.engine.wake()
    async with asyncio.timeout(20):
        while not any("customer" in change.rows for change in there.desk.changes):
            await asyncio.sleep(0.005)
    assert there.desk.read(show_customer, made.id).entry.last_name == "Čeh"
    [told] = [change for change in there.desk.changes if "customer" in change.rows]
    assert (told.name, told.operation, told.rows["customer"]) == ("sync.pulled", None, {made.id})
    assert (await here.until(Condition.AGREED, pending=0)).code is None


async def test_without_a_line_it_says_so_counts_what_waits_and_goes_on_when_it_is_back(desks: list[Desk]) -> None:
    here, _ = desks
    here.line.before_push = here.line.before_pull = fail(Unreachable("no route"))
    here.engine.start()
    assert (await here.until(Condition.WAITING)).contact is None
    here.desk.write(add_customer, ANA)
    here.line.before_push = here.line.before_pull = lambda: None
    here.seconds = 77.0
    standing = await here.until(Condition.AGREED, pending=0)
    assert (standing.contact, standing.code) == (77.0, None)
    assert [one.condition for one in here.told][:2] == [Condition.WAITING, Condition.AGREED]


async def test_a_push_that_fails_does_not_hold_up_the_pull(desks: list[Desk]) -> None:
    here, there = desks
    made = here.desk.write(add_customer, ANA).customer
    await here.engine.round()
    there.desk.write(add_customer, CustomerEntry("Maja", "Novak"))
    there.line.before_push = fail(Unlawful("too_large"))
    with pytest.raises(Unlawful, match="too_large"):
        await there.engine.round()
    assert there.desk.read(show_customer, made.id).entry.last_name == "Čeh"


async def test_a_lost_reply_repeats_nothing(desks: list[Desk]) -> None:
    here, there = desks
    made = here.desk.write(add_customer, ANA).customer
    here.line.after_push = fail(Unreachable("cut"))
    with pytest.raises(Unreachable):
        await here.engine.round()
    here.line.after_push = lambda: None
    here.desk.write(change_customer, made.id, made.entry, replace(made.entry, notes="kava"))
    await here.engine.round()
    await there.engine.round()
    assert there.desk.read(show_customer, made.id).entry.notes == "kava"


async def test_a_person_who_is_in_a_hurry_need_not_wait_after_failures(desks: list[Desk]) -> None:
    here, _ = desks
    here.line.before_push = here.line.before_pull = fail(Unreachable("no route"))
    here.engine._failures = 9  # the next try by itself is minutes away
    here.engine.start()
    await here.until(Condition.WAITING)
    here.line.before_push = here.line.before_pull = lambda: None
    await asyncio.sleep(0.05)
    here.engine.wake()
    await asyncio.sleep(0.1)
    assert here.engine.standing.condition is Condition.WAITING, "what is written does not hurry"
    here.engine.hurry()
    await here.until(Condition.AGREED)


async def test_a_device_that_cannot_say_how_much_waits_does_not_end_the_loop(
    desks: list[Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, _ = desks

    async def broken(_replica: DeskReplica) -> int:
        raise OSError("the disk is gone")

    monkeypatch.setattr(DeskReplica, "waiting", broken)
    here.engine.start()
    await here.until(Condition.AGREED)
    here.line.before_pull = fail(Unreachable("no route"))
    here.engine.wake()
    await here.until(Condition.WAITING)
    monkeypatch.undo()
    here.line.before_pull = lambda: None
    here.engine.hurry()
    await here.until(Condition.AGREED)


async def test_a_fault_of_the_device_is_said_and_tried_again(desks: list[Desk]) -> None:
    here, _ = desks
    here.line.before_pull = fail(OSError("no space left on the device"))
    here.engine.start()
    assert (await here.until(Condition.WAITING)).code == "broken"
    here.line.before_pull = lambda: None
    await here.until(Condition.AGREED)


@pytest.mark.parametrize("code", ["forked", "behind", "revoked", "unknown_device"])
async def test_what_another_try_cannot_mend_stops_it_in_words(desks: list[Desk], code: str) -> None:
    here, _ = desks
    here.desk.write(add_customer, ANA)
    here.line.before_push = fail(Unlawful(code))
    here.engine.start()
    assert (await here.until(Condition.STOPPED)).code == code


async def test_a_backend_that_was_put_back_to_an_older_state_is_noticed(desks: list[Desk]) -> None:
    here, _ = desks
    here.desk.write(add_customer, ANA)
    await here.engine.round()
    here.line.backend = Backend()
    here.line.backend.admit(here.desk.database.desk.device, here.desk.shop)
    here.desk.write(add_customer, ANA)
    with pytest.raises(Unlawful, match="behind"):
        await here.engine.round()
    here.line.backend.close()


async def test_a_refused_operation_is_kept_to_be_shown_and_the_queue_goes_on(desks: list[Desk]) -> None:
    here, _ = desks
    here.desk.write(add_customer, ANA)
    [sent] = await DeskReplica(here.desk.database).pending(5)
    here.line.backend.judge = Judge(TENANT, without_customers(MANIFEST))
    await here.engine.round()
    assert sent.n == 1
    assert await DeskReplica(here.desk.database).waiting() == 0
    assert await DeskReplica(here.desk.database).refused() == (1,)


def without_customers(manifest: Manifest) -> Manifest:
    """A manifest of a backend that does not know customers: as if it were of another application."""
    kept = tuple(one for one in manifest.collections if one.name != "customer")
    return Manifest(manifest.version, kept)


async def test_more_than_one_push_holds_goes_in_one_round(desks: list[Desk], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.client.engine.MOST_OPERATIONS", 2)
    here, there = desks
    for n in range(5):
        here.desk.write(add_customer, CustomerEntry(f"Ana {n}", "Čeh"))
    await here.engine.round()
    await there.engine.round()
    assert len(here.line.backend.states("customer")) == 5
    assert await DeskReplica(here.desk.database).waiting() == 0


async def test_a_desk_that_is_paired_late_sends_its_state_before_anything_else(desks: list[Desk]) -> None:
    here, there = desks
    made = here.desk.write(add_customer, ANA).customer
    pair(here.line.backend, here.desk)
    here.desk.write(change_customer, made.id, made.entry, replace(made.entry, notes="kava"))
    here.line.before_state = fail(Unreachable("cut"))
    here.line.before_push = here.line.before_pull = fail(AssertionError("before the state"))
    with pytest.raises(Unreachable):
        await here.engine.round()
    here.line.before_state = here.line.before_push = here.line.before_pull = lambda: None
    await here.engine.round()
    await there.engine.round()
    shown = there.desk.read(show_customer, made.id).entry
    assert (shown.last_name, shown.notes) == ("Čeh", "kava")
