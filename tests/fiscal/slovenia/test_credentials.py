"""Keeping certificates: the file in the database, the password elsewhere, the newer one taking over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from fiscal import errors
from fiscal.slovenia.credentials import (
    PasswordMissing,
    expiring,
    import_certificate,
    load_credentials,
    remove_certificate,
    stored_certificates,
)
from fiscal.slovenia.environment import Mode
from fiscal.slovenia.register import choose_credential
from fiscal.slovenia.standin.certificates import TAX_NUMBER, Authority, Identity


class Secrets(dict[str, str]):
    """A secret store in memory."""

    def put(self, name: str, secret: str) -> None:
        self[name] = secret

    def delete(self, name: str) -> None:
        self.pop(name, None)


NOW = datetime.now(UTC)


def _import(engine: Engine, secrets: Secrets, data: bytes, password: str = "geslo", **options: object) -> None:
    wanted = {"mode": Mode.PRACTICE, "tax_number": TAX_NUMBER, "now": NOW, **options}
    with engine.begin() as connection:
        import_certificate(connection, secrets, data, password, **wanted)  # type: ignore[arg-type]  # as the test says


def test_a_certificate_comes_back(engine: Engine, authority: Authority, taxpayer: Identity) -> None:
    secrets = Secrets()
    _import(engine, secrets, taxpayer.pkcs12("geslo", issuer=authority.tax_ca))
    _import(engine, secrets, taxpayer.pkcs12("drugo", issuer=authority.tax_ca), "drugo")  # again: replaces
    with engine.connect() as connection:
        (loaded,) = load_credentials(connection, secrets)
        (shown,) = stored_certificates(connection)
        dump = str(connection.execute(text("SELECT * FROM fiscal_credential")).all())
    assert loaded.key.private_numbers() == taxpayer.key.private_numbers()  # type: ignore[union-attr]  # RSA both
    assert shown.tax_number == TAX_NUMBER
    assert shown.serial == str(taxpayer.certificate.serial_number)
    assert list(secrets.values()) == ["drugo"]
    assert "drugo" not in dump
    assert "PRIVATE KEY" not in dump


def test_what_cannot_be_used_is_not_stored(engine: Engine, authority: Authority, taxpayer: Identity) -> None:
    data = taxpayer.pkcs12("geslo", issuer=authority.tax_ca)
    past = authority.taxpayer(not_before=NOW - timedelta(9), not_after=NOW - timedelta(1))
    production = authority.taxpayer(unit="DavPotRac").pkcs12("geslo", issuer=authority.tax_ca)
    cases = [
        (data, {"password": "x"}, errors.WrongPassword),
        (data[:99], {}, errors.TornFile),
        (data, {"tax_number": "10000020"}, errors.WrongTaxNumber),
        (data, {"mode": Mode.LIVE}, errors.CertificateOfOtherMode),
        (production, {}, errors.CertificateOfOtherMode),
        (past.pkcs12("geslo", issuer=authority.tax_ca), {}, errors.CertificateExpired),
    ]
    secrets = Secrets()
    for file, options, error in cases:
        with pytest.raises(error):
            _import(engine, secrets, file, **options)  # type: ignore[arg-type]  # as the table says
    with engine.connect() as connection:
        assert stored_certificates(connection) == []
    assert secrets == {}


def test_a_lost_password_is_said(engine: Engine, authority: Authority, taxpayer: Identity) -> None:
    _import(engine, Secrets(), taxpayer.pkcs12("geslo", issuer=authority.tax_ca))
    with engine.connect() as connection, pytest.raises(PasswordMissing):
        load_credentials(connection, Secrets())


def test_the_newer_takes_over_and_the_older_can_go(engine: Engine, authority: Authority, taxpayer: Identity) -> None:
    secrets = Secrets()
    future = authority.taxpayer(ordinal=2, not_before=NOW + timedelta(5), not_after=NOW + timedelta(50))
    _import(engine, secrets, taxpayer.pkcs12("geslo", issuer=authority.tax_ca))
    _import(engine, secrets, future.pkcs12("geslo", issuer=authority.tax_ca))
    with engine.begin() as connection:
        loaded = load_credentials(connection, secrets)
        chosen = [
            choose_credential(loaded, mode=Mode.PRACTICE, tax_number=None, at=NOW + timedelta(days=days)).facts.serial
            for days in (0, 6, 60)
        ]
        old, new = taxpayer.certificate.serial_number, future.certificate.serial_number
        assert chosen == [old, new, old]
        assert [one.serial for one in stored_certificates(connection)] == [str(new), str(old)]
        remove_certificate(connection, secrets, loaded[0].facts.fingerprint)
        (left,) = stored_certificates(connection)
        assert left.serial == str(new)
        assert expiring([left], NOW) == left
        assert expiring([left], NOW - timedelta(days=30)) is None
        with pytest.raises(errors.NoCredential):
            remove_certificate(connection, secrets, loaded[0].facts.fingerprint)
    assert len(secrets) == 1
