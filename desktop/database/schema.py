"""A composed schema: metadata of the rooms and libraries, derived tables, and the triggers generated from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, MetaData, Table, text

from desktop.database.classes import Base
from desktop.database.derived import Derived, SqlFunction
from desktop.database.triggers import feed_triggers


@dataclass(frozen=True)
class Schema:
    """Everything that a database file holds.

    Attributes:
        metadatas: the desktop's own and those of the libraries.
        derived: what is kept by triggers on other tables.
    """

    metadatas: tuple[MetaData, ...]
    derived: tuple[Derived, ...]

    def tables(self) -> Iterator[Table]:
        """All tables, parents before children."""
        for metadata in self.metadatas:
            yield from metadata.sorted_tables

    def table(self, name: str) -> Table:
        """The table of a name; raises `LookupError`."""
        for metadata in self.metadatas:
            if name in metadata.tables:
                return metadata.tables[name]
        raise LookupError(name)

    def groups(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """Table name → its declared groups."""
        return {
            mapper.local_table.name: dict(mapper.class_.groups)
            for mapper in Base.registry.mappers
            if isinstance(mapper.local_table, Table) and mapper.class_.groups
        }

    def functions(self) -> dict[str, SqlFunction]:
        """The functions that derived tables need on every connection."""
        return {name: function for derived in self.derived for name, function in derived.functions.items()}

    def triggers(self) -> dict[str, str]:
        """Name → text of every trigger that the program generates."""
        groups = self.groups()
        texts: dict[str, str] = {}
        for table in self.tables():
            texts |= feed_triggers(table, groups.get(table.name, {}))
        for derived in self.derived:
            for name, body in derived.triggers.items():
                if not name.startswith("derived_"):
                    raise ValueError(f"trigger {name} of {derived.name} must start with derived_")
                texts[name] = f'CREATE TRIGGER "{name}" {body}'
        return texts

    def create(self, connection: Connection) -> None:
        """Makes all tables, virtual tables and triggers in an empty database."""
        for metadata in self.metadatas:
            # sorted: the order of imports must not decide about the frozen first schema
            metadata.create_all(connection, metadata.sorted_tables, checkfirst=False)
        for derived in self.derived:
            for statement in derived.create:
                connection.exec_driver_sql(statement)
        for statement in self.triggers().values():
            connection.exec_driver_sql(statement)

    def rebuild(self, connection: Connection, derived: Derived) -> None:
        """Empties and refills one derived table."""
        for statement in derived.rebuild:
            connection.exec_driver_sql(statement)


def stored_triggers(connection: Connection) -> dict[str, str]:
    """Name → text of the generated triggers that the file holds."""
    rows = connection.execute(
        text(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND (name LIKE 'feed_%' OR name LIKE 'derived_%')"
        )
    )
    return {str(name): str(sql) for name, sql in rows}
