"""The port is light: who only needs its types does not pay for cryptography or HTTP."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {"cryptography", "httpx", "joserfc", "holidays", "asyncio"}


def test_the_port_imports_nothing_heavy() -> None:
    # SQLAlchemy, whose connection the port names, is what its users have anyway; what else it brings in is not ours.
    script = "import sqlalchemy, sys; before = set(sys.modules); import fiscal.port; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "fiscal" in loaded
    assert loaded & HEAVY == set()
