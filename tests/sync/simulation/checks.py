"""What must be true when a history has come to rest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from desktop.database.types import is_blob
from desktop.database.verify import check_derived, verify_structure
from desktop.sharing.charged_twice import charge_conflicts
from sync.client.engine import FINAL
from sync.manifest import DataClass, Scope
from tests.sync.simulation.backend import WANTED, Judged, Violation
from tests.sync.simulation.desk import VirtualDesk
from tests.sync.simulation.history import History
from tests.sync.simulation.meant import WORD, Edit, fields_of, overtaken
from tests.sync.simulation.newer import MANIFEST

AHEAD_MS = 60_000
_SOME = 8


def check(history: History) -> None:
    """Raises `Violation` naming the first thing that is not as it must be."""
    live = [desk for desk in history.desks if not desk.stopped]
    for found in (
        *stopped_rightly(history),
        *rows_agree(history, live),
        *nothing_lost(history, live),
        *edits_stand(history),
        *nobody_twice(history),
        *sold_once_or_shown(history, live),
        *sums_exact(history, live),
        *refusals(history, live),
        *files_sound(history, live),
    ):
        raise Violation(found)


def stopped_rightly(history: History) -> Iterator[str]:
    """Who was put back behind what the backend knows, or copied and at work twice, is stopped; nobody else is."""
    for desk in history.desks:
        if desk.stopped not in (None, "forked"):
            yield f"{desk.name} stopped: {desk.stopped} ({sorted(FINAL)})"
        forgotten = _judged_of(history, desk.device) - desk.own_operations()
        if desk.name in history.restored and bool(forgotten) != bool(desk.stopped):
            yield f"{desk.name} was put back, has forgotten {len(forgotten)}, stopped: {desk.stopped}"
        if desk.stopped and desk.name not in history.restored and desk.device not in history.cloned:
            yield f"{desk.name} stopped for nothing"
    for device in history.cloned:
        both = [desk for desk in history.desks if desk.device == device]
        stopped = len([desk for desk in both if desk.stopped])
        # in a state both bring up what they wrote, so each may see the other at once
        if stopped != 1 and not (stopped and history.kind != "shared"):
            yield f"of two programs with one device {[desk.stopped for desk in both]} stopped"


def rows_agree(history: History, live: list[VirtualDesk]) -> Iterator[str]:
    """Every desk holds the rows of the backend in its scopes, field by field, and no others."""
    truth = history.backend.rows()
    for collection in MANIFEST.collections:
        rows = truth.get(collection.name, {})
        for desk in live:
            mine = {
                row: values
                for row, (scope, values) in rows.items()
                if scope == ("" if collection.scope is Scope.TENANT else desk.shop.hex)
            }
            held = _rows(desk, collection.name)
            if held.keys() != mine.keys():
                yield f"{collection.name} on {desk.name}: other rows, {sorted(held.keys() ^ mine.keys())}"
                continue
            names = _columns(desk, collection.name)
            for row, values in mine.items():
                expected = _as_held(values, names)
                different = {name for name in names if held[row].get(name) != expected.get(name)}
                if different:
                    found = {name: (held[row].get(name), expected.get(name)) for name in sorted(different)}
                    yield f"{collection.name} {row} on {desk.name}: {found}"
            stray = desk.database.rows("SELECT collection, row FROM sync_stray")
            if stray and collection.data_class is DataClass.LEDGER:
                yield f"{desk.name} has strange ledger rows: {stray}"


def nothing_lost(history: History, live: list[VirtualDesk]) -> Iterator[str]:
    """All that a live desk wrote is judged once, nothing is judged that nobody wrote, and what lost is in its history."""
    twice = history.restored | {desk.name for desk in history.desks if desk.device in history.cloned}
    for desk in live:
        own = desk.own_operations()
        if not own <= history.backend.judged.keys():
            yield f"{desk.name} never handed in {sorted(own - history.backend.judged.keys())}"
        if desk.name not in twice and _judged_of(history, desk.device) != own:
            yield f"{desk.name} did not write {sorted(_judged_of(history, desk.device) - own)}"
        kept = {row[0].hex(): "" for row in desk.database.rows("SELECT DISTINCT operation FROM operation_value")}
        for operation, new in desk.database.rows("SELECT operation, new FROM operation_value"):
            kept[operation.hex()] += new or ""
        for edit in history.meant.edits:
            if edit.operation in own | desk.operations_alone() and json.dumps(
                edit.value[0], ensure_ascii=False
            ) not in kept.get(edit.operation, ""):
                yield f"{desk.name} has lost {edit} from its history"
    for edit in history.meant.edits:
        writer = next(desk for desk in history.desks if desk.device == edit.device)
        if edit.operation not in history.arrived() and writer.name not in twice:
            yield f"{edit} never arrived"


def edits_stand(history: History) -> Iterator[str]:
    """Each value is one that somebody wrote, whole; nobody who saw it has written over it, and no later stamp is there."""
    rows, judged, uploaded = history.backend.rows(), history.backend.judged, history.backend.uploaded
    counted = (judged.keys() | uploaded.keys()) - history.backend.refused()
    for key, edits in history.meant.by_key():
        table, row, unit = key
        candidates = [edit for edit in edits if edit.operation in counted]
        if row not in rows.get(table, {}):
            if candidates:
                yield f"{key} is nowhere, and was edited: {candidates}"
            continue
        standing = tuple(rows[table][row][1].get(name) for name in fields_of(table, unit))
        if not candidates:
            if any(standing == edit.value and WORD in str(standing) for edit in edits):
                yield f"{key}: {standing} stands although nothing of it counts"
            continue
        gone = overtaken(edits, set(counted))
        if standing not in [edit.value for edit in candidates if edit.operation not in gone]:
            yield f"{key}: {standing} stands, of {[(edit.value, edit.operation in gone) for edit in candidates]}"
        latest = max(candidates, key=lambda edit: _stamp(edit, judged, uploaded))
        if standing != latest.value:
            yield f"{key}: {standing} stands, {latest} is later"


def _stamp(edit: Edit, judged: dict[str, Judged], uploaded: dict[str, int]) -> tuple[int, str, int]:
    """A clock far ahead of the backend's counts as a minute ahead of it, when it first came there."""
    came = [uploaded[edit.operation]] if edit.operation in uploaded else []
    came += [judged[edit.operation].at] if edit.operation in judged else []
    return min(edit.clock, (min(came) + AHEAD_MS << 16) + edit.n), edit.device, edit.n


def nobody_twice(history: History) -> Iterator[str]:
    """Every booking is there and decided; no time of a person and no mark of a device is confirmed twice."""
    visits = {row: values for row, (_, values) in history.backend.rows().get("visit", {}).items()}
    arrived = history.arrived()
    meant = {one.visit for one in history.meant.bookings if one.operation in arrived}
    meant |= {
        visit.hex for visit in history.salon.old_visits
    } & visits.keys()  # a new server has its desks' shops alone
    if visits.keys() != meant:
        yield f"visits {sorted(visits.keys() ^ meant)} are missing or nobody's"
    for name, wanted_by in WANTED.items():
        held: dict[object, str] = {}
        for row, (_, values) in history.backend.rows(name).get(name, {}).items():
            if values["claim_state"] not in ("confirmed", "conflict"):
                yield f"{name} {row} is {values['claim_state']}"
            for wanted in sorted(wanted_by(values)) if values["claim_state"] == "confirmed" else ():
                if held.setdefault(wanted, row) != row:
                    yield f"{name} {held[wanted]} and {row} are both confirmed: {wanted}"
                    return


def sold_once_or_shown(history: History, live: list[VirtualDesk]) -> Iterator[str]:
    """Every receipt stands; a bill with more than one of them waits for a person at every desk of its shop."""
    arrived = history.arrived()
    meant = [one for one in history.meant.charged if one.operation in arrived]
    invoices = history.backend.rows("invoice").get("invoice", {})
    if invoices.keys() != {one.invoice for one in meant}:
        yield f"invoices {sorted(invoices.keys() ^ {one.invoice for one in meant})} are missing or nobody's"
    for desk in live:
        charged: dict[str, set[str]] = {}
        for one in meant:
            if one.shop == desk.shop.hex:
                charged.setdefault(one.bill, set()).add(one.invoice)
        twice = sorted(sorted(one) for one in charged.values() if len(one) > 1)
        shown = sorted(sorted(side.row.hex for side in one.sides) for one in desk.read(charge_conflicts))
        if twice != shown:
            yield f"{desk.name} shows {shown} as charged twice, not {twice}"


def sums_exact(history: History, live: list[VirtualDesk]) -> Iterator[str]:
    """The stock is the sum of what came in, no more and no less: also of what was refused otherwise."""
    arrived = history.arrived()
    for desk in live:
        came = sum(
            one.quantity for one in history.meant.received if one.shop == desk.shop.hex and one.operation in arrived
        )
        [(level,)] = desk.database.rows("SELECT coalesce(sum(quantity), 0) FROM stock_level")
        if level != came:
            yield f"{desk.name} has {level} in stock, {came} came in"


def refusals(history: History, live: list[VirtualDesk]) -> Iterator[str]:
    """What breaks a rule is set aside and shown, and nothing else is."""
    refused = history.backend.refused()
    judged = history.backend.judged
    if refused != {one for one in history.meant.broken if one in judged}:
        codes = [judged[one].verdict for one in refused - history.meant.broken]
        yield f"set aside: {codes}, let through: {sorted((history.meant.broken & judged.keys()) - refused)}"
    for desk in live:
        query = "SELECT id FROM operation JOIN sync_refused USING (n) WHERE device = ?"
        shown = {row[0].hex() for row in desk.database.rows(query, bytes.fromhex(desk.device))}
        if shown != refused & desk.own_operations():
            yield f"{desk.name} shows {sorted(shown)} as set aside, not {sorted(refused & desk.own_operations())}"


def files_sound(history: History, live: list[VirtualDesk]) -> Iterator[str]:
    """The chain, the hashes and the ledgers of a desk's file are whole; in some histories also what is derived."""
    doubtful = history.restored | {desk.name for desk in history.desks if desk.device in history.cloned}
    chosen = [desk for desk in live if desk.name in doubtful] or live[history.seed % max(1, len(live)) :][:1]
    for desk in chosen:
        yield from (f"{desk.name}: {one}" for one in desk.query(lambda c, desk=desk: verify_structure(c, desk.schema)))
        if history.seed % _SOME == 0:
            found = desk.database.run_on_writer(lambda engine, desk=desk: _derived(engine, desk)).result()
            yield from (f"{desk.name}: {one}" for one in found)


def _derived(engine: Any, desk: VirtualDesk) -> list[Any]:
    with engine.begin() as connection:
        return list(check_derived(connection, desk.schema))


def _judged_of(history: History, device: str) -> set[str]:
    return {identity for identity, one in history.backend.judged.items() if one.device == device}


def _columns(desk: VirtualDesk, table: str) -> list[str]:
    return [column.name for column in desk.schema.table(table).columns if column.name != "id"]


def _rows(desk: VirtualDesk, table: str) -> dict[str, dict[str, Any]]:
    names = _columns(desk, table)
    blobs = {column.name for column in desk.schema.table(table).columns if is_blob(column.type)}
    listed = ", ".join(f'"{name}"' for name in names)
    return {
        row[0].hex(): {
            name: value.hex() if name in blobs and value is not None else value
            for name, value in zip(names, row[1:], strict=True)
        }
        for row in desk.database.rows(f'SELECT id, {listed} FROM "{table}"')
    }


def _as_held(values: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """A row as a program keeps it that knows these fields: the others lie in `extra`."""
    unknown = {name: value for name, value in values.items() if name not in names and value is not None}
    if not unknown:
        return values
    extra = json.loads(values.get("extra") or "{}") | unknown
    return values | {"extra": json.dumps(extra, sort_keys=True, ensure_ascii=False, separators=(",", ":"))}
