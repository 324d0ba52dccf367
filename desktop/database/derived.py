"""Derived tables: what a room declares so that one of its tables is kept by triggers on the sources.

A derived table (slots, stock level, search) is never written by a use case. Its triggers stand on the source tables, so
that a pull, an undo, an import and a restore keep it too; it can be rebuilt at will, and `verify` compares it with a rebuild.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

#: The condition of an insert trigger whose work may be done for many rows at once, see `Derived.behind`.
ROW_BY_ROW: Final = "WHEN feed_row_by_row()"


@dataclass(frozen=True, slots=True)
class SqlFunction:
    """A deterministic function that triggers call; registered on every connection.

    Takes and returns only what SQLite knows (text, integers, bytes, None).
    """

    arguments: int
    call: Callable[..., str | int | bytes | None]


@dataclass(frozen=True, slots=True)
class Derived:
    """One derived table.

    Attributes:
        name: of the table.
        create: statements for what the metadata cannot express (virtual tables), run once when the schema is made.
        triggers: trigger name (``derived_…``) → its text behind the name: ``AFTER INSERT ON visit BEGIN … END``.
        rebuild: statements that empty and refill the table.
        functions: SQL name → function that the triggers call.
        behind: source table → statements that do for all its rows with a rowid greater than `:after`, at once, what its insert
            trigger does for one; the trigger's condition is `ROW_BY_ROW`. Many rows that come together are several times faster so.
        compare: the query whose rows `verify` compares before and after a rebuild; None: not compared.
    """

    name: str
    triggers: Mapping[str, str]
    rebuild: tuple[str, ...]
    create: tuple[str, ...] = ()
    functions: Mapping[str, SqlFunction] = field(default_factory=dict)
    behind: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    compare: str | None = None
