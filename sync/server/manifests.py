"""The manifest of a tenant: what its devices brought, the newest that follows the one before."""

from __future__ import annotations

import msgspec
from sqlalchemy import Connection, select, update

from sync.errors import ManifestError, Unlawful
from sync.manifest import Manifest, follows
from sync.server import tables

_json = msgspec.json.Encoder(order="sorted")
_read = msgspec.json.Decoder(Manifest)


class Manifests:
    """Reads manifests; what was decoded once is kept by tenant and version."""

    def __init__(self) -> None:
        self._kept: dict[str, Manifest] = {}

    def of_tenant(self, connection: Connection, tenant: str) -> Manifest:
        """The manifest of a tenant that a device has been paired with; raises `LookupError` without one."""
        own = tables.salon
        version = connection.execute(select(own.c.manifest_version).where(own.c.tenant == tenant)).scalar()
        if not version:
            raise LookupError(tenant)
        kept = self._kept.get(tenant)
        if kept is None or kept.version != version:
            kept = self._kept[tenant] = _stored(connection, tenant)
        return kept


def offer(connection: Connection, tenant: str, manifest: Manifest) -> Manifest:
    """Takes a newer manifest that only adds to the one that stands; the one that stands afterwards.

    Raises `Unlawful` ``manifest_differs``: another one has the same version, or the newer one does not follow.
    """
    own = tables.salon
    version = connection.execute(select(own.c.manifest_version).where(own.c.tenant == tenant)).scalar_one()
    if version:
        stands = _stored(connection, tenant)
        if manifest.version < version or manifest.fingerprint() == stands.fingerprint():
            return stands
        try:
            follows(stands, manifest)
        except ManifestError as error:
            raise Unlawful("manifest_differs", version=version, reason=str(error)) from error
    values = {"manifest_version": manifest.version, "manifest": _json.encode(manifest).decode()}
    connection.execute(update(own).where(own.c.tenant == tenant).values(**values))
    return manifest


def _stored(connection: Connection, tenant: str) -> Manifest:
    own = tables.salon
    return _read.decode(connection.execute(select(own.c.manifest).where(own.c.tenant == tenant)).scalar_one())
