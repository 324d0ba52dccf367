"""The taxpayer's certificate with its key: read from a PKCS#12 file, checked, and ready to sign.

Facts: subject (in the order of the file) C=SI, O=state-institutions, OU=DavPotRac or DavPotRacTEST, OU=tax number,
serialNumber, CN; issued by Tax CA or Tax CA Test; RSA. FURS delivers the files with old ciphers (RC2-40, 3DES) and the
certificate of the CA inside. Source: FURS technical specification v3.2, sections 2 and 8.1, and its test certificates.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from cryptography.x509.oid import NameOID

from fiscal.errors import (
    CertificateExpired,
    CertificateNotYetValid,
    CertificateOfOtherMode,
    NoPrivateKey,
    NoTaxNumber,
    TornFile,
    WrongPassword,
    WrongTaxNumber,
)
from fiscal.slovenia.der import is_whole_pkcs12, subject_and_issuer
from fiscal.slovenia.environment import Mode


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What is shown of a certificate.

    Attributes:
        fingerprint: SHA-256 of the DER form, lower-case hex.
        tax_number: 8 digits, of the taxpayer it was issued to.
        subject, issuer: in Java's form (RFC 2253), as the message header carries them.
        production: it was issued by the production Tax CA.
    """

    fingerprint: str
    name: str
    tax_number: str
    subject: str
    issuer: str
    serial: int
    not_before: datetime
    not_after: datetime
    production: bool

    def check(self, *, mode: Mode, at: datetime, tax_number: str | None = None) -> None:
        """Raises the `CertificateError` that stands against using this certificate at `at` (aware) for `tax_number`."""
        if self.production is not (mode is Mode.LIVE):
            raise CertificateOfOtherMode(mode=mode.value, issuer=self.issuer)
        if tax_number is not None and self.tax_number != tax_number:
            raise WrongTaxNumber(expected=tax_number, found=self.tax_number)
        if at < self.not_before:
            raise CertificateNotYetValid(not_before=self.not_before.date().isoformat())
        if at > self.not_after:
            raise CertificateExpired(not_after=self.not_after.date().isoformat())


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate and its private key, loaded; `use_from` is when it takes over from an older one."""

    facts: CertificateFacts
    use_from: datetime
    der: bytes = field(repr=False)
    key: RSAPrivateKey = field(repr=False)
    chain: tuple[x509.Certificate, ...] = field(repr=False, default=())


def read_pkcs12(data: bytes, password: str, *, use_from: datetime | None = None) -> Credential:
    """Opens a PKCS#12 file. Does not judge dates, taxpayer or environment: that is `CertificateFacts.check`.

    Raises:
        TornFile: cut short, or no PKCS#12 at all.
        WrongPassword: the password does not open it.
        NoPrivateKey: no RSA key, or no certificate for it.
        NoTaxNumber: the certificate names no taxpayer.
    """
    if not is_whole_pkcs12(data):
        raise TornFile(size=len(data))
    try:
        opened = pkcs12.load_pkcs12(data, password.encode())
    except ValueError as error:
        # The library says the same of a wrong password and of damaged content, except when the structure itself breaks.
        if "password" in str(error).lower() or "mac" in str(error).lower():
            raise WrongPassword from None
        raise TornFile(size=len(data)) from None
    except Exception as error:  # noqa: BLE001 - a damaged file makes the parser raise types of its own
        raise TornFile(size=len(data), cause=type(error).__name__) from None
    key = opened.key
    if not isinstance(key, RSAPrivateKey):
        raise NoPrivateKey
    bags = [bag for bag in (opened.cert, *opened.additional_certs) if bag is not None]
    certificates = [bag.certificate for bag in bags]
    own = next((one for one in certificates if one.public_key() == key.public_key()), None)
    if own is None:
        raise NoPrivateKey
    facts = read_facts(own)
    return Credential(
        facts=facts,
        use_from=use_from or facts.not_before,
        der=own.public_bytes(Encoding.DER),
        key=key,
        chain=tuple(one for one in certificates if one is not own),
    )


def read_facts(certificate: x509.Certificate) -> CertificateFacts:
    """The facts of a taxpayer's certificate. Raises `NoTaxNumber` when it names no taxpayer."""
    der = certificate.public_bytes(Encoding.DER)
    subject, issuer, serial = subject_and_issuer(der)
    units = [str(unit.value) for unit in certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)]
    # The second unit is the tax number; units of another count are read for the one that looks like it.
    numbers = [unit for unit in units[1:] + units[:1] if len(unit) == 8 and unit.isascii() and unit.isdigit()]
    if not numbers:
        raise NoTaxNumber(subject=subject)
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    issuers = certificate.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    issuer_is_production = any(str(one.value).replace(" ", "").lower() == "taxca" for one in issuers)
    return CertificateFacts(
        fingerprint=hashlib.sha256(der).hexdigest(),
        name=str(names[0].value) if names else "",
        tax_number=numbers[0],
        subject=subject,
        issuer=issuer,
        serial=serial,
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        # Either mark of production is enough: in doubt a practice database refuses it.
        production=issuer_is_production or units[:1] == ["DavPotRac"],
    )
