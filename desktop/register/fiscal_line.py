"""The line to the tax authority: its address, what is trusted, the certificates and the premise's registration.

Practice databases use a stand-in or the authority's test environment, live ones production and nothing else; the fiscal
package refuses what does not fit (feed rules, section 9).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.database.events import record_event
from desktop.database.feed import DeviceStamp, LocalSetting
from desktop.database.settings import local_setting, set_local_setting
from desktop.errors import InvalidInput, Refused
from desktop.register.company import require_company, show_company
from desktop.register.series import PremiseKind, show_premise
from fiscal.errors import CertificateError, FiscalError, WrongMode
from fiscal.journal import pending, pending_count
from fiscal.port import Confirmation
from fiscal.slovenia.certificate import Credential, read_pkcs12
from fiscal.slovenia.credentials import (
    SecretStore,
    StoredCertificate,
    import_certificate,
    load_credentials,
    remove_certificate,
    stored_certificates,
)
from fiscal.slovenia.environment import PRODUCTION_URL, TEST_URL, Endpoint, Mode
from fiscal.slovenia.premise import confirmed_at, registered
from fiscal.slovenia.premises import MovableKind, Premise, RealEstate
from fiscal.slovenia.register import RegisterSettings
from fiscal.slovenia.trust import Anchors

_URL = "register.fiscal_url"
_ANCHORS = "register.fiscal_anchors"


@dataclass(frozen=True, slots=True)
class FiscalLine:
    """Everything that the fiscal service is built from.

    Attributes:
        settings: of the register; None before the company is set up.
        credentials: loaded certificates, oldest first; empty when there is none or no password for them.
        endpoint, anchors: where messages go and what answers are trusted; None while they are not set up.
        registered: marks of registered premises.
    """

    settings: RegisterSettings | None
    credentials: tuple[Credential, ...]
    endpoint: Endpoint | None
    anchors: Anchors | None
    registered: frozenset[str]


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits for the authority: counts, and the first 256 documents."""

    waiting: int
    refused: int
    documents: tuple[Confirmation, ...]


def mode_of(action: Action) -> Mode:
    """The world that this database belongs to."""
    return Mode.PRACTICE if action.desk.practice else Mode.LIVE


def set_fiscal_line(session: Session, action: Action, url: str, anchors_pem: bytes | None) -> Endpoint:
    """Sets the address ("" for the authority's own) and the trust anchors (None keeps them).

    Raises `InvalidInput` with field ``url`` or ``anchors`` for what does not belong to this database's world.
    """
    action.actor.require(Permission.EDIT_SETTINGS)
    mode = mode_of(action)
    try:
        endpoint = Endpoint(url.strip() or (TEST_URL if action.desk.practice else PRODUCTION_URL), mode)
    except WrongMode as error:
        raise InvalidInput("url", f"fiscal.{error.code}") from error
    if anchors_pem is not None:
        try:
            Anchors.from_pem(anchors_pem, mode)
        except FiscalError as error:
            raise InvalidInput("anchors", f"fiscal.{error.code}") from error
        known = local_setting(session, _ANCHORS, "")
        pem = anchors_pem.decode("ascii", "replace")
        if pem not in known:
            # Earlier anchors stay: the answers in the journal are verified against the anchors of their day.
            set_local_setting(session, _ANCHORS, f"{pem}\n{known}")
    set_local_setting(session, _URL, endpoint.url)
    return endpoint


def stored_anchors(connection: Connection) -> tuple[Anchors | None, str]:
    """For `pult verify`: the anchors that answers are verified against, and the common name of their signer."""
    practice = connection.execute(select(DeviceStamp.mode)).scalar_one() == Mode.PRACTICE.value
    mode = Mode.PRACTICE if practice else Mode.LIVE
    pem = connection.execute(select(LocalSetting.value).where(LocalSetting.key == _ANCHORS)).scalar()
    return (Anchors.from_pem(str(pem).encode(), mode) if pem else None), mode.signer


def load_fiscal_line(session: Session, action: Action, secrets: SecretStore) -> FiscalLine:
    """Loads everything that the fiscal service needs; certificates take some 50 ms each."""
    mode = mode_of(action)
    company = show_company(session, action)
    settings = None
    if company is not None:
        settings = RegisterSettings(mode, action.desk.shop, action.desk.device, company.tax_number)
    url = local_setting(session, _URL, "")
    pem = local_setting(session, _ANCHORS, "")
    try:
        credentials = load_credentials(session.connection(), secrets)
    except CertificateError:
        credentials = ()  # `validate` says so at the sale, the certificate page shows which password is missing
    return FiscalLine(
        settings,
        credentials,
        Endpoint(url, mode) if url else None,
        Anchors.from_pem(pem.encode(), mode) if pem else None,
        registered(session.connection()),
    )


def add_certificate(
    session: Session, action: Action, data: bytes, password: str, secrets: SecretStore
) -> StoredCertificate:
    """Stores a PKCS#12 file. Raises `InvalidInput` with field ``password`` or ``certificate`` and the reason."""
    action.actor.require(Permission.EDIT_SETTINGS)
    company = show_company(session, action)
    tax_number = company.tax_number if company else None
    connection = session.connection()
    try:
        added = import_certificate(
            connection, secrets, data, password, mode=mode_of(action), tax_number=tax_number, now=action.now
        )
    except CertificateError as error:
        field = "password" if error.code == "wrong_password" else "certificate"
        raise InvalidInput(field, f"fiscal.{error.code}", **error.values) from error
    record_event(session, action, "register.certificate_added", details={"fingerprint": added.facts.fingerprint})
    return next(one for one in stored_certificates(connection) if one.fingerprint == added.facts.fingerprint)


def read_certificate(data: bytes, password: str) -> Credential:
    """What a PKCS#12 file holds (`facts` name the taxpayer), before anything is stored. Raises `InvalidInput` as `add_certificate`."""
    try:
        return read_pkcs12(data, password)
    except CertificateError as error:
        field = "password" if error.code == "wrong_password" else "certificate"
        raise InvalidInput(field, f"fiscal.{error.code}", **error.values) from error


def drop_certificate(session: Session, action: Action, fingerprint: str, secrets: SecretStore) -> str:
    """Forgets a stored certificate and its password."""
    action.actor.require(Permission.EDIT_SETTINGS)
    try:
        remove_certificate(session.connection(), secrets, fingerprint)
    except FiscalError as error:
        raise Refused(f"fiscal.{error.code}") from error
    record_event(session, action, "register.certificate_dropped", details={"fingerprint": fingerprint})
    return fingerprint


def list_certificates(session: Session, action: Action) -> list[StoredCertificate]:
    """The stored certificates, the newest first."""
    return stored_certificates(session.connection())


def premise_message(session: Session, action: Action) -> Premise:
    """The premise as the authority wants it. Raises `Refused` ``register.no_premise`` or ``register.no_company``."""
    company = require_company(session, action)
    entry = show_premise(session, action)
    if entry is None:
        raise Refused("register.no_premise")
    place: RealEstate | MovableKind
    if entry.kind is PremiseKind.BUILDING and entry.building is not None:
        building = entry.building
        place = RealEstate(
            building.cadastral,
            building.building,
            building.section,
            building.street,
            building.house_number,
            building.community,
            building.city,
            building.post_code,
            building.house_number_additional or None,
        )
    else:
        place = MovableKind(entry.kind.value)
    return Premise(entry.code, company.tax_number, place, entry.valid_from, supplier_tax_number=company.tax_number)


def premise_confirmed_at(session: Session, action: Action, premise: Premise, content: str) -> datetime | None:
    """When the authority accepted the premise with exactly this content; None where it did not, or something else since."""
    return confirmed_at(session.connection(), premise, content)


def fiscal_backlog(session: Session, action: Action) -> Backlog:
    """What waits for the authority and what it refused."""
    connection = session.connection()
    waiting, refused = pending_count(connection)
    return Backlog(waiting, refused, tuple(pending(connection)))
