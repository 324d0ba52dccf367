"""Answers that were tampered with: nothing crashes, and no false confirmation is ever believed."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fiscal.errors import Unreachable
from fiscal.slovenia.environment import Mode
from fiscal.slovenia.reply import Reply, read_reply
from fiscal.slovenia.standin.certificates import Authority, make_authority
from fiscal.slovenia.standin.envelope import sign_envelope
from fiscal.slovenia.trust import Anchors, Untrusted

MESSAGE_ID: Final = "4e64a93a-40fa-4c02-afb1-488534b85e4c"
EOR: Final = "a7e5f55e-1dbb-48b7-9926-8e1a6d8618a3"


def _payload(**changes: Any) -> bytes:
    content = {"Header": {"MessageID": MESSAGE_ID, "DateTime": "2026-11-21T10:00:00"}, "UniqueInvoiceID": EOR}
    return json.dumps({"InvoiceResponse": {**content, **changes}}).encode()


def _body(authority: Authority, payload: bytes) -> bytes:
    token = sign_envelope(payload, authority.signer, (authority.intermediate,))
    return json.dumps({"token": token}).encode()


def _read(authority: Authority, body: bytes) -> Reply:
    return read_reply(
        body,
        kind="InvoiceResponse",
        message_id=MESSAGE_ID,
        anchors=Anchors.from_pem(authority.anchors_pem, Mode.PRACTICE),
        signer="DavPotRacTEST",
        at=datetime.now(UTC),
    )


@pytest.fixture(scope="module")
def good(authority: Authority) -> bytes:
    return _body(authority, _payload())


def test_the_good_one(authority: Authority, good: bytes) -> None:
    reply = _read(authority, good)
    assert (reply.eor, reply.code) == (EOR, None)


@given(place=st.integers(0), value=st.integers(1, 255))
@settings(max_examples=3000)
def test_a_changed_byte_gives_no_false_confirmation(authority: Authority, good: bytes, place: int, value: int) -> None:
    changed = bytearray(good)
    changed[place % len(good)] ^= value
    try:
        reply = _read(authority, bytes(changed))
    except Unreachable:
        return
    # What may change without harm lies outside the token: white space of the wrapper.
    assert json.loads(bytes(changed)) == json.loads(good)
    assert reply.eor == EOR


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_rubbish(authority: Authority, body: bytes) -> None:
    with pytest.raises(Unreachable):
        _read(authority, body)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
@settings(max_examples=40)
def test_any_json_as_token_header_or_payload(authority: Authority, value: Any) -> None:
    text = json.dumps(value).encode()
    part = base64.urlsafe_b64encode(text).rstrip(b"=").decode()
    header = {"alg": "RS256", "x5c": value}
    coded = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    for body in (
        text,
        json.dumps({"token": value}).encode(),
        json.dumps({"token": f"{part}.{part}.{part}"}).encode(),
        json.dumps({"token": f"{coded}.{part}.{part}"}).encode(),
        _body(authority, text),
    ):
        with pytest.raises(Unreachable):
            _read(authority, body)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Header": {"MessageID": "4e64a93a-40fa-4c02-afb1-488534b85e4d"}}, "wrong_message_id"),
        ({"Header": {"MessageID": "00000000-0000-0000-0000-000000000000"}}, "wrong_message_id"),
        ({"Header": {}}, "not_understood"),
        ({"Header": None}, "not_understood"),
        ({"UniqueInvoiceID": "x" * 36}, "not_understood"),
        ({"UniqueInvoiceID": EOR + "\n"}, "not_understood"),
        ({"UniqueInvoiceID": None}, "not_understood"),
        ({"Error": {}}, "not_understood"),
        ({"Error": {"ErrorCode": 5}}, "not_understood"),
        ({"Error": "S002"}, "not_understood"),
    ],
)
def test_a_signed_answer_that_says_nothing_usable(authority: Authority, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Unreachable) as caught:
        _read(authority, _body(authority, _payload(**changes)))
    assert caught.value.code == code


def test_an_error_beside_a_confirmation_is_an_error(authority: Authority) -> None:
    reply = _read(authority, _body(authority, _payload(Error={"ErrorCode": "s003", "ErrorMessage": "ž"})))
    assert (reply.eor, reply.code, reply.message) == (None, "S003", "ž")


def test_upper_case_message_ids_are_the_same(authority: Authority) -> None:
    assert _read(authority, _body(authority, _payload(Header={"MessageID": MESSAGE_ID.upper()}))).eor == EOR


def _token(authority: Authority, **header: Any) -> bytes:
    """An answer with a good signature under another header."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    chain = [base64.b64encode(one.der).decode() for one in (authority.signer, authority.intermediate)]
    members = {name: value for name, value in {"alg": "RS256", "x5c": chain, **header}.items() if value is not None}
    parts = [base64.urlsafe_b64encode(part).rstrip(b"=") for part in (json.dumps(members).encode(), _payload())]
    key = authority.signer.key
    assert isinstance(key, RSAPrivateKey)
    signature = key.sign(b".".join(parts), PKCS1v15(), hashes.SHA256())
    token = b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")])
    return json.dumps({"token": token.decode()}).encode()


def test_headers(authority: Authority) -> None:
    """The helper is right, and then each other header is refused although its signature holds."""
    assert _read(authority, _token(authority)).eor == EOR
    other = make_authority()
    leaf = base64.b64encode(authority.signer.der).decode()
    for header, code in (
        ({"alg": "none"}, "bad_token"),
        ({"alg": "HS256"}, "bad_token"),
        ({"alg": "rs256"}, "bad_token"),
        ({"crit": ["exp"]}, "bad_token"),
        ({"x5c": None}, "bad_token"),
        ({"x5c": []}, "bad_token"),
        ({"x5c": leaf}, "bad_token"),
        ({"x5c": [leaf] * 9}, "bad_token"),
        ({"x5c": [leaf[:-8]]}, "bad_token"),
        ({"x5c": [base64.b64encode(other.signer.der).decode()]}, "untrusted_signer"),
        ({"x5c": [base64.b64encode(authority.intermediate.der).decode()]}, "untrusted_signer"),
    ):
        with pytest.raises(Unreachable) as caught:
            _read(authority, _token(authority, **header))
        assert caught.value.code == code, header


def test_a_signer_that_issued_a_signer(authority: Authority) -> None:
    """A certificate that may not issue cannot vouch for another one."""
    from fiscal.slovenia.standin.certificates import _signer

    below = _signer(authority.signer, "DavPotRacTEST")
    body = json.dumps({"token": sign_envelope(_payload(), below, (authority.signer, authority.intermediate))}).encode()
    with pytest.raises(Unreachable) as caught:
        _read(authority, body)
    assert caught.value.code == "untrusted_signer"


@pytest.mark.parametrize(("usage", "believed"), [(None, True), ("signs data", True), ("signs certificates", False)])
def test_what_the_signers_key_is_for(usage: str | None, believed: bool) -> None:
    """A plain authority with one certificate below it; without a key usage a key may be used for anything."""
    from datetime import timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import rsa

    from fiscal.slovenia.standin.certificates import Identity, _usage

    def issue(name: str, issuer: Identity | None) -> Identity:
        key = rsa.generate_private_key(65537, 2048)
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(
            issuer.certificate.subject if issuer else subject, subject, key.public_key(), 5, now, now + timedelta(1)
        )
        if issuer is None:
            builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        elif usage is not None:
            builder = builder.add_extension(_usage(signs=usage == "signs certificates"), critical=True)
        return Identity(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)

    root = issue("Root", None)
    signer = issue("DavPotRacTEST", root)
    anchors = Anchors.from_pem(root.pem, Mode.PRACTICE)
    at = datetime.now(UTC)
    if believed:
        assert anchors.signer_key([signer.certificate], common_name="DavPotRacTEST", at=at)
    else:
        with pytest.raises(Untrusted):
            anchors.signer_key([signer.certificate], common_name="DavPotRacTEST", at=at)
