"""Pairing: one-time codes of eight digits, and the devices that came by them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from typing import Final

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from sync.errors import UnknownTenant, Unlawful
from sync.server import tables
from sync.server.deletions import held_rows
from sync.server.manifests import offer
from sync.server.signing import public_key
from sync.server.store import Store
from sync.wire import Device, Devices, Looked, NewCode, Pair, Paired, Shop

CODE_MINUTES: Final = 30
_DAY_MS: Final = 24 * 60 * 60_000


class Pairing:
    """`now`: milliseconds since 1970."""

    def __init__(self, store: Store, now: Callable[[], int]) -> None:
        self._store, self._now = store, now

    def make_code(self, tenant: str) -> NewCode:
        """A code of eight digits for one device, valid for `CODE_MINUTES`. Raises `UnknownTenant`."""

        def work(connection: Connection) -> NewCode:
            if connection.execute(select(tables.tenant).where(tables.tenant.c.tenant == tenant)).first() is None:
                raise UnknownTenant(tenant)
            own, now = tables.pairing, self._now()
            connection.execute(delete(own).where(own.c.expires_at < now - _DAY_MS))
            while True:
                code = f"{secrets.randbelow(10**8):08d}"
                if connection.execute(select(own).where(own.c.code == _hash(code))).first() is None:
                    break
            expires_at = now + CODE_MINUTES * 60_000
            connection.execute(
                insert(own), {"code": _hash(code), "tenant": tenant, "expires_at": expires_at, "used_by": None}
            )
            return NewCode(code, expires_at)

        return self._store.central(work)

    def look(self, code: str) -> Looked:
        """Where a code leads. Raises `Unlawful` ``unknown_code``."""
        tenant, name = self._store.central(lambda connection: self._tenant_of(connection, code, None))

        def work(connection: Connection) -> Looked:
            own = tables.salon
            found = connection.execute(select(own.c.salon, own.c.practice).where(own.c.tenant == tenant)).first()
            shops = _shops(connection, tenant)
            return Looked(name, None, None, shops) if found is None else Looked(name, found[0], bool(found[1]), shops)

        return self._store.read(tenant, work)

    def pair(self, asked: Pair) -> Paired:
        """Takes a device in; asked again by the same device (its answer was lost), it says the same again.

        Raises `Unlawful`: ``unknown_code``, ``foreign_salon``, ``practice_differs``, ``foreign_shop``, ``manifest_differs``;
        ``forked`` for a device of which more, or something else, is known than it knows itself.
        """

        def use(connection: Connection) -> tuple[str, str]:
            tenant, _name = self._tenant_of(connection, asked.code, asked.device)
            self._mark(connection, asked.code, asked.device)
            return tenant, public_key(connection)

        tenant, key = self._store.central(use)
        try:
            paired = self._store.tenant(tenant, lambda connection: self._take_in(connection, tenant, asked))
        except Unlawful:
            self._store.central(lambda connection: self._mark(connection, asked.code, None))
            raise
        return msgspec.structs.replace(paired, server_key=key)

    def devices(self, tenant: str) -> Devices:
        """All devices and shops of a tenant."""
        own = tables.device
        query = select(own).where(own.c.tenant == tenant).order_by(own.c.paired_at, own.c.device)

        def work(connection: Connection) -> Devices:
            held = held_rows(connection, tenant)
            found = [
                Device(
                    one.device, one.name, one.shop, one.n, one.paired_at, one.seen_at, one.revoked_at,
                    held.get(one.device, 0),
                )
                for one in connection.execute(query)
            ]  # fmt: skip
            return Devices(tuple(found), _shops(connection, tenant))

        return self._store.read(tenant, work)

    def revoke(self, tenant: str, device: str) -> None:
        """The device is not welcome any more. Raises `Unlawful` ``unknown_device``."""
        own = tables.device
        gone = update(own).where(own.c.tenant == tenant, own.c.device == device).values(revoked_at=self._now())
        if not self._store.tenant(tenant, lambda connection: connection.execute(gone).rowcount):
            raise Unlawful("unknown_device", device=device)

    def _tenant_of(self, connection: Connection, code: str, device: str | None) -> tuple[str, str]:
        """The tenant of a code that is not used, or was used by this device, and its name."""
        own = tables.pairing
        found = connection.execute(
            select(own.c.expires_at, own.c.used_by, tables.tenant.c.tenant, tables.tenant.c.name)
            .join(tables.tenant, tables.tenant.c.tenant == own.c.tenant)
            .where(own.c.code == _hash(code))
        ).first()
        if found is None or found.expires_at < self._now() or found.used_by not in (None, device):
            raise Unlawful("unknown_code")
        return found.tenant, found.name

    def _mark(self, connection: Connection, code: str, device: str | None) -> None:
        """By whom a code is used: before he is taken in, so that two who come at once do not both have it."""
        own = tables.pairing
        connection.execute(update(own).where(own.c.code == _hash(code)).values(used_by=device))

    def _take_in(self, connection: Connection, tenant: str, asked: Pair) -> Paired:
        now = self._now()
        salon = connection.execute(select(tables.salon).where(tables.salon.c.tenant == tenant)).first()
        if salon is None:
            brought = {"tenant": tenant, "salon": asked.salon, "practice": int(asked.practice)}
            connection.execute(insert(tables.salon), brought | {"manifest_version": 0, "manifest": ""})
        elif salon.salon != asked.salon:
            raise Unlawful("foreign_salon", salon=salon.salon)
        elif bool(salon.practice) != asked.practice:
            raise Unlawful("practice_differs")
        offer(connection, tenant, asked.manifest)
        shop = tables.shop
        if connection.execute(select(shop).where(shop.c.tenant == tenant, shop.c.shop == asked.shop)).first() is None:
            connection.execute(insert(shop), {"tenant": tenant, "shop": asked.shop, "name": asked.shop_name})
        own = tables.device
        key = {"tenant": tenant, "device": asked.device}
        told = {"name": asked.name, "key": asked.key, "manifest": asked.manifest.version, "revoked_at": None}
        known = connection.execute(select(own.c.shop, own.c.n, own.c.hash).filter_by(**key)).first()
        if known is None:
            told |= {"shop": asked.shop, "n": asked.n, "hash": asked.hash, "paired_at": now, "seen_at": now}
            connection.execute(insert(own), key | told)
        elif known.shop != asked.shop:
            raise Unlawful("foreign_shop", shop=known.shop)
        elif asked.n < known.n or (asked.n == known.n and asked.hash != known.hash):
            raise Unlawful("forked")  # a restored or copied file: what it writes next has numbers that are taken
        else:  # it lost its key, or our answer; what it did is known
            connection.execute(update(own).filter_by(**key).values(**told))
        return Paired(tenant, asked.salon, now, asked.n if known is None else known.n)


def _shops(connection: Connection, tenant: str) -> tuple[Shop, ...]:
    own = tables.shop
    query = select(own).where(own.c.tenant == tenant).order_by(own.c.name, own.c.shop)
    return tuple([Shop(one.shop, one.name) for one in connection.execute(query)])


def _hash(code: str) -> str:
    return hashlib.sha256(f"pult pairing {code}".encode()).hexdigest()
