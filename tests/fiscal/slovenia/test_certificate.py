"""Certificates: what opens, what is refused and with which word."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, PrivateFormat, pkcs12
from hypothesis import given
from hypothesis import strategies as st

from fiscal import errors
from fiscal.slovenia.certificate import Credential, read_facts, read_pkcs12
from fiscal.slovenia.environment import Mode
from fiscal.slovenia.standin.certificates import TAX_NUMBER, Authority, Identity
from tests.fiscal.world import OFFICIAL

DEMO = OFFICIAL / "certs" / "demo_podjetje.p12"


@pytest.fixture(scope="session")
def file(authority: Authority, taxpayer: Identity) -> bytes:
    return taxpayer.pkcs12("geslo", issuer=authority.tax_ca)


def test_the_facts_of_a_taxpayer(credential: Credential, taxpayer: Identity) -> None:
    facts = credential.facts
    assert facts.tax_number == TAX_NUMBER
    assert facts.name == "TESTNO PODJETJE ŠČŽ"
    assert facts.subject == (
        f"CN=TESTNO PODJETJE ŠČŽ,2.5.4.5=#130131,OU={TAX_NUMBER},OU=DavPotRacTEST,O=state-institutions,C=SI"
    )
    assert facts.issuer == "CN=Tax CA Test,O=state-institutions,C=SI"
    assert facts.serial == taxpayer.certificate.serial_number
    assert not facts.production


@pytest.mark.skipif(not DEMO.exists(), reason="the shared test data is absent: the public test certificate")
def test_the_old_ciphers_of_the_authority_open() -> None:
    facts = read_pkcs12(DEMO.read_bytes(), "Geslo123#").facts
    assert (facts.tax_number, facts.serial, facts.name) == ("10039856", 6051472362733128891, "TESTNO PODJETJE 104")
    assert facts.subject == (
        "CN=TESTNO PODJETJE 104,2.5.4.5=#130131,OU=10039856,OU=DavPotRacTEST,O=state-institutions,C=SI"
    )


def test_triple_des_opens(authority: Authority, taxpayer: Identity) -> None:
    old = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(1024)
        .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .hmac_hash(hashes.SHA1())
        .build(b"geslo")
    )
    data = taxpayer.pkcs12("geslo", issuer=authority.tax_ca, encryption=old)
    assert read_pkcs12(data, "geslo").facts.tax_number == TAX_NUMBER


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("ITM STORITVE, ŠPELA PERGAR S.P.", "ITM STORITVE\\, ŠPELA PERGAR S.P."),
        ('Salon "Ž" + <d;o>', 'Salon \\"Ž\\" \\+ \\<d\\;o\\>'),
        ("#1", "\\#1"),
        ("Salon\\Ž", "Salon\\\\Ž"),
    ],
)
def test_names_are_written_as_java_writes_them(authority: Authority, name: str, written: str) -> None:
    facts = read_facts(authority.taxpayer(name=name, ordinal=12).certificate)
    assert facts.subject.startswith(f"CN={written},2.5.4.5=#13023132,OU=")


@pytest.mark.parametrize("serial", [1, 127, 128, 2**53 + 1, 2**64 - 1, 64766398760318685497656163882, 2**159 - 1])
def test_serials_of_any_size(authority: Authority, serial: int) -> None:
    assert read_facts(authority.taxpayer(serial=serial).certificate).serial == serial


def test_a_wrong_password(file: bytes) -> None:
    with pytest.raises(errors.WrongPassword):
        read_pkcs12(file, "Geslo")


@given(st.floats(0, 0.999))
def test_a_file_cut_anywhere_is_torn(file: bytes, part: float) -> None:
    with pytest.raises(errors.TornFile):
        read_pkcs12(file[: int(len(file) * part)], "geslo")


@given(place=st.integers(0), value=st.integers(1, 255))
def test_a_damaged_file_is_refused_or_harmless(file: bytes, place: int, value: int) -> None:
    damaged = bytearray(file)
    damaged[place % len(file)] ^= value
    try:
        credential = read_pkcs12(bytes(damaged), "geslo")
    except errors.CertificateError:
        return
    assert credential.facts.tax_number == TAX_NUMBER


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"-----BEGIN CERTIFICATE-----\n", b"0\x82\xff\xff"])
def test_something_else_is_no_certificate_file(data: bytes) -> None:
    with pytest.raises(errors.TornFile):
        read_pkcs12(data, "geslo")


def test_a_file_without_a_key(authority: Authority, taxpayer: Identity) -> None:
    data = pkcs12.serialize_key_and_certificates(
        None, None, taxpayer.certificate, [authority.tax_ca.certificate], BestAvailableEncryption(b"geslo")
    )
    with pytest.raises(errors.NoPrivateKey):
        read_pkcs12(data, "geslo")


def test_a_key_that_cannot_sign_receipts(authority: Authority) -> None:
    data = Identity(authority.tax_ca.certificate, authority.tax_ca.key).pkcs12("geslo", issuer=authority.root)
    with pytest.raises(errors.NoPrivateKey):
        read_pkcs12(data, "geslo")


def test_a_certificate_of_somebody_else_beside_the_key(authority: Authority, taxpayer: Identity) -> None:
    """The first certificate in the file is another's: the one that belongs to the key is taken."""
    other = authority.taxpayer("10000020")
    for certificates in ([other, taxpayer], [taxpayer, other]):
        data = pkcs12.serialize_key_and_certificates(
            None, taxpayer.key, None, [one.certificate for one in certificates], BestAvailableEncryption(b"geslo")
        )
        assert read_pkcs12(data, "geslo").facts.tax_number == TAX_NUMBER


def test_a_key_with_the_certificate_of_somebody_else_alone(authority: Authority, taxpayer: Identity) -> None:
    other = authority.taxpayer("10000020").certificate
    data = pkcs12.serialize_key_and_certificates(None, taxpayer.key, None, [other], BestAvailableEncryption(b"geslo"))
    with pytest.raises(errors.NoPrivateKey):
        read_pkcs12(data, "geslo")


def test_the_second_unit_is_the_tax_number(authority: Authority) -> None:
    assert read_facts(authority.taxpayer(unit="87654321").certificate).tax_number == TAX_NUMBER


def test_a_certificate_without_a_taxpayer(authority: Authority) -> None:
    with pytest.raises(errors.NoTaxNumber):
        read_facts(authority.signer.certificate)


def test_dates(authority: Authority) -> None:
    now = datetime.now(UTC)
    past = read_facts(authority.taxpayer(not_before=now - timedelta(9), not_after=now - timedelta(1)).certificate)
    with pytest.raises(errors.CertificateExpired):
        past.check(mode=Mode.PRACTICE, at=now)
    past.check(mode=Mode.PRACTICE, at=now - timedelta(2))
    future = read_facts(authority.taxpayer(not_before=now + timedelta(1)).certificate)
    with pytest.raises(errors.CertificateNotYetValid):
        future.check(mode=Mode.PRACTICE, at=now)


def test_another_taxpayer(credential: Credential) -> None:
    with pytest.raises(errors.WrongTaxNumber) as caught:
        credential.facts.check(mode=Mode.PRACTICE, at=datetime.now(UTC), tax_number="10000020")
    assert caught.value.values == {"expected": "10000020", "found": TAX_NUMBER}


def test_practice_and_live_never_meet(authority: Authority, credential: Credential) -> None:
    now = datetime.now(UTC)
    with pytest.raises(errors.CertificateOfOtherMode):
        credential.facts.check(mode=Mode.LIVE, at=now)
    production = read_facts(authority.taxpayer(unit="DavPotRac").certificate)
    assert production.production
    production.check(mode=Mode.LIVE, at=now)
    with pytest.raises(errors.CertificateOfOtherMode):
        production.check(mode=Mode.PRACTICE, at=now)


@pytest.mark.parametrize("name", ["Tax CA", "TaxCA", "TAX CA"])
def test_the_production_issuer_alone_makes_it_production(name: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATIONAL_UNIT_NAME, unit) for unit in ("x", TAX_NUMBER)])
    issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), 5, now, now + timedelta(1))
    assert read_facts(builder.sign(key, hashes.SHA256())).production
