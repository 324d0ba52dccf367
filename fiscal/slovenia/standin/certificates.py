"""The certificates of the stand-in's world, made anew each time: server side, answer signer and taxpayers.

Their layout follows the real ones: the server's and the signer's are issued by an intermediate below a root; taxpayers'
by ``Tax CA Test`` with subject C, O, OU=DavPotRacTEST, OU=tax number, serialNumber, CN. Taxpayer and signer keys are
RSA-2048 as in reality; the others are elliptic, which is quicker to make and changes nothing that is tested.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

#: A tax number with a right check digit that is used for tests alone.
TAX_NUMBER: Final = "10000038"

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    def key_pem(self, encryption: KeySerializationEncryption | None = None) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())

    def pkcs12(self, password: str, *, issuer: Identity, encryption: KeySerializationEncryption | None = None) -> bytes:
        """As a taxpayer gets it: key, certificate and the certificate of its issuer, under a password."""
        return pkcs12.serialize_key_and_certificates(
            b"taxpayer",
            self.key,
            self.certificate,
            [issuer.certificate],
            encryption or BestAvailableEncryption(password.encode()),
        )


def _name(*parts: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def _authority_name(name: str) -> x509.Name:
    return _name((NameOID.COUNTRY_NAME, "SI"), (NameOID.ORGANIZATION_NAME, "test"), (NameOID.COMMON_NAME, name))


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _issue(
    subject: x509.Name,
    *,
    issuer: Identity | None,
    authority: bool = False,
    rsa_key: bool = False,
    server: bool = False,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
    serial: int | None = None,
) -> Identity:
    key: Key = rsa.generate_private_key(65537, 2048) if rsa_key else ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(not_before or now - timedelta(days=1))
        .not_valid_after(not_after or now + timedelta(days=5 * 365))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(_usage(signs=authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    signer = issuer.key if issuer else key
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
    )
    if server:
        names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return Identity(builder.sign(signer, hashes.SHA256()), key)


@dataclass(frozen=True, slots=True)
class Authority:
    """Everything the stand-in needs: root, intermediate, server, answer signer, and the issuer of taxpayers."""

    root: Identity
    intermediate: Identity
    server: Identity
    signer: Identity
    tax_ca: Identity

    @property
    def anchors_pem(self) -> bytes:
        """What a client trusts: the root and the intermediate."""
        return self.root.pem + self.intermediate.pem

    def taxpayer(
        self,
        tax_number: str = TAX_NUMBER,
        *,
        name: str = "TESTNO PODJETJE ŠČŽ",
        ordinal: int = 1,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
        serial: int | None = None,
        unit: str = "DavPotRacTEST",
    ) -> Identity:
        """A certificate for a taxpayer. `serial` may be of any size up to 20 octets."""
        subject = _name(
            (NameOID.COUNTRY_NAME, "SI"),
            (NameOID.ORGANIZATION_NAME, "state-institutions"),
            (NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
            (NameOID.ORGANIZATIONAL_UNIT_NAME, tax_number),
            (NameOID.SERIAL_NUMBER, str(ordinal)),
            (NameOID.COMMON_NAME, name),
        )
        return _issue(
            subject, issuer=self.tax_ca, rsa_key=True, not_before=not_before, not_after=not_after, serial=serial
        )

    def answer_signer(
        self,
        common_name: str = "DavPotRacTEST",
        *,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> Identity:
        """A further signer below the same intermediate, for the faults."""
        return _signer(self.intermediate, common_name, not_before, not_after)


def _signer(
    issuer: Identity, common_name: str, not_before: datetime | None = None, not_after: datetime | None = None
) -> Identity:
    subject = _name(
        (NameOID.COUNTRY_NAME, "SI"),
        (NameOID.ORGANIZATION_NAME, "state authorities"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "systems"),
        (NameOID.COMMON_NAME, common_name),
    )
    return _issue(subject, issuer=issuer, rsa_key=True, not_before=not_before, not_after=not_after)


def make_authority(tax_ca_name: str = "Tax CA Test") -> Authority:
    """A fresh world of certificates."""
    root = _issue(_authority_name("Stand-in Root"), issuer=None, authority=True)
    intermediate = _issue(_authority_name("Stand-in SIGOV-CA"), issuer=root, authority=True)
    server = _issue(
        _name((NameOID.COUNTRY_NAME, "SI"), (NameOID.COMMON_NAME, "localhost")), issuer=intermediate, server=True
    )
    tax_ca = _issue(
        _name(
            (NameOID.COUNTRY_NAME, "SI"),
            (NameOID.ORGANIZATION_NAME, "state-institutions"),
            (NameOID.COMMON_NAME, tax_ca_name),
        ),
        issuer=None,
        authority=True,
    )
    return Authority(
        root=root,
        intermediate=intermediate,
        server=server,
        signer=_signer(intermediate, "DavPotRacTEST"),
        tax_ca=tax_ca,
    )
