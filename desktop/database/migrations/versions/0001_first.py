"""The first schema, from its frozen statements.

Until the first release `python -m build_spec.freeze_schema` writes ``0001_first.sql`` anew from the composed schema, and a
test compares the two; from then on the file never changes.
"""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8").split(";\n\n")
    for statement in statements:
        if statement.strip():
            op.get_bind().exec_driver_sql(statement)
