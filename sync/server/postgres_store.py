"""The store on PostgreSQL: one database for all tenants, the tenant first in every key.

Who writes to a tenant first locks the tenant's row, and has the tenant's data to himself until he is done; tenants do not get in each
other's way. SERIALIZABLE instead of the lock was tried: PostgreSQL then watches over pages of an index, which strangers share, and one
transaction that stays open makes it run out of the memory for it. There is nothing but tables, keys and such a row: no LISTEN, no
database sequences, no advisory locks, no exclusion constraints. So it also runs on what speaks PostgreSQL and is spread over several
machines; what such a database cannot put in an order is tried again.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, bindparam, create_engine, delete, event, insert, select
from sqlalchemy.exc import DBAPIError

from sync.errors import UnknownTenant, Unlawful
from sync.server import postgres_version, tables
from sync.server.schema import SCHEMA, Schema

R = TypeVar("R")
CONNECTIONS: Final = 20
ATTEMPTS: Final = 60
#: SQLSTATE of a transaction that found no place in the order: serialization failure, deadlock.
_OUT_OF_ORDER: Final = ("40001", "40P01")
#: SQLSTATE of who lost a race for a key or a table's name; the next time he sees the winner's.
_TOO_LATE: Final = ("23505", "42P07", "42710")
_RACES: Final = 5
#: SQLSTATE of who waited too long for a row that another transaction holds.
_NOT_AVAILABLE: Final = "55P03"
#: How long to wait for a row that another transaction holds, in seconds.
PATIENCE: Final = 20.0
#: A transaction of a server that does not go on for so long (its machine is gone) is ended by the database, in seconds.
_SILENCE: Final = 30
_FIRST_WAIT: Final = 0.005
_LONGEST_WAIT: Final = 0.5
_TURNS: Final = 256
#: How many tenants one query asks for.
_AT_ONCE: Final = 1_000

_TENANT = select(tables.tenant.c.tenant)
_ONE = _TENANT.where(tables.tenant.c.tenant == bindparam("tenant"))
_ONE_AND_VERSION = _ONE.add_columns(postgres_version.VERSION.scalar_subquery().label("version"))


class PostgresStore:
    """A `sync.server.store.Store` in a PostgreSQL database, whose tables are made if they are missing.

    Within one process the writers of a tenant wait for each other without a connection. Work that waits too long for its turn, or finds
    no place in the order, raises `Unlawful` ``busy``.

    Args:
        url: ``postgresql+psycopg://...``.
        connections: how many may be open at once.
        attempts: how often work is tried that finds no place in the order.
        patience: how long work waits for a row that another transaction holds, in seconds.
        upgrades: brings an older database to the program's version; without it such a one is refused.

    Raises `sync.server.schema.OlderData`, `sync.server.schema.NewerData`.
    """

    def __init__(
        self,
        url: str,
        connections: int = CONNECTIONS,
        attempts: int = ATTEMPTS,
        patience: float = PATIENCE,
        schema: Schema = SCHEMA,
        upgrades: bool = False,
    ) -> None:
        self._attempts, self._schema = attempts, schema
        self._writer = create_engine(
            url,
            isolation_level="READ COMMITTED",
            pool_size=connections,
            connect_args={"connect_timeout": 5},
            max_overflow=0,
            pool_timeout=60,
            pool_pre_ping=True,
            hide_parameters=True,  # an error in a log shows no contents
        )
        event.listen(self._writer, "connect", _limits(patience))
        self._central = self._writer.execution_options(isolation_level="SERIALIZABLE")
        self._reader = self._writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._turns = [threading.Lock() for _ in range(_TURNS)]
        stand = postgres_version.upgrade if upgrades else postgres_version.prepare
        try:
            self.upgraded = bool(self._in_order(self._central, lambda connection: stand(connection, schema)))
        except BaseException:
            self.close()
            raise

    def central(self, work: Callable[[Connection], R]) -> R:
        def checked(connection: Connection) -> R:
            postgres_version.check(connection, self._schema)
            return work(connection)

        return self._in_order(self._central, checked)

    def tenant(self, tenant: str, work: Callable[[Connection], R]) -> R:
        def in_turn(connection: Connection) -> R:
            _take_turn(connection, tenant)
            postgres_version.check(
                connection, self._schema
            )  # a statement of its own: it sees what was done in the meantime
            return work(connection)

        with self._turns[hash(tenant) % _TURNS]:
            return self._in_order(self._writer, in_turn)

    def read(self, tenant: str, work: Callable[[Connection], R]) -> R:
        with self._reader.begin() as connection:
            self._check(connection, tenant)
            return work(connection)

    def check(self) -> None:
        with self._reader.begin() as connection:
            connection.execute(_TENANT.limit(1)).first()
            postgres_version.check(connection, self._schema)

    def tenants(self) -> list[str]:
        with self._reader.begin() as connection:
            return list(connection.execute(_TENANT).scalars())

    def names(self) -> list[tuple[str, str]]:
        own = tables.tenant.c
        with self._reader.begin() as connection:
            found = connection.execute(select(own.tenant, own.name).order_by(own.name, own.tenant))
            return [(one.tenant, one.name) for one in found]

    def counters(self, tenants: Sequence[str]) -> dict[str, dict[str, int]]:
        own = tables.scope
        found: dict[str, dict[str, int]] = {}
        with self._reader.begin() as connection:
            for start in range(0, len(tenants), _AT_ONCE):
                asked = own.c.tenant.in_(tenants[start : start + _AT_ONCE])
                for one in connection.execute(select(own).where(asked)):
                    found.setdefault(one.tenant, {})[one.scope] = one.counter
        return found

    def make_tenant(self, tenant: str, name: str, now: int) -> None:
        self.central(lambda c: c.execute(insert(tables.tenant), {"tenant": tenant, "name": name, "created_at": now}))

    def erase_tenant(self, tenant: str) -> None:
        def work(connection: Connection) -> None:
            for table in (*tables.central.tables.values(), *tables.metadata.tables.values()):
                if "tenant" in table.c:
                    connection.execute(delete(table).where(table.c.tenant == tenant))

        self.tenant(tenant, work)

    def close(self) -> None:
        self._writer.dispose()

    def _check(self, connection: Connection, tenant: str) -> None:
        found = connection.execute(_ONE_AND_VERSION, {"tenant": tenant}).first()
        if found is None:
            raise UnknownTenant(tenant)
        self._schema.check(found.version)

    def _in_order(self, engine: Engine, work: Callable[[Connection], R]) -> R:
        """Runs work in a transaction, again and again until it has a place in the order of all."""
        attempt = 0
        while True:
            try:
                with engine.begin() as connection:
                    return work(connection)
            except DBAPIError as error:
                attempt += 1
                state = getattr(error.orig, "sqlstate", None)
                if state == _NOT_AVAILABLE or (state in _OUT_OF_ORDER and attempt >= self._attempts):
                    raise Unlawful("busy") from error
                if state not in _OUT_OF_ORDER and (state not in _TOO_LATE or attempt >= _RACES):
                    raise
            time.sleep(random.uniform(0, min(_LONGEST_WAIT, _FIRST_WAIT * 2**attempt)))


def _limits(patience: float) -> Callable[[Any, object], None]:
    """Sets how long a connection waits and how long it may be silent, as soon as it is open."""

    def set_limits(connection: Any, _record: object) -> None:
        connection.execute(f"SET lock_timeout = {int(patience * 1000)}")
        connection.execute(f"SET idle_in_transaction_session_timeout = {_SILENCE * 1000}")
        connection.commit()

    return set_limits


def _take_turn(connection: Connection, tenant: str) -> None:
    """Waits until nobody else writes to the tenant; what they wrote is seen from here on (READ COMMITTED)."""
    if connection.execute(_ONE.with_for_update(), {"tenant": tenant}).first() is None:
        raise UnknownTenant(tenant)
