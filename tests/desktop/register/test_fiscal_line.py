"""The line to the authority as it is set up: address and anchors of the right world, certificates, and the premise's message."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from desktop.database.history import audit_trail
from desktop.errors import InvalidInput, Refused
from desktop.register.company import set_company
from desktop.register.fiscal_line import (
    add_certificate,
    drop_certificate,
    fiscal_backlog,
    list_certificates,
    load_fiscal_line,
    premise_message,
    read_certificate,
    set_fiscal_line,
)
from desktop.register.series import Building, PremiseEntry, PremiseKind, set_premise
from fiscal.slovenia.environment import TEST_URL
from fiscal.slovenia.premises import MovableKind, RealEstate
from fiscal.slovenia.standin.certificates import TAX_NUMBER, Authority
from tests.desk import START, TestDesk
from tests.desktop.salon import COMPANY, Salon, service
from tests.desktop.screen import MemorySecrets


def p12(certificates: Authority) -> bytes:
    taxpayer = certificates.taxpayer(not_before=START - timedelta(days=30), not_after=START + timedelta(days=900))
    return taxpayer.pkcs12("geslo", issuer=certificates.tax_ca)


def test_nothing_is_set_up_at_first(desk: TestDesk) -> None:
    line = desk.read(load_fiscal_line, MemorySecrets())
    assert (line.settings, line.credentials, line.endpoint, line.anchors) == (None, (), None, None)
    with pytest.raises(Refused, match=r"register\.no_company"):
        desk.read(premise_message)
    desk.write(set_company, COMPANY)
    with pytest.raises(Refused, match=r"register\.no_premise"):
        desk.read(premise_message)


def test_an_empty_address_is_the_authoritys_own_and_old_anchors_stay(desk: TestDesk, certificates: Authority) -> None:
    assert desk.write(set_fiscal_line, " ", None).url == TEST_URL
    desk.write(set_fiscal_line, "https://127.0.0.1:9002", certificates.anchors_pem)
    desk.write(set_fiscal_line, "https://127.0.0.1:9003", None)
    line = desk.read(load_fiscal_line, MemorySecrets())
    assert line.endpoint is not None
    assert line.endpoint.url == "https://127.0.0.1:9003"
    assert line.anchors is not None


@pytest.mark.parametrize(
    ("url", "pem", "field"),
    [
        ("http://127.0.0.1:9002", None, "url"),
        ("naslov", None, "url"),
        ("", b"", "anchors"),
        ("", b"\xff\x00 no certificate", "anchors"),
        ("", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "anchors"),
    ],
)
def test_what_is_no_line_is_refused_at_its_field(desk: TestDesk, url: str, pem: bytes | None, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        desk.write(set_fiscal_line, url, pem)
    assert refusal.value.field == field
    assert desk.read(load_fiscal_line, MemorySecrets()).endpoint is None


def test_a_certificate_comes_and_goes_with_its_password_and_is_on_record_without_it(
    desk: TestDesk, certificates: Authority
) -> None:
    secrets = MemorySecrets()
    desk.write(set_company, COMPANY)
    added = desk.write(add_certificate, p12(certificates), "geslo", secrets)
    assert list(secrets.kept.values()) == ["geslo"]
    [loaded] = desk.read(load_fiscal_line, secrets).credentials
    assert loaded.facts.fingerprint == added.fingerprint
    assert desk.read(load_fiscal_line, MemorySecrets()).credentials == ()  # on a computer without the password
    assert "geslo" not in repr(desk.read(audit_trail))
    desk.write(drop_certificate, added.fingerprint, secrets)
    assert (secrets.kept, desk.read(list_certificates)) == ({}, [])
    with pytest.raises(Refused, match=r"fiscal\.no_certificate"):
        desk.write(drop_certificate, added.fingerprint, secrets)


@pytest.mark.parametrize("size", [0, 1, 100, 1000, -1])
def test_a_torn_certificate_is_said_at_its_field(desk: TestDesk, certificates: Authority, size: int) -> None:
    secrets = MemorySecrets()
    torn = p12(certificates)[:size]
    for refused in (
        lambda: desk.write(add_certificate, torn, "geslo", secrets),
        lambda: read_certificate(torn, "geslo"),
    ):
        with pytest.raises(InvalidInput) as refusal:
            refused()
        assert (refusal.value.field, refusal.value.code) == ("certificate", "fiscal.torn_file")
    assert (secrets.kept, desk.read(list_certificates)) == ({}, [])


def test_the_message_of_a_premise_says_what_was_set_up(desk: TestDesk) -> None:
    desk.write(set_company, COMPANY)
    place = Building(365, 12, 3, "Čopova ulica", "5", "", "Ljubljana", "Ljubljana", "1000")
    desk.write(set_premise, PremiseEntry("PE1", PremiseKind.BUILDING, date(2026, 1, 1), place))
    said = desk.read(premise_message)
    assert (said.mark, said.tax_number, said.valid_from) == ("PE1", TAX_NUMBER, date(2026, 1, 1))
    assert said.place == RealEstate(365, 12, 3, "Čopova ulica", "5", "Ljubljana", "Ljubljana", "1000", None)
    desk.write(set_premise, PremiseEntry("PE1", PremiseKind.KIOSK, date(2026, 1, 1)))
    assert desk.read(premise_message).place is MovableKind.PERMANENT_PLACE


def test_the_backlog_names_what_waits(salon: Salon) -> None:
    assert salon.desk.read(fiscal_backlog).waiting == 0
    issued = salon.sell(service())
    backlog = salon.desk.read(fiscal_backlog)
    assert (backlog.waiting, backlog.refused, [one.document_id for one in backlog.documents]) == (1, 0, [issued.id])
