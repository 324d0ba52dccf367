"""What stands about the rows of a push: read in a few queries, changed in memory, written at the end.

A push is judged against this as if its operations came one by one: what an operation changed goes back when it is refused. Written is
what differs from what was read, and last of all the counters of the scopes and the rows with their new places.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import Connection, Executable, bindparam, delete, insert, select, tuple_, update

from sync.manifest import Value
from sync.merge import RowState, Stamp
from sync.operations import Place
from sync.server import tables
from sync.server.balances import Balances
from sync.server.bulk import add_all, put_all

#: A row: collection and id. A place: resource, start, lane. A name: collection and the name as JSON.
RowKey = tuple[str, str]
PlaceKey = tuple[str, int, int]
NameKey = tuple[str, str]
K = TypeVar("K")
V = TypeVar("V")
#: How many keys one query asks for.
CHUNK: Final = 1_000

_json = msgspec.json.Encoder()
_read_values = msgspec.json.Decoder(dict[str, Value])
_read_places = msgspec.json.Decoder(tuple[Place, ...])
_read_stamps = msgspec.json.Decoder(dict[str, Stamp])

_row, _place, _name, _scope, _alarm = tables.row, tables.place, tables.name, tables.scope, tables.alarm

_ROWS = select(_row.c.row, _row.c.scope, _row.c["values"], _row.c.stamps, _row.c.places).where(
    _row.c.tenant == bindparam("tenant"),
    _row.c.collection == bindparam("collection"),
    _row.c.row.in_(bindparam("keys", expanding=True)),
)
_PLACES_OF = select(_place).where(
    _place.c.tenant == bindparam("tenant"), _place.c.row.in_(bindparam("keys", expanding=True))
)
_PLACES_AT = select(_place).where(
    _place.c.tenant == bindparam("tenant"),
    tuple_(_place.c.resource, _place.c.start, _place.c.lane).in_(bindparam("keys", expanding=True)),
)
_NAMES_OF = select(_name).where(
    _name.c.tenant == bindparam("tenant"),
    _name.c.collection == bindparam("collection"),
    _name.c.row.in_(bindparam("keys", expanding=True)),
)
_NAME = select(_name.c.row).where(
    _name.c.tenant == bindparam("tenant"),
    _name.c.collection == bindparam("collection"),
    _name.c.name == bindparam("name"),
)
_ALARM = select(_alarm.c.row).where(
    _alarm.c.tenant == bindparam("tenant"),
    _alarm.c.collection == bindparam("collection"),
    _alarm.c.row == bindparam("row"),
    _alarm.c.hash == bindparam("hash"),
)
_FREE_PLACE = delete(_place).where(
    _place.c.tenant == bindparam("b_tenant"),
    _place.c.resource == bindparam("b_resource"),
    _place.c.start == bindparam("b_start"),
    _place.c.lane == bindparam("b_lane"),
)
_FREE_NAME = delete(_name).where(
    _name.c.tenant == bindparam("b_tenant"),
    _name.c.collection == bindparam("b_collection"),
    _name.c.name == bindparam("b_name"),
)
_COUNT = (
    update(_scope)
    .where(_scope.c.tenant == bindparam("b_tenant"), _scope.c.scope == bindparam("b_scope"))
    .values(counter=_scope.c.counter + bindparam("by"))
    .returning(_scope.c.counter)
)


class Standing:
    """The rows, places, names and balances of one tenant as a push finds them and as it leaves them; one transaction long."""

    def __init__(self, connection: Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = tenant
        self._undo: list[tuple[dict[Any, Any], Any, Any]] = []
        self._rows: dict[RowKey, RowState | None] = {}
        self._wanted: dict[RowKey, tuple[Place, ...] | None] = {}
        self._scopes: dict[RowKey, str] = {}
        self._order: dict[str, dict[RowKey, None]] = defaultdict(dict)
        self._holder: dict[PlaceKey, str | None] = {}
        self._held: dict[str, tuple[PlaceKey, ...] | None] = {}
        self._bearer: dict[NameKey, str | None] = {}
        self._borne: dict[RowKey, str | None] = {}
        self._read_holder: dict[PlaceKey, str | None] = {}
        self._read_bearer: dict[NameKey, str | None] = {}
        self._alarms: dict[tuple[str, str, str], tuple[str, str]] = {}
        self.balances = Balances(connection, tenant, self._put)

    # reading

    def read_rows(self, rows: Iterable[RowKey]) -> None:
        """Reads rows, before anything else is asked about them."""
        wanted: dict[str, set[str]] = defaultdict(set)
        for collection, row in rows:
            wanted[collection].add(row)
        for collection, ids in wanted.items():
            for one in self._ask(_ROWS, ids, collection=collection):
                key = collection, one.row
                self._rows[key] = RowState(_read_values.decode(one[2]), _read_stamps.decode(one[3]))
                self._scopes[key] = one.scope
                if one.places is not None:
                    self._wanted[key] = _read_places.decode(one.places)

    def read_places(self, claims: Mapping[str, Iterable[Place]]) -> None:
        """Reads the places that claims (by row) hold, those that they ask for and those that they asked for; after `read_rows`."""
        wanted = {_key(place) for places in claims.values() for place in places}
        wanted |= {_key(place) for (_, row), places in self._wanted.items() if row in claims for place in places or ()}
        for one in (*self._ask(_PLACES_OF, claims), *self._ask(_PLACES_AT, wanted)):
            key = one.resource, one.start, one.lane
            if key not in self._holder:
                self._holder[key] = one.row
                self._held[one.row] = (*(self._held.get(one.row) or ()), key)
        self._read_holder = dict(self._holder)

    def read_names(self, claims: Iterable[RowKey]) -> None:
        """Reads the names that claims bear."""
        wanted: dict[str, set[str]] = defaultdict(set)
        for collection, row in claims:
            wanted[collection].add(row)
        for collection, rows in wanted.items():
            for one in self._ask(_NAMES_OF, rows, collection=collection):
                self._borne[collection, one.row] = one.name
                self._bearer[collection, one.name] = one.row
        self._read_bearer = dict(self._bearer)

    def _ask(self, query: Executable, keys: Iterable[Any], **values: str) -> Iterator[Any]:
        asked = list(keys)
        for start in range(0, len(asked), CHUNK):
            named = values | {"tenant": self._tenant, "keys": asked[start : start + CHUNK]}
            yield from self._connection.execute(query, named).all()

    # judging

    def accept(self) -> None:
        """What was changed since the last operation stays."""
        self._undo.clear()

    def take_back(self) -> None:
        """What was changed since the last operation goes back."""
        while self._undo:
            where, key, old = self._undo.pop()
            where[key] = old

    def _put(self, where: dict[K, V | None], key: K, value: V | None) -> None:
        self._undo.append((where, key, where.get(key)))
        where[key] = value

    def row(self, key: RowKey) -> RowState | None:
        """The row as it stands."""
        return self._rows.get(key)

    def scope_of(self, key: RowKey) -> str | None:
        """The scope of a row that stands."""
        return self._scopes.get(key) if self._rows.get(key) is not None else None

    def put_row(self, key: RowKey, state: RowState) -> None:
        """The row stands like this now; it takes its place with `touch`."""
        self._put(self._rows, key, state)

    def touch(self, key: RowKey, scope: str) -> None:
        """The row comes with the next pull of its scope. Not taken back."""
        self._scopes.setdefault(key, scope)
        self._order[scope][key] = None

    def ask_places(self, key: RowKey, places: Sequence[Place]) -> None:
        """From now on a claim asks for these places, whenever it asks for any."""
        self._put(self._wanted, key, tuple(places))

    def asked_places(self, key: RowKey) -> tuple[Place, ...]:
        """What a claim asks for."""
        return self._wanted.get(key) or ()

    def hold_places(self, row: str, places: Sequence[Place]) -> bool:
        """Frees what a row holds; it holds all of `places` (True), or, where one of them is another's, none."""
        for key in self._held.get(row) or ():
            self._put(self._holder, key, None)
        wanted = tuple(dict.fromkeys(_key(place) for place in places))
        free = all(self._holder.get(key) is None for key in wanted)
        self._put(self._held, row, wanted if free else ())
        for key in wanted if free else ():
            self._put(self._holder, key, row)
        return free

    def bear_name(self, key: RowKey, name: str | None) -> bool:
        """Frees the name that a row bears; it bears `name` (True), or none where that is another's. None: asks for none."""
        collection, row = key
        old = self._borne.get(key)
        if old is not None:
            self._put(self._bearer, (collection, old), None)
        free = name is None or self._is_free(collection, name)
        self._put(self._borne, key, name if free else None)
        if free and name is not None:
            self._put(self._bearer, (collection, name), row)
        return free

    def _is_free(self, collection: str, name: str) -> bool:
        key = collection, name
        if key not in self._bearer:
            values = {"tenant": self._tenant, "collection": collection, "name": name}
            found = self._connection.execute(_NAME, values).scalar()
            self._bearer[key] = self._read_bearer[key] = found
        return self._bearer[key] is None

    def keep_aside(self, key: RowKey, digest: str, values: Mapping[str, Value], operation: str) -> None:
        """A ledger row that is known with other bytes: kept beside the first. Not taken back: the paper is out there."""
        self._alarms.setdefault((*key, digest), (_json.encode(values).decode(), operation))

    # writing

    def write(self) -> None:
        """Writes what changed; the counters of the scopes come last, the tenant's first, and behind them only their rows."""
        self._write_alarms()
        self._write_places()
        self._write_names()
        self.balances.write()
        self._write_rows()

    def _write_alarms(self) -> None:
        for (collection, row, digest), (values, operation) in self._alarms.items():
            key = {"tenant": self._tenant, "collection": collection, "row": row, "hash": digest}
            if self._connection.execute(_ALARM, key).first() is None:
                self._connection.execute(insert(_alarm), key | {"values": values, "operation": operation})

    def _write_places(self) -> None:
        changed = [key for key, row in self._holder.items() if row != self._read_holder.get(key)]
        freed = [
            {"b_tenant": self._tenant, "b_resource": key[0], "b_start": key[1], "b_lane": key[2]}
            for key in changed
            if self._read_holder.get(key) is not None
        ]
        taken = [
            {"tenant": self._tenant, "resource": key[0], "start": key[1], "lane": key[2], "row": self._holder[key]}
            for key in changed
            if self._holder[key] is not None
        ]
        self._write_all(_FREE_PLACE, freed)
        add_all(self._connection, _place, taken)

    def _write_names(self) -> None:
        changed = [key for key, row in self._bearer.items() if row != self._read_bearer.get(key)]
        freed = [
            {"b_tenant": self._tenant, "b_collection": key[0], "b_name": key[1]}
            for key in changed
            if self._read_bearer.get(key) is not None
        ]
        borne = [
            {"tenant": self._tenant, "collection": key[0], "name": key[1], "row": self._bearer[key]}
            for key in changed
            if self._bearer[key] is not None
        ]
        self._write_all(_FREE_NAME, freed)
        add_all(self._connection, _name, borne)

    def _write_rows(self) -> None:
        """The tenant's counter first; each row at the place of its first change in the push."""
        first = {scope: self._counted(scope, len(keys)) - len(keys) + 1 for scope, keys in sorted(self._order.items())}
        rows = []
        for scope, start in first.items():
            for seq, key in enumerate(self._order[scope], start):
                state = self._rows[key]
                assert state is not None
                wanted = self._wanted.get(key)
                rows.append(
                    {
                        "tenant": self._tenant,
                        "collection": key[0],
                        "row": key[1],
                        "scope": scope,
                        "seq": seq,
                        "values": _json.encode(state.values).decode(),
                        "stamps": _json.encode(state.stamps).decode(),
                        "places": None if wanted is None else _json.encode(wanted).decode(),
                    }
                )
        put_all(self._connection, _row, rows)

    def _counted(self, scope: str, by: int) -> int:
        """The counter of a scope after it went on by some places."""
        values = {"b_tenant": self._tenant, "b_scope": scope, "by": by}
        counter: int | None = self._connection.execute(_COUNT, values).scalar()
        if counter is None:
            self._connection.execute(insert(_scope), {"tenant": self._tenant, "scope": scope, "counter": by})
            return by
        return counter

    def _write_all(self, statement: Executable, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._connection.execute(statement, rows)


def _key(place: Place) -> PlaceKey:
    return place.resource, place.start, place.lane
