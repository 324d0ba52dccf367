"""Verifying the journal: a real day passes, and whatever is changed afterwards is found and named."""

from __future__ import annotations

import itertools
import shutil
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, delete, insert, select, update

from fiscal.journal import EntryKind, row_hash
from fiscal.port import Kind, Means, Payment, Reference, VatBucket, VatCategory
from fiscal.records import SealRecord
from fiscal.slovenia.client import FursClient
from fiscal.slovenia.environment import ZONE, Mode
from fiscal.slovenia.premise import register_premise
from fiscal.slovenia.premises import MovableKind, Premise
from fiscal.slovenia.register import RegisterSettings, SlovenianRegister
from fiscal.slovenia.standin.certificates import TAX_NUMBER, Authority, make_authority
from fiscal.slovenia.standin.faults import Fault
from fiscal.slovenia.standin.server import StandIn
from fiscal.slovenia.trust import Anchors
from fiscal.slovenia.verify import verify_journal
from fiscal.tables import journal
from fiscal.verify import Finding
from tests.fiscal.till import Till
from tests.fiscal.world import DEVICE, SHOP, Drafts

Copy = Callable[[], Engine]


def _verify(engine: Engine, authority: Authority | None, **options: Any) -> list[Finding]:
    anchors = Anchors.from_pem(authority.anchors_pem, Mode.PRACTICE) if authority else None
    with engine.connect() as connection:
        return list(verify_journal(connection, anchors, Mode.PRACTICE.signer, **options))


@pytest.fixture
async def day(till: Till, furs: StandIn, client: FursClient, tmp_path: Path) -> Path:
    """The database of a day with everything in it: a premise, an outage, a refusal, a correction, a transfer."""
    furs.premises.clear()
    submit = till.submitter.submit_now
    premise = Premise("PE1", TAX_NUMBER, MovableKind.MOVABLE, date(2026, 1, 1), supplier_tax_number="10000020")
    registering = {"clock": lambda: datetime.now(UTC), "shop_id": SHOP, "device_id": DEVICE}
    furs.plan(Fault.ERROR, code="S100")
    with pytest.raises(Exception, match="S100"):
        await register_premise(till.transact, client, premise, **registering)
    await register_premise(till.transact, client, premise, **registering)
    sale = till.sell()
    await submit(sale.document_id)
    furs.plan(Fault.RESET_AFTER)
    await submit(till.sell().document_id)
    furs.plan(Fault.ERROR, code="S002")
    await till.submitter.retry_pending()
    await till.submitter.release_refused()
    await till.submitter.retry_pending()
    till.sell(payments=(Payment(Means.TRANSFER, 2440),), verify_all=False)
    note = till.sell(
        kind=Kind.CREDIT_NOTE,
        total_cents=-2440,
        vat=(VatBucket(VatCategory.TAXED, 2200, -2000, -440, -2440),),
        payments=(Payment(Means.CASH, -2440),),
        corrects=(Reference("PE1", "B1", 1, sale.wall_time),),
    )
    await submit(note.document_id)
    till.sell()  # waits
    till.engine.dispose()
    return tmp_path / "fiscal.db"


@pytest.fixture
def copy(day: Path, tmp_path: Path) -> Iterator[Copy]:
    engines: list[Engine] = []

    def make() -> Engine:
        target = tmp_path / f"copy{len(engines)}.db"
        shutil.copy(day, target)
        engines.append(create_engine(f"sqlite:///{target}"))
        return engines[-1]

    yield make
    for engine in engines:
        engine.dispose()


def _kinds(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(select(journal.c.kind).order_by(journal.c.n)).scalars())


async def test_a_whole_day_holds(copy: Copy, authority: Authority) -> None:
    engine = copy()
    assert set(_kinds(engine)) == {kind.value for kind in EntryKind}
    assert _verify(engine, authority) == []
    assert _verify(engine, None) == []


async def test_answers_of_another_authority_are_found(copy: Copy) -> None:
    engine = copy()
    found = _verify(engine, make_authority())
    assert {one.code for one in found} == {"answer_untrusted"}
    answers = ("confirmation", "refusal", "premise")
    assert len(found) == len([kind for kind in _kinds(engine) if kind in answers])


async def test_any_changed_column_is_found_and_its_row_named(copy: Copy, authority: Authority) -> None:
    engine = copy()
    changed: dict[str, Callable[[Any], Any]] = {
        "id": lambda value: bytes([value[0] ^ 1]) + value[1:],
        "shop_id": lambda value: bytes([value[0] ^ 1]) + value[1:],
        "previous_hash": lambda value: value[:-1] + ("0" if value[-1] != "0" else "1"),
        "hash": lambda value: value[:-1] + ("0" if value[-1] != "0" else "1"),
        "hash_version": lambda value: value + 1,
        "at": lambda value: value + 1,
        "kind": lambda value: "failure" if value != "failure" else "seal",
        "document_id": lambda value: None if value is not None else bytes(16),
        "reference": lambda value: (value or "") + "x",
        "body": lambda value: value[:-1] + bytes([value[-1] ^ 1]),
    }
    assert {*changed, "n", "device_id"} == {column.name for column in journal.c}
    for n, (name, change) in itertools.product(range(1, len(_kinds(engine)) + 1), changed.items()):
        with engine.connect() as connection:
            column = journal.c[name]
            value = connection.execute(select(column).where(journal.c.n == n)).scalar_one()
            connection.execute(update(journal).where(journal.c.n == n).values({name: change(value)}))
            anchors = Anchors.from_pem(authority.anchors_pem, Mode.PRACTICE)
            first = next(verify_journal(connection, anchors, Mode.PRACTICE.signer), None)
            connection.rollback()
        assert first is not None, (n, name)
        assert first.n == n, (n, name, first)


@given(st.data())
def test_any_flipped_bit_of_a_body_is_found(data: st.DataObject) -> None:
    """One seal is enough: the hash covers the stored bytes."""
    columns: dict[str, Any] = {
        "row_id": bytes(16),
        "shop_id": bytes(16),
        "device_id": bytes(16),
        "n": 1,
        "previous_hash": "0" * 64,
        "at": 1,
        "kind": "seal",
        "document_id": None,
        "reference": "PE1-B1-1",
        "body": data.draw(st.binary(min_size=1)),
    }
    place = data.draw(st.integers(0, len(columns["body"]) * 8 - 1))
    changed = bytearray(columns["body"])
    changed[place // 8] ^= 1 << place % 8
    assert row_hash(**columns) != row_hash(**{**columns, "body": bytes(changed)})


async def test_a_missing_row_is_found(copy: Copy, authority: Authority) -> None:
    count = len(_kinds(copy()))
    for n in range(1, count):  # the last one leaves no trace in the chain; the operations of the application know it
        engine = copy()
        with engine.begin() as connection:
            connection.execute(delete(journal).where(journal.c.n == n))
        first = _verify(engine, authority)[0]
        assert (first.n, first.code) == (n + 1, "row_missing")


def _forge(engine: Engine, n: int, change: Callable[[dict[str, Any]], None]) -> None:
    """Changes a row as somebody would who knows the format: all hashes from there on are made right again."""
    with engine.begin() as connection:
        rows = [dict(row) for row in connection.execute(select(journal).order_by(journal.c.n)).mappings()]
        change(rows[n - 1])
        for place in range(n - 1, len(rows)):
            row = rows[place]
            if place:
                row["previous_hash"] = rows[place - 1]["hash"]
            fields = {name: value for name, value in row.items() if name not in ("id", "hash")}
            row["hash"] = row_hash(row_id=row["id"], **fields)
        connection.execute(delete(journal))
        connection.execute(insert(journal), rows)


def _rewrite(**changes: Any) -> Callable[[dict[str, Any]], None]:
    def change(row: dict[str, Any]) -> None:
        record = msgspec.json.decode(zlib.decompress(row["body"]))
        for name, value in changes.items():
            assert record.get(name) != value
            record[name] = value(record[name]) if callable(value) else value
        row["body"] = zlib.compress(msgspec.json.encode(record))

    return change


def _raise_amount(message: dict[str, Any]) -> dict[str, Any]:
    return {**message, "InvoiceAmount": 2.44, "PaymentAmount": 2.44}


#: Kind of the row, what is changed in it, and what it is found by.
FORGED: list[tuple[str, Callable[[dict[str, Any]], None], str]] = [
    ("seal", _rewrite(total_cents=244), "signed_text_differs"),
    ("seal", _rewrite(wall_time="2026-01-01T10:00:00"), "signed_text_differs"),
    ("seal", _rewrite(protection="0" * 32), "zoi_differs"),
    ("seal", _rewrite(signature="AAAA"), "zoi_differs"),
    ("seal", _rewrite(signed=lambda text: text + "0"), "signed_text_differs"),
    ("seal", _rewrite(code="0" * 60), "code_differs"),
    ("seal", _rewrite(message=_raise_amount), "message_differs"),
    ("seal", _rewrite(certificate="0" * 64), "certificate_missing"),
    ("seal", lambda row: row.update(reference="PE1-B1-7"), "number_differs"),
    ("seal", lambda row: row.update(at=0), "certificate_not_valid_then"),
    ("certificate", lambda row: row.update(reference="0" * 64), "certificate_changed"),
    ("request", _rewrite(payload=lambda text: text.replace("24.40", "2.44")), "request_signature_bad"),
    ("request", _rewrite(late=True), "late_differs"),
    ("request", lambda row: row.update(reference="other"), "message_id_differs"),
    ("confirmation", lambda row: row.update(reference="other"), "answer_differs"),
    ("confirmation", _rewrite(message_id="other"), "answer_without_request"),
    (
        "confirmation",
        _rewrite(payload=lambda text: text.replace('UniqueInvoiceID": "', 'UniqueInvoiceID": "0')),
        "answer_signature_bad",
    ),
    ("confirmation", lambda row: row.update(at=0), "answer_untrusted"),
    ("refusal", lambda row: row.update(reference="S999"), "answer_differs"),
    ("premise", _rewrite(reply=lambda reply: {**reply, "signature": "AAAA"}), "answer_signature_bad"),
    ("failure", lambda row: row.update(kind="other"), "kind_unknown"),
]


async def test_a_forged_row_with_a_right_chain_is_found(copy: Copy, authority: Authority) -> None:
    for kind, change, code in FORGED:
        engine = copy()
        with engine.connect() as connection:
            query = select(journal.c.n).where(journal.c.kind == kind).order_by(journal.c.document_id.is_(None))
            n = connection.execute(query.order_by(journal.c.n).limit(1)).scalar_one()
        _forge(engine, n, change)
        first = _verify(engine, authority)[0]
        assert (kind, first.n, first.code) == (kind, n, code)


async def test_a_seal_signed_by_somebody_else_is_found(
    engine: Engine, register: SlovenianRegister, draft: Drafts, authority: Authority
) -> None:
    """The code is the MD5 of a good signature, but of another taxpayer's key."""
    with engine.begin() as connection:
        register.seal(connection, draft())
    from cryptography.hazmat.primitives.asymmetric import rsa

    from fiscal.slovenia.code import receipt_code
    from fiscal.slovenia.zoi import protect

    def change(row: dict[str, Any]) -> None:
        seal = msgspec.json.decode(zlib.decompress(row["body"]), type=SealRecord)
        assert seal.signed is not None
        other = protect(rsa.generate_private_key(65537, 2048), seal.signed)
        moment = datetime.fromisoformat(seal.wall_time)
        code = receipt_code(zoi=other.zoi, tax_number=TAX_NUMBER, wall_time=moment)
        message = {**msgspec.json.decode(bytes(seal.message)), "ProtectedID": other.zoi}
        forged = msgspec.structs.replace(
            seal,
            protection=other.zoi,
            signature=other.signature,
            code=code,
            message=msgspec.Raw(msgspec.json.encode(message)),
        )
        row["body"] = zlib.compress(msgspec.json.encode(forged))

    _forge(engine, 2, change)
    assert [one.code for one in _verify(engine, authority)] == ["zoi_signature_bad"]


class TestNumbers:
    """Series of numbers, over chains and years."""

    @pytest.fixture
    def seal(self, engine: Engine, settings: RegisterSettings, register: SlovenianRegister) -> Callable[..., None]:
        drafts = Drafts()

        def seal(*numbers: int, device_id: UUID = DEVICE, **changes: Any) -> None:
            one = SlovenianRegister(replace(settings, device_id=device_id), register._credentials)
            with engine.begin() as connection:
                for number in numbers:
                    one.seal(connection, drafts(sequence=number, **changes))

        return seal

    def codes(self, engine: Engine, **options: Any) -> list[tuple[str, dict[str, str]]]:
        return [(one.code, dict(one.values)) for one in _verify(engine, None, **options)]

    def test_without_gap(self, engine: Engine, seal: Callable[..., None]) -> None:
        seal(1, 2, 3)
        seal(1, 2, device="B2")
        seal(4)
        assert self.codes(engine) == []

    def test_a_gap(self, engine: Engine, seal: Callable[..., None]) -> None:
        seal(1, 2, 4, 5)
        assert self.codes(engine) == [("number_gap", {"missing": "PE1-B1-3"})]

    def test_a_twin(self, engine: Engine, seal: Callable[..., None]) -> None:
        seal(1, 2, 2, 3)
        assert self.codes(engine) == [("number_twin", {"number": "PE1-B1-2"})]

    def test_a_twin_on_a_cloned_desk(self, engine: Engine, seal: Callable[..., None]) -> None:
        seal(1, 2, 3)
        seal(3, device_id=UUID(int=9))
        assert self.codes(engine) == [("number_twin", {"number": "PE1-B1-3"})]

    def test_a_series_that_moved_to_a_new_desk(self, engine: Engine, seal: Callable[..., None]) -> None:
        seal(1, 2)
        seal(3, 4, device_id=UUID(int=9))
        assert self.codes(engine) == []

    def test_a_start_elsewhere(self, engine: Engine, seal: Callable[..., None]) -> None:
        seal(100, 101)
        assert self.codes(engine) == [("number_gap", {"missing": "PE1-B1-1"})]
        assert self.codes(engine, starts={("PE1", "B1"): 100}) == []

    @pytest.mark.parametrize(
        ("first", "expected"),
        [
            (1, []),
            (3, []),
            (4, [("number_gap", {"missing": "PE1-B1-3"})]),
            (2, [("number_twin", {"number": "PE1-B1-2"})]),
        ],
    )
    def test_a_new_year_begins_anew_or_goes_on(
        self, engine: Engine, seal: Callable[..., None], first: int, expected: list[tuple[str, dict[str, str]]]
    ) -> None:
        now = datetime.now(UTC)
        seal(1, 2, issued_at=now)
        seal(first, issued_at=now + timedelta(days=366), wall_time=_wall(now + timedelta(days=366)))
        assert self.codes(engine) == expected


def _wall(at: datetime) -> datetime:
    return at.astimezone(ZONE).replace(tzinfo=None, microsecond=0)
