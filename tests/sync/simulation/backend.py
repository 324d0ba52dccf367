"""The backend of a history: the server's own exchange on tables in memory; its process can die between requests or in a push.

What was committed outlives a process. What the checks need is noted beside it: what was judged of each operation, and when.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import Connection, create_engine, event, select
from sqlalchemy.pool import StaticPool

from desktop.clock import milliseconds
from sync.client.ports import Unreachable
from sync.errors import Unlawful
from sync.manifest import Manifest
from sync.server import tables
from sync.server.exchange import Exchange
from sync.server.pairing import Pairing
from sync.server.pokes import Pokes
from sync.server.proving import Caller
from sync.server.snapshots import Snapshots
from sync.snapshot import Snapshot
from sync.wire import Offered, Outcome, Page, Pair, Paired, Poke, Push, Pushed, State, StateTaken, Verdict
from tests.sync.backend import TENANT
from tests.sync.simulation.turn import START, Compiled

R = TypeVar("R")
#: Small, so that a snapshot of a small salon has several parts.
LEAST_ROWS: Final = 20
CHUNK_ROWS: Final = 12
_COMPILED: Final = Compiled()
_START_MS = milliseconds(START)


class Violation(AssertionError):
    """Something that must never be happened while the history ran."""


@dataclass
class Judged:
    """What the backend said of a device's operation the first time, and when (milliseconds since 1970)."""

    device: str
    verdict: Verdict
    at: int


class MemoryStore:
    """A `sync.server.store.Store` of one tenant in memory, on the image of its tables."""

    def __init__(self, image: bytes, dies: Callable[[], bool]) -> None:
        self._dies = dies
        self._engine = create_engine("sqlite://", poolclass=StaticPool)
        event.listen(self._engine, "connect", _manual)
        event.listen(self._engine, "begin", _begin)
        _COMPILED.lend(self._engine)
        self._raw: Any = self._engine.raw_connection().driver_connection
        self._raw.deserialize(image)

    def central(self, work: Callable[[Connection], R]) -> R:
        with self._engine.begin() as connection:
            return work(connection)

    def tenant(self, _tenant: str, work: Callable[[Connection], R]) -> R:
        with self._engine.begin() as connection:
            found = work(connection)
            if self._dies():
                raise Unreachable("the backend died before it committed")
            return found

    def read(self, _tenant: str, work: Callable[[Connection], R]) -> R:
        with self._engine.begin() as connection:
            return work(connection)

    def tenants(self) -> list[str]:
        return [TENANT]

    def make_tenant(self, tenant: str, name: str, now: int) -> None:
        raise NotImplementedError("there is one")

    def erase_tenant(self, tenant: str) -> None:
        raise NotImplementedError("it stays")

    def image(self) -> bytes:
        """What is committed."""
        return bytes(self._raw.serialize())

    def close(self) -> None:
        self._engine.dispose()


@dataclass
class VirtualBackend:
    """One process of the server after the other. `seconds`: virtual time.

    Attributes:
        page: how many rows it gives at most at once.
        dies: asked whenever a transaction would be committed.
        judged: by the id of the operation.
        uploaded: when a state first brought something that an operation wrote, by its id (milliseconds since 1970).
    """

    image: bytes
    seconds: Callable[[], float]
    page: int = 2_000
    dies: Callable[[], bool] = lambda: False
    judged: dict[str, Judged] = field(default_factory=dict)
    uploaded: dict[str, int] = field(default_factory=dict)
    _reasoned: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._begin(self.image)
        for one in self.store.read(TENANT, lambda connection: connection.execute(select(tables.operation)).all()):
            self.judged[one.id] = Judged(one.device, msgspec.json.decode(one.verdict, type=Verdict), one.judged_at)

    def _begin(self, image: bytes) -> None:
        self.store = MemoryStore(image, lambda: self.dies())
        self.exchange = Exchange(self.store, lambda: self.now)
        self.snapshots = Snapshots(self.store, lambda: self.now, least_rows=LEAST_ROWS, chunk_rows=CHUNK_ROWS)
        self.pokes = Pokes()

    def restart(self) -> None:
        """A new process: nothing is left of the old one but what it committed."""
        self.pokes.shutdown()
        image = self.store.image()
        self.store.close()
        self._begin(image)

    def close(self) -> None:
        self.store.close()

    @property
    def now(self) -> int:
        return _START_MS + round(self.seconds() * 1000)

    def push(self, device: str, push: Push) -> Pushed:
        now = self.now
        before = self._claims()
        pushed, counters = self.exchange.push(Caller(TENANT, device), push)
        self._require_reasons(before, {row for verdict in pushed.verdicts for row in verdict.conflicts})
        if len(pushed.verdicts) != len(push.operations):
            raise Violation(f"{len(push.operations)} operations, {len(pushed.verdicts)} words")
        for one, verdict in zip(push.operations, pushed.verdicts, strict=True):
            known = self.judged.setdefault(one.id, Judged(device, verdict, now))
            if _plain(known.verdict) != _plain(verdict):
                raise Violation(f"operation {one.n} of {device} got two words: {known.verdict} and {verdict}")
        self.pokes.tell(TENANT, counters)
        return pushed

    def _claims(self) -> dict[str, dict[str, dict[str, Any]]]:
        return {name: {row: values for row, (_, values) in self.rows(name).get(name, {}).items()} for name in WANTED}

    def _require_reasons(self, before: dict[str, dict[str, dict[str, Any]]], conflicts: set[str]) -> None:
        """A claim is in conflict because another one is there, not because a place or a name was never given back."""
        if not conflicts - self._reasoned:
            return
        for name, after in self._claims().items():
            wanted_by = WANTED[name]
            for row in sorted(conflicts & after.keys() - self._reasoned):
                if after[row]["claim_state"] != "conflict":
                    continue
                self._reasoned.add(row)
                wanted = wanted_by(after[row])
                others = [one for rows in (before[name], after) for other, one in rows.items() if other != row]
                if not any(wanted & wanted_by(one) for one in others if one["claim_state"] == "confirmed"):
                    raise Violation(f"{name} {row} is in conflict with nobody")

    def pair(self, asked: Pair) -> Paired:
        """A device comes to the salon, by a code that somebody made for it."""
        pairing = Pairing(self.store, lambda: self.now)
        code = pairing.make_code(TENANT).code
        return pairing.pair(msgspec.structs.replace(asked, code=code))

    def take_state(self, device: str, state: State) -> StateTaken:
        now, before = self.now, self._claims()
        taken, counters = self.exchange.take_state(Caller(TENANT, device), state)
        self._require_reasons(before, {note.row for note in taken.notes if note.code == "conflict"})
        for row in state.rows:
            for stamp in row.stamps.values():
                self.uploaded.setdefault(stamp.operation, now)
        self.pokes.tell(TENANT, counters)
        return taken

    def snapshot(self, device: str, shop: str) -> Snapshot:
        """A list; while there is none, one is made, and who asks is told to come again."""
        found = self.snapshots.latest(Caller(TENANT, device), shop)
        if found is None:
            self.snapshots.make(TENANT, shop)
            raise Unreachable("busy")
        return found

    def chunk(self, device: str, snapshot: str, n: int) -> bytes:
        return self.snapshots.chunk(Caller(TENANT, device), snapshot, n)

    def pull(self, device: str, scope: str, cursor: int, most: int, horizon: int) -> Page:
        return self.exchange.pull(Caller(TENANT, device), scope, cursor, min(most, self.page), horizon)

    def offer(self, device: str, manifest: Manifest) -> Offered:
        return self.exchange.offer(Caller(TENANT, device), manifest)

    def listen(self, device: str) -> AsyncIterator[Poke | None]:
        return self.pokes.listen(TENANT, self.exchange.counters(Caller(TENANT, device)))

    def counters(self) -> dict[str, int]:
        """How far each scope is."""
        rows = self.store.read(TENANT, lambda connection: connection.execute(select(tables.scope)).all())
        return {row.scope: row.counter for row in rows}

    def rows(self, collection: str = "") -> dict[str, dict[str, tuple[str, dict[str, Any]]]]:
        """All rows (of one collection): collection → id → scope and values."""
        found: dict[str, dict[str, tuple[str, dict[str, Any]]]] = {}
        query = select(tables.row).where(tables.row.c.collection == collection) if collection else select(tables.row)
        for row in self.store.read(TENANT, lambda connection: connection.execute(query).mappings().all()):
            found.setdefault(row["collection"], {})[row["row"]] = row["scope"], json.loads(row["values"])
        return found

    def refused(self) -> set[str]:
        """What was set aside."""
        return {identity for identity, one in self.judged.items() if one.verdict.outcome is Outcome.REFUSED}


def times_of(visit: dict[str, Any]) -> set[tuple[str, int]]:
    """The times of people that a visit takes, in five minutes; none when it is over or called off."""
    if visit["status"] in ("cancelled", "no_show") or visit["deleted_at"] is not None:
        return set()
    return {
        (item["member"], start)
        for item in json.loads(visit["items"])
        for start in range(item["start"], item["start"] + item["duration"] * 60_000, 300_000)
    }


def names_of(series: dict[str, Any]) -> set[tuple[str, str]]:
    """The name that a number series bears; none when it is gone."""
    return {(series["premise_code"], series["device_code"])} if series["deleted_at"] is None else set()


#: What claims of each collection exclude each other by.
WANTED: Final[Mapping[str, Callable[[dict[str, Any]], set[Any]]]] = {"visit": times_of, "number_series": names_of}


def error_of(call: Any) -> Any:
    """The result of a request, or the error that the backend answers with."""
    try:
        return call()
    except (Unlawful, Unreachable) as error:
        return error


def _plain(verdict: Verdict) -> object:
    lost = sorted((one.collection, one.row, one.field, str(one.stands)) for one in verdict.lost)
    return verdict.outcome, verdict.code, lost, sorted(verdict.conflicts), sorted(verdict.alarms)


def _manual(connection: Any, _record: Any) -> None:
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
