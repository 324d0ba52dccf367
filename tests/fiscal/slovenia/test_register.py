"""Sealing inside a sale's transaction: what is subject, what is stored, what stands in the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from fiscal.errors import NotSealable
from fiscal.journal import FIRST, EntryKind, confirmation_of, entries, pending
from fiscal.port import Draft, Kind, Means, Payment, Reference, Severity, Status, VatBucket, VatCategory
from fiscal.records import SealRecord
from fiscal.slovenia.certificate import Credential, read_pkcs12
from fiscal.slovenia.messages import AmountField, encode_invoice
from fiscal.slovenia.register import RegisterSettings, SlovenianRegister
from fiscal.slovenia.standin.certificates import TAX_NUMBER, Authority
from fiscal.tables import outbox
from tests.fiscal.world import DEVICE, Drafts


def test_a_cash_sale_is_sealed_and_waits(engine: Engine, register: SlovenianRegister, draft: Drafts) -> None:
    sale = draft()
    assert register.validate(sale) == []
    with engine.begin() as connection:
        sealed = register.seal(connection, sale)
    assert sealed.subject
    assert sealed.protection is not None
    assert sealed.code is not None
    assert sealed.code[39:47] == TAX_NUMBER
    with engine.connect() as connection:
        rows = list(entries(connection, DEVICE))
        assert [row.kind for row in rows] == [EntryKind.CERTIFICATE, EntryKind.SEAL]
        assert rows[0].previous_hash == FIRST
        assert rows[1].previous_hash == rows[0].hash
        record = msgspec.json.decode(rows[1].body, type=SealRecord)
        assert (record.protection, record.code) == (sealed.protection, sealed.code)
        assert rows[1].reference == "PE1-B1-1"
        known = confirmation_of(connection, [sale.document_id])[sale.document_id]
        assert (known.status, known.attempts, known.submit_before) == (Status.PENDING, 0, sealed.submit_before)
        assert [one.document_id for one in pending(connection)] == [sale.document_id]


def test_a_rolled_back_sale_leaves_nothing(engine: Engine, register: SlovenianRegister, draft: Drafts) -> None:
    with engine.connect() as connection, connection.begin() as transaction:
        register.seal(connection, draft())
        transaction.rollback()
    with engine.begin() as connection:
        assert list(entries(connection, DEVICE)) == []
        assert pending(connection) == []
        register.seal(connection, draft())
        # The certificate is there although an earlier transaction that had stored it was undone.
        assert [row.kind for row in entries(connection, DEVICE)] == [EntryKind.CERTIFICATE, EntryKind.SEAL]


@pytest.mark.parametrize(
    ("means", "subject"),
    [
        ((Means.CASH,), True),
        ((Means.CARD,), True),
        ((Means.VOUCHER,), True),
        ((Means.OTHER,), True),
        ((Means.TRANSFER,), False),
        ((Means.TRANSFER, Means.CASH), True),
        ((), False),
    ],
)
def test_what_is_subject(
    engine: Engine, register: SlovenianRegister, draft: Drafts, means: tuple[Means, ...], subject: bool
) -> None:
    total = 1000 * len(means)
    payments = tuple(Payment(one, 1000) for one in means)
    bucket = VatBucket(VatCategory.EXEMPT, 0, total, 0, total)
    for verify_all in (False, True):
        sale = draft(total_cents=total, payments=payments, vat=(bucket,), verify_all=verify_all)
        with engine.begin() as connection:
            sealed = register.seal(connection, sale)
            assert sealed.subject is (subject or verify_all)
            assert (sale.document_id in confirmation_of(connection, [sale.document_id])) is sealed.subject


def test_a_credit_note_follows_what_it_corrects(engine: Engine, register: SlovenianRegister, draft: Drafts) -> None:
    def note_for(sale: Draft) -> Draft:
        reference = Reference(sale.premise, sale.device, sale.sequence, sale.wall_time)
        return draft(
            kind=Kind.CREDIT_NOTE,
            total_cents=-2440,
            vat=(VatBucket(VatCategory.TAXED, 2200, -2000, -440, -2440),),
            payments=(Payment(Means.TRANSFER, -2440),),
            corrects=(reference,),
            verify_all=False,
        )

    verified = draft(verify_all=False)
    by_transfer = draft(verify_all=False, payments=(Payment(Means.TRANSFER, 2440),))
    with engine.begin() as connection:
        register.seal(connection, verified)
        register.seal(connection, by_transfer)
        assert register.seal(connection, note_for(verified)).subject
        assert not register.seal(connection, note_for(by_transfer)).subject
        # Of a document that is not in this journal nobody knows: it is verified.
        assert register.seal(connection, note_for(draft())).subject


def _codes(register: SlovenianRegister, draft: Draft) -> dict[str, Severity]:
    return {problem.code: problem.severity for problem in register.validate(draft)}


BUCKET = VatBucket(VatCategory.TAXED, 2200, 2000, 440, 2440)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"operator_tax_number": None}, "operator_tax_number_missing"),
        ({"operator_tax_number": "1234"}, "operator_tax_number_invalid"),
        ({"operator_tax_number": "02345678"}, "operator_tax_number_invalid"),
        ({"premise": "PE-1"}, "premise_mark_invalid"),
        ({"premise": ""}, "premise_mark_invalid"),
        ({"premise": "Č1"}, "premise_mark_invalid"),
        ({"device": "B" * 21}, "device_mark_invalid"),
        ({"device": "B1\n"}, "device_mark_invalid"),
        ({"seller_tax_number": "10000020"}, "wrong_tax_number"),
        ({"seller_tax_number": "SI10000038"}, "seller_tax_number_invalid"),
        ({"sequence": -1}, "number_invalid"),
        ({"payments": (Payment(Means.CASH, 2439),)}, "payments_differ_from_total"),
        ({"vat": (replace(BUCKET, net_cents=1999, gross_cents=2439),)}, "vat_differs_from_total"),
        ({"vat": (replace(BUCKET, net_cents=1999),)}, "vat_bucket_wrong"),
        ({"vat": (replace(BUCKET, rate=0),)}, "vat_bucket_wrong"),
        ({"vat": (replace(BUCKET, category=VatCategory.EXEMPT),)}, "vat_bucket_wrong"),
        ({"kind": Kind.CREDIT_NOTE}, "sign_wrong"),
        ({"kind": Kind.CREDIT_NOTE}, "reference_missing"),
        ({"total_cents": -2440}, "sign_wrong"),
        ({"total_cents": 10**14}, "amount_too_large"),
        ({"buyer_vat_number": "S" * 21}, "buyer_vat_number_invalid"),
        ({"wall_time": datetime.fromisoformat("2026-01-01T00:00:00")}, "wall_time_differs"),
    ],
)
def test_what_stands_in_the_way(
    engine: Engine, register: SlovenianRegister, draft: Drafts, changes: dict[str, object], code: str
) -> None:
    sale = draft(**changes)
    assert _codes(register, sale)[code] is Severity.ERROR
    with engine.begin() as connection:
        with pytest.raises(NotSealable):
            register.seal(connection, sale)
        assert list(entries(connection, DEVICE)) == []


def test_a_number_is_asked_for_only_when_sealing(engine: Engine, register: SlovenianRegister, draft: Drafts) -> None:
    sale = draft(sequence=0)
    assert register.validate(sale) == []
    with engine.begin() as connection, pytest.raises(NotSealable):
        register.seal(connection, sale)


def test_a_foreign_operator_needs_no_tax_number(register: SlovenianRegister, draft: Drafts) -> None:
    assert register.validate(draft(operator_tax_number=None, operator_is_foreign=True)) == []


def test_an_unregistered_premise_is_a_warning(register: SlovenianRegister, draft: Drafts) -> None:
    assert _codes(register, draft(premise="PE2")) == {"premise_not_registered": Severity.WARNING}


def test_without_a_certificate_only_a_transfer_goes(engine: Engine, settings: RegisterSettings, draft: Drafts) -> None:
    register = SlovenianRegister(settings, [])
    assert _codes(register, draft()).keys() >= {"no_certificate"}
    transfer = draft(payments=(Payment(Means.TRANSFER, 2440),), verify_all=False, operator_tax_number=None)
    assert register.validate(transfer) == []
    with engine.begin() as connection:
        assert not register.seal(connection, transfer).subject
        with pytest.raises(NotSealable) as caught:
            register.seal(connection, draft())
    assert [problem.code for problem in caught.value.problems] == ["no_certificate"]


def test_certificates_that_cannot_be_used(authority: Authority, settings: RegisterSettings, draft: Drafts) -> None:
    now = datetime.now(UTC)

    def load(**facts: object) -> Credential:
        one = authority.taxpayer(**facts)  # type: ignore[arg-type]  # a test passes on what the maker takes
        return read_pkcs12(one.pkcs12("x", issuer=authority.tax_ca), "x")

    expired = load(not_before=now - timedelta(9), not_after=now - timedelta(1))
    other = load(tax_number="10000020")
    production = load(unit="DavPotRac")
    soon = load(not_after=now + timedelta(30))
    for credential, code in (
        (expired, "certificate_expired"),
        (other, "wrong_tax_number"),
        (production, "certificate_of_other_mode"),
    ):
        assert _codes(SlovenianRegister(settings, [credential]), draft())[code] is Severity.ERROR
    assert _codes(SlovenianRegister(settings, [soon]), draft())["certificate_expires_soon"] is Severity.WARNING
    assert "certificate_expired" not in _codes(SlovenianRegister(settings, [expired, soon]), draft())


def test_the_newer_certificate_takes_over_on_its_day(
    engine: Engine, authority: Authority, settings: RegisterSettings, credential: Credential, draft: Drafts
) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    newer = replace(
        read_pkcs12(authority.taxpayer(ordinal=2).pkcs12("x", issuer=authority.tax_ca), "x"), use_from=tomorrow
    )
    register = SlovenianRegister(settings, [newer, credential])
    with engine.begin() as connection:
        register.seal(connection, draft())
        register.seal(connection, draft(issued_at=tomorrow + timedelta(hours=1)))
        seals = [
            msgspec.json.decode(row.body, type=SealRecord)
            for row in entries(connection, DEVICE, kinds=[EntryKind.SEAL])
        ]
    assert [seal.certificate for seal in seals] == [credential.facts.fingerprint, newer.facts.fingerprint]


@given(
    cents=st.lists(st.integers(0, 10**9), min_size=3, max_size=3),
    exempt=st.integers(0, 10**9),
)
def test_amounts_arrive_to_the_cent(cents: list[int], exempt: int) -> None:
    """Every amount of the message, read as the text that it is, gives back its cents."""
    buckets = [
        VatBucket(VatCategory.TAXED, rate, net, net * rate // 10_000, net + net * rate // 10_000)
        for rate, net in zip((2200, 950, 500), cents, strict=True)
    ]
    buckets.append(VatBucket(VatCategory.EXEMPT, 0, exempt, 0, exempt))
    total = sum(bucket.gross_cents for bucket in buckets)
    sale = Drafts()(total_cents=total, vat=tuple(buckets), payments=(Payment(Means.CARD, total),))
    texts = msgspec.json.Decoder(float_hook=str).decode(encode_invoice(sale, zoi="0" * 32))

    def cents_of(text: str) -> int:
        assert text[-3] == "."
        return int(text.replace(".", ""))

    assert cents_of(texts["InvoiceAmount"]) == cents_of(texts["PaymentAmount"]) == total
    taxes = texts["TaxesPerSeller"][0]
    assert [one["TaxRate"] for one in taxes["VAT"]] == ["22.00", "9.50", "5.00"]
    for bucket, sent in zip(buckets, taxes["VAT"], strict=False):
        assert (cents_of(sent["TaxableAmount"]), cents_of(sent["TaxAmount"])) == (bucket.net_cents, bucket.tax_cents)
    assert cents_of(taxes["ExemptVATTaxableAmount"]) == exempt


@pytest.mark.parametrize("field", list(AmountField))
def test_who_pays_no_vat_chooses_the_field(draft: Drafts, field: AmountField) -> None:
    sale = draft(vat=(VatBucket(VatCategory.NOT_PAYER, 0, 2440, 0, 2440),))
    sent = msgspec.json.decode(encode_invoice(sale, zoi="0" * 32, not_payer=field))
    assert sent["TaxesPerSeller"] == [{field.value: 24.40}]


def test_the_outbox_keeps_the_message_until_it_is_confirmed(
    engine: Engine, register: SlovenianRegister, draft: Drafts
) -> None:
    sale = draft(buyer_vat_number="SI10000020")
    with engine.begin() as connection:
        sealed = register.seal(connection, sale)
        payload = connection.execute(select(outbox.c.payload)).scalar_one()
    assert msgspec.json.decode(payload) == {
        "TaxNumber": int(TAX_NUMBER),
        "IssueDateTime": sale.wall_time.isoformat(),
        "NumberingStructure": "B",
        "InvoiceIdentifier": {"BusinessPremiseID": "PE1", "ElectronicDeviceID": "B1", "InvoiceNumber": "1"},
        "InvoiceAmount": 24.4,
        "PaymentAmount": 24.4,
        "TaxesPerSeller": [{"VAT": [{"TaxRate": 22.0, "TaxableAmount": 20.0, "TaxAmount": 4.4}]}],
        "ProtectedID": sealed.protection,
        "CustomerVATNumber": "SI10000020",
        "OperatorTaxNumber": 10000020,
    }
