"""A new desk of a salon that shares already: taken in by a code first, then its database is made, and filled by the sharing."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from desktop.access import SYSTEM
from desktop.database.create import Identity
from desktop.database.lock import PlaceLock
from desktop.database.new_file import Mode
from desktop.database.opening import OpenPlace
from desktop.database.place import Place
from desktop.errors import InvalidInput, Refused
from desktop.ids import new_id
from desktop.schema import SCHEMA
from desktop.services.pairing import Candidate, Connect, ask_to_pair, over_https
from desktop.services.places import make_first
from desktop.sharing.pairing import KEY, Pairing, PairingEntry, keep_pairing
from desktop.sync_manifest import build_manifest
from sync.wire import Looked


@dataclass(frozen=True, slots=True)
class Join:
    """What an admin chose: where the code leads, the shop (None: a new one of `shop_name`), the passphrase of a live database."""

    entry: PairingEntry
    looked: Looked
    shop: UUID | None
    shop_name: str = ""
    passphrase: str = ""


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A desk that the backend knows and that has no database yet."""

    identity: Identity
    practice: bool
    key: Ed25519PrivateKey
    pairing: Pairing


async def ask_to_join(given: Join, connect: Connect = over_https) -> TakenIn:
    """Asks the backend to take a new desk in; nothing is made here yet.

    Raises `Refused` ``sharing.nobody_there`` (no desk shares there: this one would be the first), `InvalidInput` ``sharing.shop``
    for a new shop without a name, and as `desktop.services.pairing.ask_to_pair`.
    """
    looked = given.looked
    if looked.salon is None or looked.practice is None:
        raise Refused("sharing.nobody_there")
    known = next((shop.name for shop in looked.shops if given.shop is not None and shop.id == given.shop.hex), None)
    name = given.shop_name.strip() if known is None else known
    if known is None and not name:
        raise InvalidInput("shop_name", "sharing.shop")
    identity = Identity(UUID(hex=looked.salon), given.shop or new_id(), new_id())
    desk = Candidate(identity, looked.practice, name, Ed25519PrivateKey.generate(), build_manifest(SCHEMA))
    pairing, _n = await ask_to_pair(given.entry, looked.name, desk, connect)
    return TakenIn(identity, looked.practice, desk.key, pairing)


def make_joined(place: Place, lock: PlaceLock, zone: ZoneInfo, taken_in: TakenIn, passphrase: str) -> OpenPlace:
    """Makes the database of a desk that was taken in, empty and paired. Blocks. Raises as `make_place`."""
    mode: Mode = "practice" if taken_in.practice else "live"
    opened = make_first(place, lock, mode, zone, passphrase or None, taken_in.identity)
    opened.secrets.put(KEY, taken_in.key.private_bytes_raw().hex())
    opened.database.write_now(SYSTEM, keep_pairing, taken_in.pairing, 0)
    return opened
