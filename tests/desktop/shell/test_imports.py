"""The window is painted before anything slow is imported: the database, the tax line and the rooms come behind it."""

from __future__ import annotations

import subprocess
import sys

SLOW = (
    "sqlalchemy",
    "sqlcipher3",
    "alembic",
    "httpx",
    "cryptography",
    "escpos",
    "fpdf",
    "phonenumbers",
    "holidays",
    "PIL",
)


def test_the_application_is_imported_without_what_is_slow() -> None:
    ask = f"import sys, desktop.app; print(*[name for name in {SLOW!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
