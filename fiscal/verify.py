"""Verifying a journal without any private key: the chain of every device, what each row says, numbers without gap or twin.

What a row must say is the country's matter (`RowChecks`). Nothing here is shared with what signs, encodes or sends.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.engine import Connection

from fiscal.errors import JournalDamaged
from fiscal.journal import FIRST, HASH_VERSION, MESSAGES, EntryKind, devices, row_hash, uncompress
from fiscal.records import SealRecord
from fiscal.tables import from_ms, journal

_PAGE: Final = 2000


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold: the row (device and place in its chain) and a code with values."""

    device_id: UUID
    n: int
    code: str
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        values = "".join(f", {name} {value}" for name, value in self.values.items())
        return f"fiscal journal of device {self.device_id}, row {self.n}: {self.code}{values}"


@dataclass(frozen=True, slots=True)
class Row:
    """A row whose hash holds; `body` is the uncompressed JSON, `at` aware."""

    kind: str
    at: datetime
    document_id: UUID | None
    reference: str | None
    body: bytes


class RowChecks(Protocol):
    """What a country demands of the rows, read in the order of the chains."""

    def check(self, row: Row) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Codes and values of what does not hold in a row."""
        ...


def findings(
    connection: Connection,
    checks: RowChecks,
    *,
    starts: Mapping[tuple[str, str], int] | None = None,
    own: UUID | None = None,
) -> Iterator[Finding]:
    """Everything that does not hold, chain by chain in the order of the rows, the number series at the end.

    Args:
        checks: the country's demands.
        starts: where a series of (premise, device) begins, if not at 1: one that went on from another program.
        own: the device whose file this is. Of other devices' messages the bodies may be missing: of those the links alone are checked,
            their own device and the backend have them whole. None: nothing may be missing.
    """
    series = _Series(starts or {})
    for device_id in devices(connection):
        previous_hash, expected = FIRST, 1
        for stored in _rows(connection, device_id):
            if stored.n != expected:
                yield Finding(device_id, stored.n, "row_missing", {"expected": str(expected)})
            if stored.previous_hash != previous_hash:
                yield Finding(device_id, stored.n, "chain_broken")
            previous_hash, expected = stored.hash, stored.n + 1
            if not stored.body and stored.kind in MESSAGES and own not in (None, device_id):
                continue
            if stored.hash_version != HASH_VERSION or stored.hash != stored_hash(stored):
                yield Finding(device_id, stored.n, "row_changed")
                continue
            try:
                row = _row(stored)
                for code, values in checks.check(row):
                    yield Finding(device_id, stored.n, code, values)
                if row.kind == EntryKind.SEAL:
                    series.add(device_id, stored.n, msgspec.json.decode(row.body, type=SealRecord))
            except (JournalDamaged, msgspec.MsgspecError, ValueError) as error:
                yield Finding(device_id, stored.n, "row_unreadable", {"reason": str(error)[:200]})
    yield from series.findings()


def _rows(connection: Connection, device_id: UUID) -> Iterator[Any]:
    after = -1
    while True:
        query = select(journal).where(journal.c.device_id == device_id.bytes, journal.c.n > after)
        page: Sequence[Any] = connection.execute(query.order_by(journal.c.n).limit(_PAGE)).all()
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].n


def stored_hash(stored: Any, body: bytes | None = None) -> str:
    """The hash of a journal row as it is stored; with `body` in place of its own, where that one stayed behind."""
    return row_hash(
        row_id=stored.id,
        shop_id=stored.shop_id,
        device_id=stored.device_id,
        n=stored.n,
        previous_hash=stored.previous_hash,
        at=stored.at,
        kind=stored.kind,
        document_id=stored.document_id,
        reference=stored.reference,
        body=stored.body if body is None else body,
        hash_version=stored.hash_version,
    )


def _row(stored: Any) -> Row:
    return Row(
        kind=stored.kind,
        at=from_ms(stored.at),
        document_id=UUID(bytes=stored.document_id) if stored.document_id is not None else None,
        reference=stored.reference,
        body=uncompress(stored.body, stored.n),
    )


@dataclass(slots=True)
class _Run:
    """Numbers that follow one another, and the row of the first."""

    first: int
    last: int
    device_id: UUID
    n: int


class _Series:
    """The numbers of every series, per year of issue: a series may begin at 1 again with a new year, or go on."""

    def __init__(self, starts: Mapping[tuple[str, str], int]) -> None:
        self._starts = starts
        self._runs: defaultdict[tuple[str, str], dict[str, list[_Run]]] = defaultdict(dict)

    def add(self, device_id: UUID, n: int, seal: SealRecord) -> None:
        runs = self._runs[(seal.premise, seal.device)].setdefault(seal.wall_time[:4], [])
        if runs and runs[-1].device_id == device_id and runs[-1].last + 1 == seal.sequence:
            runs[-1].last = seal.sequence
        else:
            runs.append(_Run(seal.sequence, seal.sequence, device_id, n))

    def findings(self) -> Iterator[Finding]:
        for mark, years in self._runs.items():
            name, next_number = "-".join(mark), self._starts.get(mark, 1)
            for _, runs in sorted(years.items()):
                runs.sort(key=lambda run: run.first)
                if runs[0].first == 1:
                    next_number = 1
                for run in runs:
                    if run.first > next_number:
                        missing = f"{name}-{next_number}"
                        yield Finding(run.device_id, run.n, "number_gap", {"missing": missing})
                    elif run.first < next_number:
                        yield Finding(run.device_id, run.n, "number_twin", {"number": f"{name}-{run.first}"})
                    next_number = max(next_number, run.last + 1)
