"""Which form the server's data has, and how data of an older program gets today's.

A version is a plain number. The first form is frozen (``first/*.sql``) and `STEPS` lead from it to `sync.server.tables`; a test builds both
and compares. Whoever changes a table after a release writes a step. Steps run on SQLite and PostgreSQL, on the data of one tenant or of
all, and on archives of older programs (`sync.server.older_archive`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Final

from sqlalchemy import Connection, Dialect, MetaData
from sqlalchemy.schema import CreateIndex, CreateTable

from sync.errors import SyncError
from sync.server import tables

FIRST: Final = 1
SEPARATOR: Final = ";\n\n"


class OtherVersion(SyncError):
    """Data of another version than the program's."""


class OlderData(OtherVersion):
    """Data that must be upgraded before this program works with it."""

    def __init__(self, version: int, known: int) -> None:
        super().__init__(
            f"The data has the form {version}, this program works with {known}: stop all servers on it and run `pult-server upgrade`."
        )


class NewerData(OtherVersion):
    """Data that a newer program has made or upgraded."""

    def __init__(self, version: int, known: int) -> None:
        super().__init__(
            f"The data has the form {version} of a newer program, this one works with {known}: install the newer program again."
        )


class Part(StrEnum):
    """`CENTRAL`: what the server knows beside the tenants' data; `TENANTS`: their data."""

    CENTRAL = "central"
    TENANTS = "tenants"


def nothing(_connection: Connection) -> None:
    """A part that a step leaves as it is."""


@dataclass(frozen=True, slots=True)
class Step:
    """Brings data to `version` from the version before it, in the caller's transaction.

    Each part is a function of the connection alone: plain SQL, or SQLAlchemy with tables of its own. It never uses `sync.server.tables`,
    which have the form of today. The tables of `tenants` may hold one tenant or many.
    """

    version: int
    central: Callable[[Connection], None] = nothing
    tenants: Callable[[Connection], None] = nothing


@dataclass(frozen=True)
class Schema:
    """The tables of a program and the steps to them, numbered from 2 on without a gap."""

    central: MetaData
    tenants: MetaData
    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        if [step.version for step in self.steps] != list(range(FIRST + 1, FIRST + 1 + len(self.steps))):
            raise ValueError("steps are numbered from 2 on without a gap")

    @property
    def version(self) -> int:
        return FIRST + len(self.steps)

    def make(self, connection: Connection, part: Part) -> None:
        """Makes the tables of today that are not there."""
        (self.central if part is Part.CENTRAL else self.tenants).create_all(connection)

    def check(self, version: int) -> None:
        """Raises `OlderData`, `NewerData`."""
        if version != self.version:
            raise (OlderData if version < self.version else NewerData)(version, self.version)

    def bring_up(self, connection: Connection, part: Part, version: int) -> None:
        """Runs the steps behind `version`. Raises `NewerData`, and what a step raises: the caller's transaction then ends without a trace."""
        if version > self.version:
            raise NewerData(version, self.version)
        for step in self.steps[version - FIRST :]:
            (step.central if part is Part.CENTRAL else step.tenants)(connection)

    def make_version(self, connection: Connection, part: Part, version: int) -> None:
        """Makes the tables as they were in a version that this program knows."""
        for statement in frozen(connection.dialect.name, part).split(SEPARATOR):
            if statement.strip():
                connection.exec_driver_sql(statement)
        Schema(self.central, self.tenants, self.steps[: version - FIRST]).bring_up(connection, part, FIRST)


#: Versions of released programs: from the first one on, `first` and the steps to them stay as they are.
RELEASED: Final[tuple[int, ...]] = (1,)
#: The steps of this program.
STEPS: Final[tuple[Step, ...]] = ()
SCHEMA: Final = Schema(tables.central, tables.metadata, STEPS)


def frozen(dialect: str, part: Part) -> str:
    """The statements of the first form, for ``sqlite`` or ``postgresql``."""
    return (files("sync.server") / "first" / f"{dialect}_{part}.sql").read_text(encoding="utf-8")


def statements(metadata: MetaData, dialect: Dialect) -> str:
    """The statements that make tables and their indexes, for `first`."""
    made: list[str] = []
    for table in metadata.sorted_tables:
        made.append(str(CreateTable(table).compile(dialect=dialect)))
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        made += [str(CreateIndex(index).compile(dialect=dialect)) for index in indexes]
    return "".join("\n".join(map(str.rstrip, one.strip().splitlines())) + SEPARATOR for one in made)
