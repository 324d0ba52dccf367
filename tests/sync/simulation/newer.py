"""A newer version of the program: its customers have two nullable fields more."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Column, MetaData, Text
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.database.connection import FeedState, make_engine, open_connection
from desktop.database.schema import Schema
from desktop.schema import SCHEMA
from desktop.sync_manifest import build_manifest
from sync.manifest import Manifest
from tests.desk import KEY

FIELDS: Final = ("pet", "colour")


def _with_fields(metadata: MetaData) -> MetaData:
    copied = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.sorted_tables:
        copy = table.to_metadata(copied)
        copy.info.update(table.info)
    for name in FIELDS:
        copied.tables["customer"].append_column(Column(name, Text, nullable=True))
    return copied


NEWER: Final = Schema(
    tuple(_with_fields(one) if "customer" in one.tables else one for one in SCHEMA.metadatas), SCHEMA.derived
)
OLDER: Final = build_manifest(SCHEMA)
MANIFEST: Final = Manifest(2, build_manifest(NEWER).collections)


def manifest_of(schema: Schema) -> Manifest:
    """What `build_manifest` gives for the one program or the other, made once."""
    return MANIFEST if schema is NEWER else OLDER


def upgrade(path: Path) -> None:
    """Brings a file up to the newer schema, as its migration would: native columns, triggers made anew."""
    engine = make_engine(open_connection(path, KEY, FeedState(), SCHEMA.functions()), writes=True)
    with engine.begin() as connection:
        for name in FIELDS:
            connection.exec_driver_sql(f'ALTER TABLE "customer" ADD COLUMN "{name}" TEXT')
        old, new = SCHEMA.triggers(), NEWER.triggers()
        for name in sorted(name for name in old if old[name] != new[name]):
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
            connection.exec_driver_sql(new[name])
    engine.dispose()


def set_field(session: Session, _action: Action, row: bytes, name: str, value: str) -> None:
    """What the newer program's form does with one of its fields."""
    connection = session.connection()
    connection.exec_driver_sql(f'UPDATE "customer" SET "{name}" = ? WHERE id = ?', (value, row))
