"""Deciding a bounded claim: what a row adds to a balance or takes from it, as the row stands after merging.

A balance is the sum of the rows that name it. A row that takes is held when the balance bears it; otherwise it is in conflict, and takes
nothing. Where its operation holds a ledger row it happened all the same, on paper: then it counts, and the balance goes below its bound in
the open. What was held stays held while it asks for no more, whatever others do to the balance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, func, select

from sync.manifest import Bound, Collection
from sync.merge import RowState
from sync.server import tables
from sync.server.bulk import add_all

_draw = tables.draw
_DRAWS = select(_draw).where(
    _draw.c.tenant == bindparam("tenant"),
    _draw.c.collection == bindparam("collection"),
    _draw.c.row.in_(bindparam("keys", expanding=True)),
)
_SUM = select(func.coalesce(func.sum(_draw.c.counted), 0)).where(
    _draw.c.tenant == bindparam("tenant"),
    _draw.c.collection == bindparam("collection"),
    _draw.c.balance == bindparam("balance"),
)
_FORGET = delete(_draw).where(
    _draw.c.tenant == bindparam("b_tenant"),
    _draw.c.collection == bindparam("b_collection"),
    _draw.c.row == bindparam("b_row"),
)
_CHUNK: Final = 1_000

#: A row, and a balance: collection and id.
Key = tuple[str, str]
#: Changes a value so that it can be taken back.
Put = Callable[[dict[Any, Any], Any, Any], None]


@dataclass(frozen=True, slots=True)
class Draw:
    """What a row does to a balance; see `sync.server.tables.draw`."""

    balance: str
    asked: int
    counted: int
    held: bool


class Balances:
    """The balances of one tenant as a push finds them and leaves them. `put`: how a change is noted that may be taken back."""

    def __init__(self, connection: Connection, tenant: str, put: Put) -> None:
        self._connection, self._tenant, self._put = connection, tenant, put
        self._draws: dict[Key, Draw | None] = {}
        self._known: dict[Key, Draw] = {}
        self._sums: dict[Key, int] = {}

    def read(self, collection: str, rows: Iterable[str]) -> None:
        """Reads what rows do to balances, before anything is asked about them."""
        asked = list(rows)
        for start in range(0, len(asked), _CHUNK):
            keys = {"tenant": self._tenant, "collection": collection, "keys": asked[start : start + _CHUNK]}
            for one in self._connection.execute(_DRAWS, keys):
                self._known[collection, one.row] = Draw(one.balance, one.asked, one.counted, bool(one.held))
        self._draws.update(self._known)

    def hold(self, collection: Collection, row: str, state: RowState, *, happened: bool) -> bool:
        """Whether a row has what it asks for. `happened`: it counts in any case."""
        assert collection.bound is not None
        bound, key = collection.bound, (collection.name, row)
        balance, asked = _asked(collection, bound, state)
        old = self._draws.get(key)
        if old is None and balance is None:
            return True
        if old is not None and balance in (None, old.balance):
            if asked == old.asked and balance is not None:
                return old.held
            balance = old.balance
        elif old is not None:
            self._add((collection.name, old.balance), -old.counted)
        here = old if old is not None and old.balance == balance else None
        assert balance is not None
        made = self._decide((collection.name, balance), bound.least, asked, here, happened)
        if old is not None and here is None and old.counted > 0:  # what it gave elsewhere is missing there now
            left = self._sum((collection.name, old.balance))
            made = Draw(made.balance, made.asked, made.counted, made.held and left >= bound.least)
        self._put(self._draws, key, made)
        return made.held

    def _decide(self, balance: Key, least: int, asked: int, old: Draw | None, happened: bool) -> Draw:
        before = self._sum(balance) - (old.counted if old is not None else 0)
        was, was_held = (old.asked, old.held) if old is not None else (0, True)
        held = before + asked >= least or (asked >= was and was_held)
        in_the_open = old is not None and not old.held and old.counted == old.asked < 0
        counted = asked if held or happened or in_the_open or asked >= 0 else 0
        self._put(self._sums, balance, before + counted)
        return Draw(balance[1], asked, counted, held)

    def _add(self, balance: Key, amount: int) -> None:
        self._put(self._sums, balance, self._sum(balance) + amount)

    def _sum(self, balance: Key) -> int:
        if balance not in self._sums:
            values = {"tenant": self._tenant, "collection": balance[0], "balance": balance[1]}
            self._sums[balance] = int(self._connection.execute(_SUM, values).scalar_one())
        return self._sums[balance]

    def write(self) -> None:
        """Writes what changed."""
        changed = {key: draw for key, draw in self._draws.items() if draw != self._known.get(key)}
        forgotten = [
            {"b_tenant": self._tenant, "b_collection": key[0], "b_row": key[1]} for key in changed if key in self._known
        ]
        if forgotten:
            self._connection.execute(_FORGET, forgotten)
        made = [
            {
                "tenant": self._tenant,
                "collection": key[0],
                "row": key[1],
                "balance": draw.balance,
                "asked": draw.asked,
                "counted": draw.counted,
                "held": int(draw.held),
            }
            for key, draw in changed.items()
            if draw is not None
        ]
        add_all(self._connection, _draw, made)


def _asked(collection: Collection, bound: Bound, state: RowState) -> tuple[str | None, int]:
    """The balance that a row names, None for none, and what it adds as it stands."""
    balance, amount = state.values.get(bound.of), state.values.get(bound.amount)
    if not isinstance(balance, str):
        return None, 0
    free = collection.is_free(state.values)
    return balance, amount if isinstance(amount, int) and not free else 0
