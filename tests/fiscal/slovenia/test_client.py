"""The line to the authority against the stand-in, over real TLS: what is confirmed, what is refused, what counts as silence."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import jsonschema
import msgspec
import pytest

from fiscal.channel import Answer, Patience, Verdict
from fiscal.errors import InvalidMessage, Unreachable
from fiscal.port import Kind, Means, Payment, Reference, VatBucket, VatCategory
from fiscal.records import FailureRecord, ReplyRecord
from fiscal.slovenia.certificate import Credential, read_pkcs12
from fiscal.slovenia.client import FursClient, client_context
from fiscal.slovenia.environment import Endpoint, Mode
from fiscal.slovenia.messages import encode_invoice
from fiscal.slovenia.premises import MovableKind, Premise, RealEstate
from fiscal.slovenia.standin.certificates import TAX_NUMBER, Authority, make_authority
from fiscal.slovenia.standin.faults import Fault
from fiscal.slovenia.standin.server import StandIn
from fiscal.slovenia.trust import Anchors
from tests.fiscal.world import OFFICIAL, Drafts

SHORT = Patience(connect=2.0, total=1.0)
LONG = Patience(connect=20.0, total=60.0)
SCHEMA = OFFICIAL / "schema" / "FiscalVerificationSchema.v3.2-derived.json"


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def connect(furs: StandIn, credential: Credential) -> Callable[..., FursClient]:
    def make(**changes: Any) -> FursClient:
        anchors = Anchors.from_pem(changes.get("anchors", furs.authority.anchors_pem), Mode.PRACTICE)
        credentials = changes.get("credentials", [credential])
        return FursClient(Endpoint(changes.get("url", furs.url), Mode.PRACTICE), credentials, anchors, now)

    return make


def _sale(drafts: Drafts, **changes: Any) -> bytes:
    return encode_invoice(drafts(**changes), zoi="0123456789abcdef" * 2)


async def _submit(client: FursClient, payload: bytes, *, late: bool = False, patience: Patience = LONG) -> Answer:
    return await client.send(client.prepare(payload, late=late, now=now()), patience)


async def test_a_sale_is_confirmed(furs: StandIn, client: FursClient, draft: Drafts) -> None:
    answer = await _submit(client, _sale(draft))
    assert answer.verdict is Verdict.CONFIRMED
    (received,) = furs.received
    assert answer.confirmation == received.eor
    assert received.reasons == ()
    assert received.remarks == ()
    assert "SubsequentSubmit" not in received.invoice
    assert isinstance(answer.record, ReplyRecord)
    assert len(answer.certificates) == 2
    assert answer.record.certificates == [fingerprint for fingerprint, _ in answer.certificates]
    for fingerprint, der in answer.certificates:
        assert base64.b64encode(der).decode() not in answer.record.header
        assert f"{{{fingerprint}}}" in answer.record.header


async def test_a_late_sale_says_so(furs: StandIn, client: FursClient, draft: Drafts) -> None:
    assert (await _submit(client, _sale(draft), late=True)).verdict is Verdict.CONFIRMED
    assert furs.received[0].invoice["SubsequentSubmit"] is True


@pytest.mark.parametrize(
    ("at", "local"),
    [("2027-07-01T10:00:00+00:00", "2027-07-01T12:00:00"), ("2027-12-31T23:30:00+00:00", "2028-01-01T00:30:00")],
)
def test_the_time_of_sending_is_that_of_the_wall(
    connect: Callable[..., FursClient], draft: Drafts, at: str, local: str
) -> None:
    prepared = connect().prepare(_sale(draft), late=False, now=datetime.fromisoformat(at))
    sent = msgspec.json.decode(prepared.record.payload)
    assert sent["InvoiceRequest"]["Header"] == {"MessageID": prepared.message_id, "DateTime": local}


async def test_each_try_has_its_own_message_id(furs: StandIn, client: FursClient, draft: Drafts) -> None:
    payload = _sale(draft)
    first, second = await _submit(client, payload), await _submit(client, payload)
    assert len({one.message_id for one in furs.received}) == 2
    assert first.confirmation != second.confirmation


async def test_a_credit_note_names_the_receipt_it_corrects(furs: StandIn, client: FursClient, draft: Drafts) -> None:
    sale = draft()
    payload = _sale(
        draft,
        kind=Kind.CREDIT_NOTE,
        total_cents=-2440,
        vat=(VatBucket(VatCategory.TAXED, 2200, -2000, -440, -2440),),
        payments=(Payment(Means.CASH, -2440),),
        corrects=(Reference("PE1", "B1", 1, sale.wall_time),),
    )
    assert (await _submit(client, payload)).verdict is Verdict.CONFIRMED
    invoice = furs.received[0].invoice
    assert str(invoice["InvoiceAmount"]) == "-24.40"
    assert invoice["ReferenceInvoice"] == [
        {
            "ReferenceInvoiceIdentifier": {
                "BusinessPremiseID": "PE1",
                "ElectronicDeviceID": "B1",
                "InvoiceNumber": "1",
            },
            "ReferenceInvoiceIssueDateTime": sale.wall_time.isoformat(),
        }
    ]


@pytest.mark.skipif(not SCHEMA.exists(), reason="the authority's schema is not here")
async def test_what_is_sent_keeps_the_official_schema(furs: StandIn, client: FursClient, draft: Drafts) -> None:
    buckets = (
        VatBucket(VatCategory.TAXED, 950, 6092, 579, 6671),
        VatBucket(VatCategory.EXEMPT, 0, 1915, 0, 1915),
        VatBucket(VatCategory.REVERSE, 0, 10, 0, 10),
        VatBucket(VatCategory.OUT_OF_SCOPE, 0, 1, 0, 1),
    )
    for changes in (
        {},
        {"total_cents": 8597, "vat": buckets, "payments": (Payment(Means.CARD, 8597),)},
        {"operator_tax_number": None, "operator_is_foreign": True, "buyer_vat_number": "DE123456789"},
    ):
        assert (await _submit(client, _sale(draft, **changes), late=True)).verdict is Verdict.CONFIRMED
    for premise in (_building(), _stand(), _stand(closed=True)):
        assert (await client.send(client.prepare_premise(premise, now=now()))).verdict is Verdict.CONFIRMED
    schema = json.loads(SCHEMA.read_text())
    for received in furs.received:
        # The schema asks for multiples of 0.01, which floats cannot answer: amounts go in as exact decimals.
        jsonschema.Draft4Validator(_exact(schema)).validate(_exact(received.payload))


def _exact(value: Any) -> Any:
    """Amounts in hundredths, so that the schema's rule on two decimals is a rule on whole numbers."""
    if isinstance(value, dict):
        if value.get("multipleOf") == 0.01:
            return {**value, "multipleOf": 1, "minimum": -(10**16), "maximum": 10**16}
        return {key: _exact(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_exact(one) for one in value]
    if type(value).__name__ == "Decimal":
        return int(value * 100) if value * 100 == int(value * 100) else str(value)
    return value


@pytest.mark.parametrize("code", ["S002", "S003", "S004", "S005", "S006", "S007", "S008", "s001", "S999"])
async def test_refused_for_good(furs: StandIn, client: FursClient, draft: Drafts, code: str) -> None:
    furs.plan(Fault.ERROR, code=code)
    answer = await _submit(client, _sale(draft))
    assert (answer.verdict, answer.code) == (Verdict.REFUSED, code.upper())
    assert answer.message
    assert answer.confirmation is None


@pytest.mark.parametrize("code", ["S100", "s100"])
async def test_told_to_come_later(furs: StandIn, client: FursClient, draft: Drafts, code: str) -> None:
    furs.plan(Fault.ERROR, code=code)
    answer = await _submit(client, _sale(draft))
    assert (answer.verdict, answer.code) == (Verdict.LATER, "S100")


async def test_an_error_without_the_message_id_is_believed(furs: StandIn, client: FursClient, draft: Drafts) -> None:
    furs.plan(Fault.ZERO_MESSAGE_ID, code="S002")
    assert (await _submit(client, _sale(draft))).verdict is Verdict.REFUSED


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.SILENCE, "timeout"),
        (Fault.SLOW, "timeout"),
        (Fault.DRIP, "timeout"),
        (Fault.RESET_BEFORE, "connection_lost"),
        (Fault.RESET_AFTER, "connection_lost"),
        (Fault.HTML, "not_json"),
        (Fault.RUBBISH, "not_json"),
        (Fault.UNAVAILABLE, "http_status"),
        (Fault.NO_TOKEN, "no_token"),
        (Fault.WRONG_MESSAGE_ID, "wrong_message_id"),
        (Fault.BROKEN_SIGNATURE, "bad_signature"),
        (Fault.ROGUE_SIGNER, "untrusted_signer"),
        (Fault.OTHER_SIGNER, "untrusted_signer"),
        (Fault.EXPIRED_SIGNER, "untrusted_signer"),
    ],
)
async def test_what_counts_as_unreachable(
    furs: StandIn, client: FursClient, draft: Drafts, fault: Fault, code: str
) -> None:
    furs.plan(fault, seconds=30 if fault is Fault.SLOW else 0.05)
    waits = fault in (Fault.SILENCE, Fault.SLOW, Fault.DRIP)
    answer = await _submit(client, _sale(draft), patience=SHORT if waits else LONG)
    assert (answer.verdict, answer.code, answer.confirmation) == (Verdict.UNREACHABLE, code, None)
    assert isinstance(answer.record, FailureRecord)
    # The line itself is whole: the next try gets through.
    assert (await _submit(client, _sale(draft))).verdict is Verdict.CONFIRMED


async def test_nobody_listens(connect: Callable[..., FursClient], draft: Drafts, furs: StandIn) -> None:
    furs.stop()
    client = connect()
    answer = await _submit(client, _sale(draft))
    assert (answer.verdict, answer.code) == (Verdict.UNREACHABLE, "no_connection")
    await client.aclose()


async def test_a_server_of_somebody_else(connect: Callable[..., FursClient], draft: Drafts, furs: StandIn) -> None:
    client = connect(anchors=make_authority().anchors_pem)
    answer = await _submit(client, _sale(draft))
    assert (answer.verdict, answer.code) == (Verdict.UNREACHABLE, "tls_failed")
    assert furs.received == []
    await client.aclose()


async def test_another_host_than_the_certificate_names(
    connect: Callable[..., FursClient], authority: Authority
) -> None:
    """A certificate of the right authority that names no such host: a signer's, for example."""
    with StandIn(replace(authority, server=authority.answer_signer("blagajne-test.fu.gov.si"))) as other:
        client = connect(url=other.url)
        with pytest.raises(Unreachable) as caught:
            await client.echo()
        assert caught.value.code == "tls_failed"
        await client.aclose()


@pytest.mark.parametrize("which", ["root", "intermediate"])
async def test_either_authority_is_anchor_enough(
    connect: Callable[..., FursClient], draft: Drafts, authority: Authority, which: str
) -> None:
    client = connect(anchors=getattr(authority, which).pem)
    assert (await _submit(client, _sale(draft))).verdict is Verdict.CONFIRMED
    await client.aclose()


async def test_no_certificate_no_connection(furs: StandIn) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=furs.authority.anchors_pem.decode())
    # With TLS 1.3 the server's refusal comes with the first read.
    reader, writer = await asyncio.open_connection("localhost", furs.port, ssl=context)
    writer.write(b"POST /v1/cash_registers/echo HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
    with pytest.raises((ssl.SSLError, OSError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    writer.transport.abort()


async def test_old_tls_is_not_spoken(furs: StandIn, credential: Credential) -> None:
    context = client_context(credential, Anchors.from_pem(furs.authority.anchors_pem, Mode.PRACTICE))
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert len(context.get_ca_certs()) == 2


async def test_an_unknown_certificate(connect: Callable[..., FursClient], authority: Authority, draft: Drafts) -> None:
    other = read_pkcs12(authority.taxpayer(ordinal=7).pkcs12("x", issuer=authority.tax_ca), "x")
    client = connect(credentials=[other])
    assert (await _submit(client, _sale(draft))).code == "S004"
    await client.aclose()


async def test_another_taxpayers_receipt(
    furs: StandIn, connect: Callable[..., FursClient], authority: Authority, draft: Drafts
) -> None:
    other = furs.admit(authority.taxpayer("10000020"))
    client = connect(credentials=[read_pkcs12(other.pkcs12("x", issuer=authority.tax_ca), "x")])
    assert (await _submit(client, _sale(draft))).code == "S005"
    await client.aclose()


@pytest.mark.parametrize("serial", [5, 2**64 + 3, 64766398760318685497656163882])
async def test_serials_and_names_arrive_as_they_should(
    furs: StandIn, connect: Callable[..., FursClient], authority: Authority, draft: Drafts, serial: int
) -> None:
    name = 'Salon "Žabica", ' + "d. o. o. " * 4 + "+ sin; \\"
    taxpayer = furs.admit(authority.taxpayer(serial=serial, name=name, ordinal=12))
    client = connect(credentials=[read_pkcs12(taxpayer.pkcs12("x", issuer=authority.tax_ca), "x")])
    assert (await _submit(client, _sale(draft))).verdict is Verdict.CONFIRMED
    assert furs.received[0].header["serial"] == serial
    assert furs.received[0].header["alg"] == "RS256"
    await client.aclose()


def _building(**changes: Any) -> Premise:
    place = RealEstate(365, 12, 3, "Trg svobode", "1", "Črnomelj", "Črnomelj", "8340", "a")
    return Premise("PE2", TAX_NUMBER, place, date(2026, 1, 1), supplier_tax_number="10000020", **changes)


def _stand(**changes: Any) -> Premise:
    supplier = "Pult, Musterstraße 1, Wien"
    return Premise("PE3", TAX_NUMBER, MovableKind.MOVABLE, date(2026, 1, 1), supplier_foreign=supplier, **changes)


async def test_a_premise_is_registered_changed_and_closed(furs: StandIn, client: FursClient, draft: Drafts) -> None:
    payload = _sale(draft, premise="PE2")
    assert (await _submit(client, payload)).code == "S006"
    assert (await client.send(client.prepare_premise(_building(), now=now()))).verdict is Verdict.CONFIRMED
    assert (await _submit(client, payload)).verdict is Verdict.CONFIRMED
    assert (await client.send(client.prepare_premise(_building(closed=True), now=now()))).verdict is Verdict.CONFIRMED
    assert (await _submit(client, payload)).code == "S006"


async def test_a_premise_that_breaks_the_schema_does_not_leave(furs: StandIn, client: FursClient) -> None:
    for premise, path in (
        (Premise("PE-2", TAX_NUMBER, MovableKind.MOVABLE, date(2026, 1, 1), "10000020"), "BusinessPremiseID"),
        (Premise("PE2", TAX_NUMBER, MovableKind.MOVABLE, date(2026, 1, 1)), "SoftwareSupplier[0]"),
        (_building(note="x" * 1001), "SpecialNotes"),
    ):
        with pytest.raises(InvalidMessage) as caught:
            client.prepare_premise(premise, now=now())
        assert caught.value.values["path"] == f"BusinessPremise.{path}"
    assert furs.received == []


async def test_echo(furs: StandIn, client: FursClient) -> None:
    await client.echo("žaba")
    furs.plan(Fault.HTML)
    with pytest.raises(Unreachable) as caught:
        await client.echo()
    assert caught.value.code == "not_json"
