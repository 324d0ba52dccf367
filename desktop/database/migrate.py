"""Brings a database file to the schema of this program, or says why not.

One transaction: foreign keys off before it begins (inside it SQLite ignores the switch), generated triggers dropped, the
scripts, triggers generated anew, ``foreign_key_check``, commit. What fails half-way leaves no trace. Before it a verified
backup is made. A file of the current revision costs one query and the comparison of its triggers.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine

from desktop.database.connection import FeedState, make_engine, open_connection
from desktop.database.schema import Schema, stored_triggers
from desktop.database.tampering import refuse_tampering
from desktop.database.version import REVISIONS, read_version
from desktop.errors import FinalFault

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Migrations:
    """A chain of revisions, oldest first, and the directory with `env.py` and `versions`."""

    directory: Path
    revisions: Sequence[str]

    @property
    def head(self) -> str:
        return self.revisions[-1]


def own_migrations() -> Migrations:
    """The chain of this program."""
    return Migrations(Path(__file__).parent / "migrations", REVISIONS)


@dataclass(frozen=True, slots=True)
class Brought:
    """What was done to a file.

    Attributes:
        before: its revision before, the same as `after` when there was nothing to migrate.
        renewed: names of generated triggers that another version of the generator had made, and of derived tables'
            triggers that now read otherwise.
    """

    before: str
    after: str
    renewed: tuple[str, ...]


def bring_up_to_date(
    path: Path,
    key: bytes,
    schema: Schema,
    *,
    back_up: Callable[[], object],
    migrations: Migrations | None = None,
) -> Brought:
    """Migrates a file if it is older, and renews its generated triggers if their generator has moved on.

    `back_up` makes and verifies a backup, or raises; it is called before anything is changed by a migration. Blocks; only
    the process that holds the writing lock may call it, before anything else has the file open for writing.

    Raises:
        FinalFault: ``database.newer`` (version, known): made by a newer program; ``database.no_version``: not stamped;
            ``database.tampered`` (trigger): a trigger of this generator's version has another text, or is missing;
            ``database.migration_broken`` (table, version): rows without their parents after the scripts.
    """
    migrations = migrations or own_migrations()
    engine = make_engine(open_connection(path, key, FeedState(), schema.functions()), writes=True)
    try:
        with engine.connect() as connection:
            before = read_version(connection)
            stored = stored_triggers(connection)
        if before is None:
            raise FinalFault("database.no_version")
        if before not in migrations.revisions:
            raise FinalFault("database.newer", version=before, known=migrations.head)
        generated = schema.triggers()
        if before != migrations.head:
            back_up()
            _migrate(engine, schema, migrations)
            _log.info("migrated from %s to %s", before, migrations.head)
            return Brought(before, migrations.head, ())
        refuse_tampering(stored, generated)
        return Brought(before, before, _renew(engine, schema, stored, generated))
    finally:
        engine.dispose()


def _renew(engine: Engine, schema: Schema, stored: Mapping[str, str], generated: Mapping[str, str]) -> tuple[str, ...]:
    """Replaces the triggers that differ and rebuilds the derived tables whose triggers did."""
    if stored == generated:
        return ()
    different = {name for name in stored.keys() | generated.keys() if stored.get(name) != generated.get(name)}
    with engine.begin() as connection:
        for name in sorted(different & stored.keys()):
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        for name in sorted(different & generated.keys()):
            connection.exec_driver_sql(generated[name])
        _rebuild(connection, schema, different)
    _log.info("renewed %d triggers", len(different))
    return tuple(sorted(different))


def _rebuild(connection: Connection, schema: Schema, different: set[str]) -> None:
    for derived in schema.derived:
        if different & derived.triggers.keys():
            schema.rebuild(connection, derived)


def _migrate(engine: Engine, schema: Schema, migrations: Migrations) -> None:
    _switch_foreign_keys(engine, on=False)
    try:
        with engine.begin() as connection:
            stored, generated = stored_triggers(connection), schema.triggers()
            for name in stored:
                connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
            upgrade(connection, migrations)
            for statement in generated.values():
                connection.exec_driver_sql(statement)
            _rebuild(
                connection,
                schema,
                {name for name in stored.keys() | generated.keys() if stored.get(name) != generated.get(name)},
            )
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if broken is not None:
                raise FinalFault("database.migration_broken", table=str(broken[0]), version=migrations.head)
    finally:
        _switch_foreign_keys(engine, on=True)


def upgrade(connection: Connection, migrations: Migrations) -> None:
    """Runs the scripts up to the head inside the connection's transaction. Imports Alembic: some 0.4 s."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations.directory).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, migrations.head)


def _switch_foreign_keys(engine: Engine, *, on: bool) -> None:
    """Outside any transaction, where alone SQLite obeys."""
    raw = engine.raw_connection()
    try:
        raw.cursor().execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")
    finally:
        raw.close()
