"""Keeping certificates: the password-protected file in the database, its password in the secret store of the system.

Neither alone opens the key, and neither is ever written in plain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from sqlalchemy import delete, select
from sqlalchemy.engine import Connection

from fiscal.errors import CertificateError, NoCredential
from fiscal.slovenia.certificate import Credential, read_pkcs12
from fiscal.slovenia.environment import Mode
from fiscal.tables import credential, from_ms, to_ms

_COUNTRY: Final = "SI"


class SecretStore(Protocol):
    """Where passwords live: the keyring of the system, or what stands for it on a practice database."""

    def get(self, name: str) -> str | None:
        """The secret of that name, or None."""
        ...

    def put(self, name: str, secret: str) -> None:
        """Stores a secret, replacing one of that name."""
        ...

    def delete(self, name: str) -> None:
        """Forgets a secret; no error when there is none."""
        ...


class PasswordMissing(CertificateError):
    """The secret store no longer has the password of a stored certificate (another computer, a reset keyring)."""

    code = "certificate_password_missing"


@dataclass(frozen=True, slots=True)
class StoredCertificate:
    """What is shown of a stored certificate; `use_from` is when it takes over from an older one. Instants aware."""

    fingerprint: str
    tax_number: str
    subject: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    use_from: datetime


def import_certificate(
    connection: Connection,
    secrets: SecretStore,
    data: bytes,
    password: str,
    *,
    mode: Mode,
    tax_number: str | None,
    now: datetime,
    use_from: datetime | None = None,
) -> Credential:
    """Checks a PKCS#12 file and stores it; the same certificate again replaces the stored one.

    Args:
        tax_number: of the taxpayer (8 digits); None takes whatever the certificate names.
        use_from: when it takes over (aware); None: at once. A certificate of the future may be stored ahead.

    Raises:
        WrongPassword, TornFile, NoPrivateKey, NoTaxNumber, CertificateExpired, WrongTaxNumber, CertificateOfOtherMode:
            it cannot be used; nothing is stored.
    """
    loaded = read_pkcs12(data, password)
    facts = loaded.facts
    facts.check(mode=mode, at=max(now, facts.not_before), tax_number=tax_number)
    begins = max(use_from or now, facts.not_before)
    secrets.put(_secret_name(facts.fingerprint), password)
    connection.execute(delete(credential).where(credential.c.fingerprint == facts.fingerprint))
    connection.execute(
        credential.insert(),
        {
            "fingerprint": facts.fingerprint,
            "country": _COUNTRY,
            "pkcs12": data,
            "tax_number": facts.tax_number,
            "subject": facts.subject,
            "issuer": facts.issuer,
            "serial": str(facts.serial),
            "not_before": to_ms(facts.not_before),
            "not_after": to_ms(facts.not_after),
            "use_from": to_ms(begins),
            "added_at": to_ms(now),
        },
    )
    return Credential(facts=facts, use_from=begins, der=loaded.der, key=loaded.key, chain=loaded.chain)


def load_credentials(connection: Connection, secrets: SecretStore) -> tuple[Credential, ...]:
    """Loads every stored certificate, oldest first; about 50 ms each, so once per process.

    Raises `PasswordMissing` only when no certificate at all can be opened though some are stored.
    """
    loaded, closed = [], []
    query = select(credential).where(credential.c.country == _COUNTRY).order_by(credential.c.use_from)
    for row in connection.execute(query):
        password = secrets.get(_secret_name(row.fingerprint))
        if password is None:
            closed.append(row.fingerprint)
        else:
            loaded.append(read_pkcs12(row.pkcs12, password, use_from=from_ms(row.use_from)))
    if closed and not loaded:
        raise PasswordMissing(fingerprint=closed[-1])
    return tuple(loaded)


def stored_certificates(connection: Connection) -> list[StoredCertificate]:
    """The stored certificates, newest first; nothing is opened."""
    query = select(credential).where(credential.c.country == _COUNTRY).order_by(credential.c.use_from.desc())
    return [
        StoredCertificate(
            fingerprint=row.fingerprint,
            tax_number=row.tax_number,
            subject=row.subject,
            issuer=row.issuer,
            serial=row.serial,
            not_before=from_ms(row.not_before),
            not_after=from_ms(row.not_after),
            use_from=from_ms(row.use_from),
        )
        for row in connection.execute(query)
    ]


def remove_certificate(connection: Connection, secrets: SecretStore, fingerprint: str) -> None:
    """Forgets a stored certificate and its password. Raises `NoCredential` when there is none of that fingerprint."""
    gone = connection.execute(delete(credential).where(credential.c.fingerprint == fingerprint))
    if gone.rowcount == 0:
        raise NoCredential(fingerprint=fingerprint)
    secrets.delete(_secret_name(fingerprint))


def expiring(certificates: Sequence[StoredCertificate], now: datetime, *, days: int = 60) -> StoredCertificate | None:
    """The certificate that lasts longest if even that one ends within `days`, else None."""
    last = max(certificates, key=lambda one: one.not_after, default=None)
    return last if last is not None and (last.not_after - now).days < days else None


def _secret_name(fingerprint: str) -> str:
    return f"fiscal certificate {fingerprint}"
