"""What a conflict is: two sides that do not fit together, each with what is known of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from desktop.sharing.desks import Origin
from desktop.sharing.values import Value


class ConflictKind(StrEnum):
    """Two visits in one place; a visit or bill with two receipts; two rows with one name; an operation that the backend set
    aside; a row of a ledger that came with other content."""

    VISIT = "visit"
    CHARGED_TWICE = "charged_twice"
    NAME_TWICE = "name_twice"
    SET_ASIDE = "set_aside"
    STRAY = "stray"


class Standing(StrEnum):
    """How a side stands: it waits for a decision, holds, or is only what came or was wanted."""

    WAITS = "waits"
    HOLDS = "holds"
    WANTED = "wanted"
    CAME = "came"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is known of a side; `name` is a column or one of the names of `desktop.sharing.values.visit_values`."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Side:
    """One side: its row, who made it where (None: not known here), how it stands, and its facts in the order of showing."""

    row: UUID
    origin: Origin | None
    standing: Standing
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something that needs a person.

    Attributes:
        subject: what it is settled by: a visit, a bill or visit, an operation, a row.
        at: when it came about, as far as it is known here; aware, UTC.
        sides: the one that waits first. A visit whose place became free has one side alone.
        about: a few words for the list, as values.
        table: the table of the rows; "" where the sides are of several.
        code: why the backend refused; of a visit its status.
        operation: the name of the operation that was set aside, or "".
        again: whether it can be done again.
        alone: whether it is about rows that only this desk has.
    """

    kind: ConflictKind
    subject: UUID
    at: datetime
    sides: tuple[Side, ...]
    about: tuple[Value, ...] = ()
    table: str = ""
    code: str = ""
    operation: str = ""
    again: bool = False
    alone: bool = False
