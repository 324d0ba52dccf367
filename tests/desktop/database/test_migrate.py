"""Migrations: a new file and a migrated one are the same, a failed one leaves no trace, a newer file is refused."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table, Text, text
from sqlalchemy.exc import OperationalError

from desktop.database import migrations as own
from desktop.database.classes import DataClass, Scope
from desktop.database.connection import FeedState, make_engine, open_connection
from desktop.database.ddl import SEPARATOR, frozen_statements, stored_statements
from desktop.database.derived import Derived
from desktop.database.feed import operation
from desktop.database.migrate import Migrations, bring_up_to_date, own_migrations, upgrade
from desktop.database.new_file import Stamp, make_file
from desktop.database.schema import Schema, stored_triggers
from desktop.database.version import HEAD, REVISIONS, read_version, write_version
from desktop.errors import FinalFault
from desktop.ids import new_id
from desktop.schema import SCHEMA
from tests.desk import KEY, START

VERSIONS = Path(own.__file__).parent / "versions"
ADD_COLUMN = """
from alembic import op
import sqlalchemy as sa
revision, down_revision, branch_labels, depends_on = "0002", "0001", None, None
def upgrade():
    op.add_column("part", sa.Column("colour", sa.Text()))
    op.execute("UPDATE part SET colour = upper(name)")
    {then}
"""


def no_backup() -> None:
    raise AssertionError("no backup was to be made")


def on(path: Path, schema: Schema, job: Callable[[Any], Any], *, writes: bool = True) -> Any:
    engine = make_engine(open_connection(path, KEY, FeedState(), schema.functions()), writes=writes)
    try:
        with engine.begin() as connection:
            return job(connection)
    finally:
        engine.dispose()


def execute(path: Path, schema: Schema, *statements: str) -> None:
    def job(connection: Any) -> None:
        for statement in statements:
            connection.exec_driver_sql(statement)

    on(path, schema, job)


def everything(path: Path, schema: Schema) -> set[tuple[str, str, str]]:
    """Every object of a file with its text; Alembic sets its own table in other white space."""
    rows = on(path, schema, lambda c: c.execute(text("SELECT type, name, coalesce(sql, '') FROM sqlite_master")).all())
    return {(kind, name, " ".join(sql.replace("(", " ( ").replace(")", " ) ").split())) for kind, name, sql in rows}


# The schema of this program


def test_the_frozen_first_schema_is_the_composed_one() -> None:
    """Fails when a table changed: `python -m build_spec.freeze_schema` while nothing is released, else a new revision."""
    frozen = (VERSIONS / "0001_first.sql").read_text(encoding="utf-8")
    if len(REVISIONS) == 1:
        assert frozen == frozen_statements(SCHEMA)


def test_a_new_file_and_a_migrated_one_are_the_same(tmp_path: Path) -> None:
    made, migrated = tmp_path / "made.db", tmp_path / "migrated.db"
    make_file(made, KEY, SCHEMA, _stamp())

    def migrate_from_nothing(connection: Any) -> None:
        upgrade(connection, own_migrations())
        for statement in SCHEMA.triggers().values():
            connection.exec_driver_sql(statement)

    on(migrated, SCHEMA, migrate_from_nothing)
    assert everything(migrated, SCHEMA) == everything(made, SCHEMA)
    assert on(migrated, SCHEMA, read_version) == on(made, SCHEMA, read_version) == HEAD


def test_the_known_revisions_are_those_of_the_scripts() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(own_migrations().directory))
    scripts = ScriptDirectory.from_config(config)
    assert [script.revision for script in scripts.walk_revisions()] == list(reversed(REVISIONS))


def test_alembic_is_not_imported_for_a_file_of_today(empty_database: Path, tmp_path: Path) -> None:
    path = tmp_path / "pult.db"
    shutil.copy(empty_database, path)
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from desktop.database.migrate import bring_up_to_date\n"
        "from desktop.schema import SCHEMA\n"
        "print(bring_up_to_date(Path(sys.argv[1]), bytes(range(32)), SCHEMA, back_up=lambda: 1 / 0))\n"
        "print('alembic' in sys.modules)\n"
    )
    child = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert child.stdout.splitlines() == [f"Brought(before='{HEAD}', after='{HEAD}', renewed=())", "False"]


def test_a_newer_file_is_refused_and_left_as_it_is(empty_database: Path, tmp_path: Path) -> None:
    path = tmp_path / "pult.db"
    shutil.copy(empty_database, path)
    execute(path, SCHEMA, "UPDATE alembic_version SET version_num = '0999'")
    before = everything(path, SCHEMA)
    with pytest.raises(FinalFault) as fault:
        bring_up_to_date(path, KEY, SCHEMA, back_up=no_backup)
    assert (fault.value.code, fault.value.values) == ("database.newer", {"version": "0999", "known": HEAD})
    assert everything(path, SCHEMA) == before
    execute(path, SCHEMA, "DELETE FROM alembic_version")
    with pytest.raises(FinalFault) as unstamped:
        bring_up_to_date(path, KEY, SCHEMA, back_up=no_backup)
    assert unstamped.value.code == "database.no_version"


def test_a_changed_or_missing_trigger_of_the_feed_is_named(empty_database: Path, tmp_path: Path) -> None:
    path = tmp_path / "pult.db"
    name = next(one for one in sorted(SCHEMA.triggers()) if one.startswith("feed_"))
    for statement in (
        f'CREATE TRIGGER "{name}" AFTER INSERT ON setting BEGIN SELECT 1; END',
        "SELECT 1",  # nothing in its place
    ):
        shutil.copy(empty_database, path)
        execute(path, SCHEMA, f'DROP TRIGGER "{name}"', statement)
        with pytest.raises(FinalFault) as fault:
            bring_up_to_date(path, KEY, SCHEMA, back_up=no_backup)
        assert (fault.value.code, fault.value.values) == ("database.tampered", {"trigger": name})


def test_triggers_of_another_generator_are_made_anew(empty_database: Path, tmp_path: Path) -> None:
    path = tmp_path / "pult.db"
    shutil.copy(empty_database, path)
    generated = SCHEMA.triggers()
    drops = [f'DROP TRIGGER "{name}"' for name in generated]
    execute(path, SCHEMA, *drops, "CREATE TRIGGER feed_v0_setting AFTER INSERT ON setting BEGIN SELECT 1; END")
    brought = bring_up_to_date(path, KEY, SCHEMA, back_up=no_backup)
    assert set(brought.renewed) == {"feed_v0_setting", *generated}
    assert on(path, SCHEMA, stored_triggers) == generated
    assert bring_up_to_date(path, KEY, SCHEMA, back_up=no_backup).renewed == ()


# A chain of two revisions of a small schema


def small_schema(*columns: Column[Any]) -> Schema:
    """A local table with a child, and a derived count that a trigger keeps."""
    metadata = MetaData()
    local = {"info": {"data_class": DataClass.LOCAL, "scope": Scope.DEVICE}}
    count = {"info": {"data_class": DataClass.DERIVED, "scope": Scope.DEVICE}}
    Table("part", metadata, Column("id", Integer, primary_key=True), Column("name", Text), *columns, **local)
    Table("child", metadata, Column("id", Integer, primary_key=True), Column("part_id", ForeignKey("part.id")), **local)
    Table("part_count", metadata, Column("id", Integer, primary_key=True), Column("n", Integer), **count)
    counted = Derived(
        "part_count",
        triggers={"derived_part_count": "AFTER INSERT ON part BEGIN UPDATE part_count SET n = n + 1; END"},
        rebuild=("DELETE FROM part_count", "INSERT INTO part_count(id, n) SELECT 1, count(*) FROM part"),
    )
    return Schema((metadata,), (counted,))


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Migrations]:
    directory = tmp_path / "migrations"
    (directory / "versions").mkdir(parents=True)
    shutil.copy(Path(own.__file__).parent / "env.py", directory)
    (directory / "versions" / "0001_first.py").write_text(
        'revision, down_revision, branch_labels, depends_on = "0001", None, None, None\ndef upgrade(): pass\n'
    )
    return Migrations(directory, ("0001", "0002"))


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file of revision 0001 with a parent, a child and the derived count."""
    path, schema = tmp_path / "pult.db", small_schema()

    def make(connection: Any) -> None:
        schema.create(connection)
        write_version(connection, "0001")
        connection.exec_driver_sql("INSERT INTO part_count VALUES (1, 0)")
        connection.exec_driver_sql("INSERT INTO part VALUES (7, 'lak')")
        connection.exec_driver_sql("INSERT INTO child VALUES (1, 7)")

    on(path, schema, make)
    return path


def script(chain: Migrations, then: str = "") -> None:
    (chain.directory / "versions" / "0002_colour.py").write_text(ADD_COLUMN.format(then=then))


def test_an_older_file_is_backed_up_migrated_and_gets_its_triggers_anew(old: Path, chain: Migrations) -> None:
    script(chain)
    new = small_schema(Column("colour", Text))
    changed = replace(
        new.derived[0],
        triggers={"derived_part_count": "AFTER INSERT ON part BEGIN UPDATE part_count SET n = n + 2; END"},
    )
    new = replace(new, derived=(changed,))
    backups: list[str | None] = []

    def back_up() -> None:
        backups.append(on(old, new, read_version))

    execute(old, new, "UPDATE part_count SET n = 99")
    brought = bring_up_to_date(old, KEY, new, back_up=back_up, migrations=chain)
    assert (brought.before, brought.after) == ("0001", "0002")
    assert backups == ["0001"], "the backup comes once, before the migration"
    assert on(old, new, lambda c: c.exec_driver_sql("SELECT id, name, colour FROM part").all()) == [(7, "lak", "LAK")]
    assert on(old, new, lambda c: c.exec_driver_sql("SELECT n FROM part_count").scalar()) == 1, "rebuilt"
    assert on(old, new, stored_triggers) == new.triggers()
    assert bring_up_to_date(old, KEY, new, back_up=no_backup, migrations=chain).before == "0002"


@pytest.mark.parametrize(
    ("then", "error"),
    [
        ("op.execute('SELECT * FROM nowhere')", OperationalError),
        ("op.execute('DELETE FROM part')", FinalFault),
    ],
    ids=["a script that fails", "a script that leaves orphans"],
)
def test_a_migration_that_fails_leaves_no_trace(
    old: Path, chain: Migrations, then: str, error: type[Exception]
) -> None:
    script(chain, then)
    before = everything(old, small_schema())
    with pytest.raises(error) as failed:
        bring_up_to_date(old, KEY, small_schema(Column("colour", Text)), back_up=lambda: None, migrations=chain)
    if isinstance(failed.value, FinalFault):
        assert (failed.value.code, failed.value.values["table"]) == ("database.migration_broken", "child")
    assert everything(old, small_schema()) == before
    assert on(old, small_schema(), read_version) == "0001"
    assert on(old, small_schema(), lambda c: c.exec_driver_sql("SELECT name FROM part").scalar()) == "lak"


def test_no_backup_no_migration(old: Path, chain: Migrations) -> None:
    script(chain)
    before = everything(old, small_schema())
    with pytest.raises(AssertionError):
        bring_up_to_date(old, KEY, small_schema(Column("colour", Text)), back_up=no_backup, migrations=chain)
    assert everything(old, small_schema()) == before


def test_a_recreated_parent_keeps_its_children(old: Path, chain: Migrations) -> None:
    """Alembic's batch mode drops and recreates the table; with foreign keys on that would orphan or empty the child."""
    script(
        chain,
        "with op.batch_alter_table('part', recreate='always') as batch:\n        batch.alter_column('name', nullable=False)",
    )
    new = small_schema(Column("colour", Text))
    bring_up_to_date(old, KEY, new, back_up=lambda: None, migrations=chain)
    assert on(old, new, lambda c: c.exec_driver_sql("SELECT part_id FROM child").all()) == [(7,)]
    assert on(old, new, stored_triggers) == new.triggers(), "a recreated table loses its triggers"


def test_statements_come_in_one_order(tmp_path: Path) -> None:
    schema = Schema((operation.metadata,), ())
    assert len({frozen_statements(schema) for _ in range(3)}) == 1
    path = tmp_path / "x.db"
    execute(path, schema, *frozen_statements(schema).split(SEPARATOR)[:-1])
    assert SEPARATOR.join(on(path, schema, stored_statements)) + SEPARATOR == frozen_statements(schema)


def _stamp() -> Stamp:
    return Stamp(new_id(), "practice", new_id(), new_id(), new_id(), "Europe/Ljubljana", HEAD, START)
