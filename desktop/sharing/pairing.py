"""Whether this desk shares its books, and with which server: kept on this desk alone, its key among the secrets."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.database.events import record_event
from desktop.database.incoming import number
from desktop.database.renewal import renew_device
from desktop.database.settings import local_setting, set_local_setting
from desktop.database.state import begin_pairing, paired
from desktop.entry import line
from desktop.errors import InvalidInput, Refused

#: Under which name the secrets keep this desk's private key (Ed25519, 32 bytes as hex).
KEY = "key of this desk for the backend"
_SETTING = "sharing.pairing"
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Pairing:
    """How this desk is paired.

    Attributes:
        url: of the server, without a slash at its end.
        tenant: the server's name for the salon, 32 hex digits.
        salon, desk: what people call the salon and this desk.
        trust: certificates (PEM) that the server's own is checked against; "": what this system trusts.
        paused: nothing is sent or fetched until somebody ends the pause.
        stopped: why this desk may not work any more (``revoked``, ``forked``), "" while it may.
        unshared: how many of its operations the server had not judged when it stopped.
        server_key: the key (hex) that the server signs snapshots with, as it was told at pairing.
    """

    url: str
    tenant: str
    salon: str
    desk: str
    trust: str = ""
    paused: bool = False
    stopped: str = ""
    unshared: int = 0
    server_key: str = ""


@dataclass(frozen=True, slots=True)
class PairingEntry:
    """What an admin types to pair a desk. `code` has eight digits, spaces and hyphens do not count."""

    url: str
    code: str
    desk: str
    trust: str = ""


def check_entry(entry: PairingEntry) -> PairingEntry:
    """What was typed in its plain form.

    Raises `InvalidInput`: ``sharing.url`` (not https; http only on this machine), ``sharing.code``, ``entry.*`` for the desk.
    """
    code = "".join(one for one in entry.code if one not in " -\u00a0")
    if len(code) != 8 or not code.isascii() or not code.isdigit():
        raise InvalidInput("code", "sharing.code")
    return PairingEntry(_address(entry.url), code, line(entry.desk, "desk", required=True)[:100], entry.trust.strip())


def show_pairing(session: Session, action: Action) -> Pairing | None:
    """How this desk is paired; None while it keeps its books alone."""
    stored = local_setting(session, _SETTING)
    return Pairing(**stored) if stored else None


def last_operation(session: Session, action: Action) -> tuple[int, str]:
    """Number and hash of this desk's last operation: what it did until then goes up as state."""
    return begin_pairing(session.connection(), action.desk.device)


def keep_pairing(session: Session, action: Action, pairing: Pairing, n: int) -> Pairing:
    """Notes that this desk is paired, with its outbox behind operation `n`."""
    action.actor.require(Permission.EDIT_SETTINGS)
    paired(session.connection(), n, pairing.server_key)
    set_local_setting(session, _SETTING, asdict(pairing))
    record_event(session, action, "sharing.paired", details={"url": pairing.url, "tenant": pairing.tenant})
    return pairing


def keep_forked(session: Session, action: Action, pairing: Pairing) -> Pairing:
    """Notes that the server knows more of this desk than this file, which has to become a desk of its own."""
    action.actor.require(Permission.EDIT_SETTINGS)
    stopped = replace(pairing, stopped="forked")
    set_local_setting(session, _SETTING, asdict(stopped))
    record_event(session, action, "sharing.stopped", details={"code": "forked"})
    return stopped


def pause_sharing(session: Session, action: Action, paused: bool) -> Pairing:
    """Begins or ends a pause. Raises `Refused` ``sharing.not_paired``."""
    action.actor.require(Permission.EDIT_SETTINGS)
    pairing = show_pairing(session, action)
    if pairing is None:
        raise Refused("sharing.not_paired")
    changed = replace(pairing, paused=paused)
    set_local_setting(session, _SETTING, asdict(changed))
    record_event(session, action, "sharing.paused" if paused else "sharing.resumed")
    return changed


def stop_sharing(session: Session, action: Action, code: str) -> Pairing:
    """Notes that this desk may not work any more, and why. Raises `Refused` ``sharing.not_paired``."""
    pairing = show_pairing(session, action)
    if pairing is None:
        raise Refused("sharing.not_paired")
    n, _ = begin_pairing(session.connection(), action.desk.device)
    left = max(0, n - number(session.connection(), "acknowledged"))  # without the one that is being written
    changed = replace(pairing, stopped=code, unshared=left)
    set_local_setting(session, _SETTING, asdict(changed))
    record_event(session, action, "sharing.stopped", details={"code": code})
    return changed


def renew_desk(session: Session, action: Action, device: UUID, pairing: Pairing) -> None:
    """Makes this file a desk of its own, paired as such; it has to be opened anew after it.

    For a file that shares its device with another one. Its number series stay behind with the old device.
    """
    set_local_setting(session, _SETTING, asdict(pairing))
    record_event(session, action, "sharing.renewed", details={"device": device.hex})
    renew_device(session.connection(), device)


def record_sharing(session: Session, action: Action, what: str, device: str = "") -> None:
    """Writes down what an admin did at the server: ``sharing.code_made``, ``sharing.device_revoked``, ``sharing.deletes_allowed``."""
    action.actor.require(Permission.EDIT_SETTINGS)
    record_event(session, action, what, details={"device": device} if device else None)


def _address(typed: str) -> str:
    url = typed.strip()
    url = (url if "://" in url else f"https://{url}").rstrip("/")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise InvalidInput("url", "sharing.url") from None
    safe = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    if not host or not safe or parts.username or parts.query or parts.fragment:
        raise InvalidInput("url", "sharing.url")
    return url
