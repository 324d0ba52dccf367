"""Writes the composed schemas into the first migrations of the desk and of the server: ``python -m build_spec.freeze_schema``.

Only while nothing is released: afterwards the first form never changes, and a new revision or step is written instead.
"""

import sys
from pathlib import Path

from sqlalchemy import make_url

from desktop.database import migrations
from desktop.database.ddl import frozen_statements
from desktop.database.version import RELEASED
from desktop.schema import SCHEMA
from sync.server import schema as server

FROZEN = Path(migrations.__file__).parent / "versions" / "0001_first.sql"
SERVER = Path(server.__file__).parent / "first"


def main() -> int:
    refused = bool(RELEASED) and bool(server.RELEASED)
    if RELEASED:
        print("The desk's schema is released: write a new revision.", file=sys.stderr)
    else:
        FROZEN.write_text(frozen_statements(SCHEMA), encoding="utf-8", newline="\n")
    if server.RELEASED:
        print("The server's schema is released: write a new step.", file=sys.stderr)
    else:
        freeze_server()
    return int(refused)


def freeze_server() -> None:
    for dialect in (make_url(name).get_dialect()() for name in ("sqlite://", "postgresql+psycopg://")):
        for part, metadata in (
            (server.Part.CENTRAL, server.SCHEMA.central),
            (server.Part.TENANTS, server.SCHEMA.tenants),
        ):
            text = server.statements(metadata, dialect)
            (SERVER / f"{dialect.name}_{part}.sql").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(main())
