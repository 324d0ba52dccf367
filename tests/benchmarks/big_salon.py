"""A backend that holds a salon of ten years: customers and invoices of two lines and a payment, written straight into its tables."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from desktop.ids import new_id
from sync.manifest import Value
from sync.operations import ledger_hash
from sync.server import tables
from sync.server.bulk import add_all
from sync.server.store import Store
from sync.wire import Envelope
from tests.sync.backend import MANIFEST
from tests.sync.server.writer import CLOCK_BITS, customer

DAYS: Final = 3_650
_DAY: Final = 24 * 3_600_000
_TOGETHER: Final = 500
_FIELDS: Final = {one.name: one.hashed_fields(1) for one in MANIFEST.collections}
_json = msgspec.json.Encoder()


class BigSalon:
    """Fills the tables of a tenant. `now`: milliseconds since 1970, when the last invoice was issued."""

    def __init__(self, store: Store, tenant: str, shop: str, now: int) -> None:
        self._store, self._tenant, self._shop, self._now = store, tenant, shop, now
        self._device, self._actor = new_id().hex, new_id().hex
        self._n = 0
        self._seq = {"": 1_000, shop: 1_000}

    def fill(self, customers: int, invoices: int) -> int:
        """How many rows there are then."""
        count = 0
        for first in range(0, customers, _TOGETHER):
            by = self._envelope(self._now - DAYS * _DAY + first)
            rows = [
                self._row("", "customer", new_id().hex, customer(n), by)
                for n in range(first, min(customers, first + _TOGETHER))
            ]
            self._add(rows, [by])
            count += len(rows)
        for first in range(0, invoices, _TOGETHER):
            rows, told = [], []
            for n in range(first, min(invoices, first + _TOGETHER)):
                at = self._now - DAYS * _DAY + n * DAYS * _DAY // invoices
                told.append(self._envelope(at))
                rows += [self._row(self._shop, name, row, values, told[-1]) for name, row, values in self._sale(n, at)]
            self._add(rows, told)
            count += len(rows)
        scopes = [{"tenant": self._tenant, "scope": scope, "counter": seq} for scope, seq in self._seq.items()]
        self._store.tenant(self._tenant, lambda connection: self._count(connection, scopes))
        return count

    def _count(self, connection: Any, scopes: list[dict[str, Any]]) -> None:
        connection.execute(tables.scope.delete())
        add_all(connection, tables.scope, scopes)

    def _sale(self, n: int, at: int) -> Iterator[tuple[str, str, dict[str, Value]]]:
        invoice = new_id().hex
        yield self._ledger(
            "invoice", invoice, kind="sale", number=f"S1-B1-{n + 1}", premise="S1", device="B1", sequence=n + 1,
            session_id=self._shop, business_day="2026-11-21", issued_at=at, wall_time="2026-11-21T10:00:00",
            zone="Europe/Ljubljana", member_id=self._actor, member_mark="MK", total_cents=68_00, reason="", subject=0,
            snapshot='{"company":{"name":"Salon Živa"}}', practice=1,
        )  # fmt: skip
        for position in range(2):
            yield self._ledger(
                "invoice_line", new_id().hex, invoice_id=invoice, position=position, kind="service", name="Striženje",
                quantity=1000, unit_cents=34_00, gross_cents=34_00, discount_cents=0, discount_reason="",
                bill_discount_cents=0, total_cents=34_00, vat_category="taxed", vat_rate=2200, clause="",
            )  # fmt: skip
        yield self._ledger(
            "invoice_payment", new_id().hex, invoice_id=invoice, position=0, means="cash", cents=68_00, given_cents=0,
            change_cents=0,
        )  # fmt: skip

    def _ledger(self, name: str, row: str, /, **given: Value) -> tuple[str, str, dict[str, Value]]:
        values: dict[str, Value] = {field: given.get(field) for field in _FIELDS[name] if field not in ("id", "hash")}
        values |= {"shop_id": self._shop, "hash_version": 1}
        return name, row, values | {"hash": ledger_hash(values | {"id": row}, _FIELDS[name])}

    def _envelope(self, at: int) -> Envelope:
        self._n += 1
        digest = hashlib.sha256(str(self._n).encode()).hexdigest()
        return Envelope(
            id=new_id().hex, shop_id=self._shop, device=self._device, n=self._n, actor=self._actor, actor_name="Maja Kovač",
            name="sales.check_out", clock=at << CLOCK_BITS, at=at, part_of=None, undoes=None, previous_hash=digest,
            hash=digest,
        )  # fmt: skip

    def _row(self, scope: str, collection: str, row: str, values: dict[str, Value], by: Envelope) -> dict[str, Any]:
        self._seq[scope] += 1
        return {
            "tenant": self._tenant, "collection": collection, "row": row, "scope": scope, "seq": self._seq[scope],
            "values": _json.encode(values).decode(), "stamps": _json.encode({"*": (by.clock, by.device, by.id)}).decode(),
        }  # fmt: skip

    def _add(self, rows: list[dict[str, Any]], told: list[Envelope]) -> None:
        envelopes = [{"tenant": self._tenant, "id": one.id, "envelope": _json.encode(one).decode()} for one in told]

        def work(connection: Any) -> None:
            add_all(connection, tables.row, rows)
            add_all(connection, tables.envelope, envelopes)

        self._store.tenant(self._tenant, work)
