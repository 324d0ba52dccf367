"""The store on SQLite: a folder with one encrypted file for the server and one for each tenant.

The files are SQLCipher with raw keys: the server's own key lies in ``server.key`` (or comes from elsewhere), each tenant's key lies in
the server's file, so that an erased tenant cannot be read from an old backup of its file either. WAL and ``synchronous=FULL``: what was
answered is on the disk. One writer at a time for each file, readers beside it.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Connection, delete, insert, select

from sync.errors import UnknownTenant
from sync.server import tables
from sync.server.schema import SCHEMA, Part, Schema
from sync.server.sqlite_file import Compiled, File, pattern

R = TypeVar("R")
#: Files of tenants that stay open: five handles and some 0.6 MB each, to spare some milliseconds at their next request.
MOST_OPEN: Final = 128
#: A file that nobody asked for so long is closed with the next request of anybody.
IDLE_SECONDS: Final = 300.0
#: Folders of copies that an upgrade has made; what follows is the version that it led to.
KEPT: Final = "before-"


class SqliteStore:
    """A `sync.server.store.Store` in a folder, which is made if it is missing.

    Args:
        key: the server's key, 64 hex digits; None: the one in ``server.key``, which is made at the first start.
        clock: seconds, monotonic.

    Raises `sync.server.schema.OlderData` (`sync.server.sqlite_upgrade` is the way on), `sync.server.schema.NewerData`.
    """

    def __init__(
        self,
        folder: Path,
        key: str | None = None,
        schema: Schema = SCHEMA,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        (folder / "tenants").mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder, self._schema = folder, schema
        self._like = pattern()
        self._compiled = Compiled()
        own = key or own_key(folder / "server.key")
        self._server = File(folder / "server.db", own, Part.CENTRAL, schema, self._like, self._compiled)
        self._open: OrderedDict[str, File] = OrderedDict()
        self._lent: dict[str, int] = {}
        self._clock = clock
        self._used: dict[str, float] = {}
        self._guard = threading.Lock()

    def central(self, work: Callable[[Connection], R]) -> R:
        return self._server.write(work)

    def tenant(self, tenant: str, work: Callable[[Connection], R]) -> R:
        return self._with(tenant, lambda file: file.write(work))

    def read(self, tenant: str, work: Callable[[Connection], R]) -> R:
        return self._with(tenant, lambda file: file.read(work))

    def check(self) -> None:
        self._server.read(lambda c: c.execute(select(tables.tenant.c.tenant).limit(1)).first())

    def tenants(self) -> list[str]:
        return self._server.read(lambda c: list(c.execute(select(tables.tenant.c.tenant)).scalars()))

    def names(self) -> list[tuple[str, str]]:
        own = tables.tenant.c
        query = select(own.tenant, own.name).order_by(own.name, own.tenant)
        return self._server.read(lambda c: [(one.tenant, one.name) for one in c.execute(query)])

    def counters(self, tenants: Sequence[str]) -> dict[str, dict[str, int]]:
        return {}

    def make_tenant(self, tenant: str, name: str, now: int) -> None:
        def work(connection: Connection) -> None:
            connection.execute(insert(tables.tenant), {"tenant": tenant, "name": name, "created_at": now})
            connection.execute(insert(tables.secret), {"name": _key_of(tenant), "value": secrets.token_hex(32)})

        self.central(work)

    def erase_tenant(self, tenant: str) -> None:
        def work(connection: Connection) -> bool:
            connection.execute(delete(tables.pairing).where(tables.pairing.c.tenant == tenant))
            connection.execute(delete(tables.secret).where(tables.secret.c.name == _key_of(tenant)))
            return bool(connection.execute(delete(tables.tenant).where(tables.tenant.c.tenant == tenant)).rowcount)

        if not self.central(work):
            raise UnknownTenant(tenant)
        with self._guard:
            file = self._open.pop(tenant, None)
            self._used.pop(tenant, None)
        if file is not None:
            file.close()
        for folder in (self._folder, *self._folder.glob(f"{KEPT}*")):
            for path in folder.glob(f"tenants/{tenant}.db*"):
                path.unlink()

    def close(self) -> None:
        with self._guard:
            files = [*self._open.values(), self._server]
            self._open.clear()
        for file in files:
            file.close()

    def _with(self, tenant: str, job: Callable[[File], R]) -> R:
        file = self._borrow(tenant)
        try:
            return job(file)
        finally:
            self._give_back(tenant)

    def _borrow(self, tenant: str) -> File:
        """The tenant's file, opened where it is not; those that were not used for long are closed, and too many."""
        with self._guard:
            now = self._clock()
            file = self._open.get(tenant)
            if file is None:
                file = self._open[tenant] = self._file(tenant)
            self._open.move_to_end(tenant)
            self._used[tenant] = now
            self._lent[tenant] = self._lent.get(tenant, 0) + 1
            closing = [self._open.pop(one) for one in self._done_with(now)]
        for one in closing:
            one.close()
        return file

    def _done_with(self, now: float) -> list[str]:
        """The tenants whose files are to be closed, the longest unused first."""
        found: list[str] = []
        for one in self._open:
            if self._used[one] > now - IDLE_SECONDS and len(self._open) - len(found) <= MOST_OPEN:
                break
            if one not in self._lent:
                found.append(one)
                del self._used[one]
        return found

    def _give_back(self, tenant: str) -> None:
        with self._guard:
            self._lent[tenant] -= 1
            if not self._lent[tenant]:
                del self._lent[tenant]

    def _file(self, tenant: str) -> File:
        key = self._server.read(
            lambda c: c.execute(select(tables.secret.c.value).where(tables.secret.c.name == _key_of(tenant))).scalar()
        )
        if key is None:
            raise UnknownTenant(tenant)
        path = self._folder / "tenants" / f"{tenant}.db"
        return File(path, key, Part.TENANTS, self._schema, self._like, self._compiled)


def _key_of(tenant: str) -> str:
    return f"key:{tenant}"


def own_key(path: Path) -> str:
    """The server's key from its file, which is made if it is missing."""
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
    return path.read_text().strip()
