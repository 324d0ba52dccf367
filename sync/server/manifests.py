"""The manifest of a tenant: what its devices brought, the newest that follows the one before."""

from __future__ import annotations

import hashlib
from weakref import WeakValueDictionary

import msgspec
from sqlalchemy import Connection, select, update

from sync.errors import ManifestError, Unlawful
from sync.manifest import Manifest, follows
from sync.server import tables
from sync.server.checks import Rules

_json = msgspec.json.Encoder(order="sorted")
_read = msgspec.json.Decoder(Manifest)


class Manifests:
    """The rules by which each tenant is judged; tenants with the same manifest share one copy."""

    def __init__(self) -> None:
        self._of_tenant: dict[str, Rules] = {}
        self._by_text: WeakValueDictionary[bytes, Rules] = WeakValueDictionary()

    def of_tenant(self, connection: Connection, tenant: str) -> Rules:
        """The rules of a tenant that a device has been paired with; raises `LookupError` without one."""
        own = tables.salon
        version = connection.execute(select(own.c.manifest_version).where(own.c.tenant == tenant)).scalar()
        if not version:
            raise LookupError(tenant)
        kept = self._of_tenant.get(tenant)
        if kept is None or kept.manifest.version != version:
            kept = self._of_tenant[tenant] = self._rules(_text(connection, tenant))
        return kept

    def _rules(self, text: str) -> Rules:
        digest = hashlib.sha256(text.encode()).digest()
        kept = self._by_text.get(digest)
        if kept is None:
            kept = self._by_text[digest] = Rules(_read.decode(text))
        return kept


def offer(connection: Connection, tenant: str, manifest: Manifest) -> Manifest:
    """Takes a newer manifest that only adds to the one that stands; the one that stands afterwards.

    Raises `Unlawful` ``manifest_differs``: another one has the same version, or the newer one does not follow.
    """
    own = tables.salon
    version = connection.execute(select(own.c.manifest_version).where(own.c.tenant == tenant)).scalar_one()
    if version:
        stands = _read.decode(_text(connection, tenant))
        if manifest.version < version or manifest.fingerprint() == stands.fingerprint():
            return stands
        try:
            follows(stands, manifest)
        except ManifestError as error:
            raise Unlawful("manifest_differs", version=version, reason=str(error)) from error
    values = {"manifest_version": manifest.version, "manifest": _json.encode(manifest).decode()}
    connection.execute(update(own).where(own.c.tenant == tenant).values(**values))
    return manifest


def _text(connection: Connection, tenant: str) -> str:
    own = tables.salon
    text: str = connection.execute(select(own.c.manifest).where(own.c.tenant == tenant)).scalar_one()
    return text
