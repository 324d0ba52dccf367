"""The protection code and the 60 digits: published vectors and what must hold for every receipt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from hypothesis import given
from hypothesis import strategies as st

from fiscal.slovenia.amounts import amount_text, decimal
from fiscal.slovenia.certificate import Credential, read_pkcs12
from fiscal.slovenia.code import code128_parts, receipt_code
from fiscal.slovenia.zoi import protect, signed_text
from tests.fiscal.world import OFFICIAL

DEMO = OFFICIAL / "certs" / "demo_podjetje.p12"

#: Computed with the authority's public test certificate: text, ZOI, 60 digits.
VECTORS = [
    (
        (datetime.fromisoformat("2015-08-07T13:05:24"), 145, "TRGOVINA1", "BLAG2", 6671),
        "1003985607.08.2015 13:05:24145TRGOVINA1BLAG266.71",
        "99ada61cdb3a283488b8246115143eba",
        "204273519877848935022863973296614162106100398561508071305244",
    ),
    (
        (datetime.fromisoformat("2026-12-31T23:59:59"), 11, "BP101", "B1", 1915),
        "1003985631.12.2026 23:59:5911BP101B119.15",
        "ea40f4ee96d8bd863f8b8ecf5be1f126",
        "311376625823547287084158993181326831910100398562612312359590",
    ),
    (
        (datetime.fromisoformat("2027-01-01T00:00:01"), 1, "BP101", "B1", -1915),
        "1003985601.01.2027 00:00:011BP101B1-19.15",
        "857d0ab4af23b20a84572786fcd5e776",
        "177436577686078983531717082147458508662100398562701010000016",
    ),
]


@pytest.mark.skipif(not DEMO.exists(), reason="the shared test data is absent: the public test certificate")
@pytest.mark.parametrize(("facts", "text", "zoi", "code"), VECTORS)
def test_the_vectors_of_the_test_certificate(
    facts: tuple[datetime, int, str, str, int], text: str, zoi: str, code: str
) -> None:
    credential = read_pkcs12(DEMO.read_bytes(), "Geslo123#")
    moment, sequence, premise, device, cents = facts
    signed = signed_text(
        tax_number="10039856",
        wall_time=moment,
        sequence=sequence,
        premise=premise,
        device=device,
        total_cents=cents,
    )
    assert signed == text
    assert protect(credential.key, signed).zoi == zoi
    assert receipt_code(zoi=zoi, tax_number="10039856", wall_time=moment) == code


@pytest.mark.parametrize(
    ("facts", "text"), [(facts, text) for facts, text, _, _ in VECTORS], ids=["sale", "end of year", "credit note"]
)
def test_the_text_that_is_signed(facts: tuple[datetime, int, str, str, int], text: str) -> None:
    moment, sequence, premise, device, cents = facts
    assert text == signed_text(
        tax_number="10039856",
        wall_time=moment,
        sequence=sequence,
        premise=premise,
        device=device,
        total_cents=cents,
    )


def test_the_code_is_the_same_each_time_and_its_signature_holds(credential: Credential) -> None:
    first, second = protect(credential.key, "račun"), protect(credential.key, "račun")
    assert first == second
    public = credential.key.public_key()
    public.verify(first.signature, "račun".encode(), PKCS1v15(), hashes.SHA256())
    assert len(first.zoi) == 32
    assert first.zoi == first.zoi.lower()


@pytest.mark.parametrize(
    ("zoi", "code"),
    [
        ("a7e5f55e1dbb48b799268e1a6d8618a3", "223175087923687075112234402528973166755123456781508151013321"),
        ("3024e56bf1ddd2e7eeb5715c6859a913", "063994519708649896901260100447252359443123456781508151013320"),
    ],
)
def test_the_published_codes(zoi: str, code: str) -> None:
    assert receipt_code(zoi=zoi, tax_number="12345678", wall_time=datetime.fromisoformat("2015-08-15T10:13:32")) == code


@pytest.mark.parametrize(
    ("count", "symbols"),
    [
        (2, ["41223175087923687075112234402528", "42973166755123456781508151013321"]),
        (3, ["4122317508792368707511", "4222344025289731667551", "4323456781508151013321"]),
        (4, ["441223175087923687", "442075112234402528", "443973166755123456", "444781508151013321"]),
        (5, ["41223175087923", "42687075112234", "43402528973166", "44755123456781", "45508151013321"]),
        (6, ["412231750879", "422368707511", "432234402528", "449731667551", "452345678150", "468151013321"]),
    ],
)
def test_the_published_bar_codes(count: int, symbols: Sequence[str]) -> None:
    code = "223175087923687075112234402528973166755123456781508151013321"
    assert list(code128_parts(code, count)) == list(symbols)


@given(
    zoi=st.integers(0, 16**32 - 1).map("{:032x}".format),
    tax_number=st.integers(10_000_000, 99_999_999).map(str),
    moment=st.datetimes(datetime.fromisoformat("2015-01-01T00:00:00"), datetime.fromisoformat("2068-12-31T00:00:00")),
)
def test_a_code_always_has_60_digits_that_give_its_parts_back(zoi: str, tax_number: str, moment: datetime) -> None:
    code = receipt_code(zoi=zoi, tax_number=tax_number, wall_time=moment)
    assert len(code) == 60
    assert code.isdigit()
    assert f"{int(code[:39]):032x}" == zoi
    assert code[39:47] == tax_number
    assert datetime.strptime(code[47:59], "%y%m%d%H%M%S") == moment.replace(microsecond=0)  # noqa: DTZ007 - a wall time has no zone
    assert sum(map(int, code[:59])) % 10 == int(code[59])


@pytest.mark.parametrize("tax_number", ["1234567", "123456789", "1234567x"])
def test_parts_that_do_not_fit_are_refused(tax_number: str) -> None:
    with pytest.raises(ValueError, match="code"):
        receipt_code(zoi="0" * 32, tax_number=tax_number, wall_time=datetime.fromisoformat("2026-01-01T00:00:00"))


@given(st.integers(-(10**16) + 1, 10**16 - 1))
def test_an_amount_keeps_every_cent(cents: int) -> None:
    text = amount_text(cents)
    assert text == str(decimal(cents))
    assert int(text.replace(".", "")) == cents
