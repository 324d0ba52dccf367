"""Writes the statements of the composed schema into the first migration: ``python -m build_spec.freeze_schema``.

Only while nothing is released: afterwards the first migration never changes, and a new revision is written instead.
"""

import sys
from pathlib import Path

from desktop.database import migrations
from desktop.database.ddl import frozen_statements
from desktop.database.version import RELEASED
from desktop.schema import SCHEMA

FROZEN = Path(migrations.__file__).parent / "versions" / "0001_first.sql"


def main() -> int:
    if RELEASED:
        print("Released schemas stay as they are: write a new revision.", file=sys.stderr)
        return 1
    FROZEN.write_text(frozen_statements(SCHEMA), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
