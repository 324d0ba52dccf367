"""The store on SQLite: a folder with one encrypted file for the server and one for each tenant.

The files are SQLCipher with raw keys: the server's own key lies in ``server.key`` (or comes from elsewhere), each tenant's key lies in
the server's file, so that an erased tenant cannot be read from an old backup of its file either. WAL and ``synchronous=FULL``: what was
answered is on the disk. One writer at a time for each file, readers beside it.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Connection, Engine, MetaData, create_engine, delete, event, insert, select
from sqlalchemy.pool import QueuePool

from sync.errors import UnknownTenant
from sync.server import tables

R = TypeVar("R")
MOST_OPEN: Final = 200
_READERS: Final = 4
#: Which tables a file has, as SQLite's ``user_version``: a file that was opened before need not be asked for each of them.
_LAYOUT: Final = 1
_MOST_COMPILED: Final = 1_000
_CACHE_KB: Final = 1_000


class _Compiled(dict[Any, Any]):
    """Statements as the dialect compiled them, for all files: each would compile and keep its own otherwise."""

    def __setitem__(self, key: Any, value: Any) -> None:
        if len(self) >= _MOST_COMPILED:
            self.clear()
        super().__setitem__(key, value)


class _File:
    """An open file: an engine to write with, one at a time, and an engine to read with, whose connections are closed after use but one."""

    def __init__(self, path: Path, key: str, metadata: MetaData, like: Engine, compiled: _Compiled) -> None:
        self._turn = threading.Lock()
        self._writer = _engine(path, key, 1, 0, like, compiled)
        self._reader = _engine(path, key, 1, _READERS - 1, like, compiled)
        event.listen(self._writer, "begin", _begin_immediate)
        with self._writer.begin() as connection:
            if connection.exec_driver_sql("PRAGMA user_version").scalar() != _LAYOUT:
                metadata.create_all(connection)
                connection.exec_driver_sql(f"PRAGMA user_version = {_LAYOUT}")

    def write(self, work: Callable[[Connection], R]) -> R:
        with self._turn, self._writer.begin() as connection:
            return work(connection)

    def read(self, work: Callable[[Connection], R]) -> R:
        with self._reader.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            try:
                return work(connection)
            finally:
                connection.exec_driver_sql("ROLLBACK")

    def close(self) -> None:
        with self._turn:
            self._reader.dispose()
            self._writer.dispose()


class SqliteStore:
    """A `sync.server.store.Store` in a folder, which is made if it is missing.

    Args:
        key: the server's key, 64 hex digits; None: the one in ``server.key``, which is made at the first start.
    """

    def __init__(self, folder: Path, key: str | None = None) -> None:
        (folder / "tenants").mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._like = create_engine("sqlite://", module=sqlcipher)
        self._compiled = _Compiled()
        own = key or _own_key(folder / "server.key")
        self._server = _File(folder / "server.db", own, tables.central, self._like, self._compiled)
        self._open: OrderedDict[str, _File] = OrderedDict()
        self._lent: dict[str, int] = {}
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
        if file is not None:
            file.close()
        for path in self._folder.glob(f"tenants/{tenant}.db*"):
            path.unlink()

    def close(self) -> None:
        with self._guard:
            files = [*self._open.values(), self._server]
            self._open.clear()
        for file in files:
            file.close()

    def _with(self, tenant: str, job: Callable[[_File], R]) -> R:
        file = self._borrow(tenant)
        try:
            return job(file)
        finally:
            self._give_back(tenant)

    def _borrow(self, tenant: str) -> _File:
        """The tenant's file, opened where it is not; the longest unused one is closed when too many are open."""
        with self._guard:
            file = self._open.get(tenant)
            if file is None:
                file = self._open[tenant] = self._file(tenant)
            self._open.move_to_end(tenant)
            self._lent[tenant] = self._lent.get(tenant, 0) + 1
            idle = [one for one in self._open if one not in self._lent][: max(0, len(self._open) - MOST_OPEN)]
            closing = [self._open.pop(one) for one in idle]
        for one in closing:
            one.close()
        return file

    def _give_back(self, tenant: str) -> None:
        with self._guard:
            self._lent[tenant] -= 1
            if not self._lent[tenant]:
                del self._lent[tenant]

    def _file(self, tenant: str) -> _File:
        key = self._server.read(
            lambda c: c.execute(select(tables.secret.c.value).where(tables.secret.c.name == _key_of(tenant))).scalar()
        )
        if key is None:
            raise UnknownTenant(tenant)
        path = self._folder / "tenants" / f"{tenant}.db"
        return _File(path, key, tables.metadata, self._like, self._compiled)


def _key_of(tenant: str) -> str:
    return f"key:{tenant}"


def _own_key(path: Path) -> str:
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
    return path.read_text().strip()


def _engine(path: Path, key: str, kept: int, more: int, like: Engine, compiled: _Compiled) -> Engine:
    """An engine on a file with the dialect of `like`; keeps `kept` connections and opens up to `more` beside them."""

    def connect() -> Any:
        connection = sqlcipher.connect(str(path), isolation_level=None, check_same_thread=False, timeout=30)
        for pragma in (f"key = \"x'{key}'\"", "journal_mode = WAL", "synchronous = FULL", f"cache_size = -{_CACHE_KB}"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    pool = QueuePool(connect, pool_size=kept, max_overflow=more, timeout=60, dialect=like.dialect)
    options = {"compiled_cache": compiled}
    return Engine(
        pool, like.dialect, like.url, execution_options=options, hide_parameters=True
    )  # a log shows no contents


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
