"""Desks of a rehearsal: alone, at a backend that was given, or several at a stand-in that is the backend's own code."""

from __future__ import annotations

import secrets
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from desktop.access import SYSTEM
from desktop.clock import SystemClock
from desktop.database import key as keys
from desktop.database.key import Protection
from desktop.database.lock import Use, lock_place
from desktop.database.opening import OpenPlace, make_place, open_place
from desktop.database.place import Place, prepare_place
from desktop.errors import Refused
from desktop.schema import SCHEMA
from desktop.services.joining import Join, ask_to_join, make_joined
from desktop.services.pairing import Connect, look, over_https
from desktop.services.sharing import Sharing, SharingStatus
from desktop.sharing.pairing import PairingEntry, show_pairing
from sync.server.direct import DirectBackend
from sync.server.sqlite_store import SqliteStore

ZONE = ZoneInfo("Europe/Ljubljana")
#: How long the end of a day waits for the backend.
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Meeting:
    """Where desks meet: a backend's address with a code, and how lines to it are opened."""

    url: str
    code: str
    trust: str = ""
    connect: Connect = over_https


class StandInBackend:
    """A backend in this process with one tenant; its data lie in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._store = SqliteStore(folder)
        known = self._store.tenants()
        self._tenant = known[0] if known else secrets.token_hex(16)
        if not known:
            self._store.make_tenant(self._tenant, "Salon Živa", time.time_ns() // 1_000_000)
        self._backend = DirectBackend(self._store)

    def __enter__(self) -> StandInBackend:
        return self

    def __exit__(self, *_: object) -> None:
        self._store.close()

    def meeting(self) -> Meeting:
        """A code for one more desk."""
        code = self._backend.pairing.make_code(self._tenant).code
        return Meeting("http://127.0.0.1", code, connect=self._backend.connect)


async def open_desk(place: Place, meeting: Meeting | None, name: str) -> tuple[OpenPlace, Sharing | None]:
    """The practice database of a place, made where there is none; paired and sharing where desks meet.

    A desk without a database joins the salon that is there, and has its books when this returns; the first one brings its own.
    Raises `Refused` ``rehearsal.live``, and what opening, looking and pairing raise.
    """
    if meeting is None:
        return _open(place), None
    entry = PairingEntry(meeting.url, meeting.code, name, meeting.trust)
    opened: OpenPlace | None = None
    if not place.exists:
        looked = await look(entry, meeting.connect)
        if looked.salon is not None:
            shop = UUID(hex=looked.shops[0].id)
            taken_in = await ask_to_join(Join(entry, looked, shop), meeting.connect)
            prepare_place(place)
            opened = make_joined(place, lock_place(place, Use.WRITE), ZONE, taken_in, "")
    opened = opened or _open(place)
    try:
        return opened, await _share(opened, entry, meeting)
    except BaseException:
        opened.close()
        raise


async def _share(opened: OpenPlace, entry: PairingEntry, meeting: Meeting) -> Sharing:
    sharing = Sharing(opened.database, opened.secrets, _unwatched, connect=meeting.connect)
    if await opened.database.read(SYSTEM, show_pairing) is None:
        await sharing.pair(SYSTEM, entry, await look(entry, meeting.connect))
    else:
        await sharing.start()
    if not await sharing.agreed(PATIENCE_SECONDS):
        await sharing.shutdown()
        raise Refused("rehearsal.no_backend", reason=sharing.status.code or "")
    return sharing


def _open(place: Place) -> OpenPlace:
    clock = SystemClock()
    if not place.exists:
        return make_place(place, "practice", schema=SCHEMA, zone=ZONE, clock=clock)
    if keys.read_key_file(place.key_file).protection is not Protection.FILE:
        raise Refused("rehearsal.live")
    return open_place(place, schema=SCHEMA, clock=clock)


def meet(
    url: str | None, code: str | None, trust: Path | None, desks: int, folder: Path, world: ExitStack
) -> list[Meeting | None]:
    """For each desk where it meets the others: nowhere, at the backend that was given, or at a stand-in that `world` ends.

    Raises `Refused` ``rehearsal.one_desk`` for several desks at a given backend: one code pairs one desk.
    """
    if url is not None:
        if desks > 1:
            raise Refused("rehearsal.one_desk")
        return [Meeting(url, code or "", trust.read_text(encoding="utf-8") if trust is not None else "")]
    if desks == 1:
        return [None]
    backend = world.enter_context(StandInBackend(folder))
    return [backend.meeting() for _ in range(desks)]


def _unwatched(_status: SharingStatus) -> None:
    """Nobody looks at a light."""
