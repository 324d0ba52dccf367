"""The program itself, started on a place that was set up: it sends its premise, and at the next start it need not."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from desktop.access import SYSTEM
from desktop.clock import SystemClock
from desktop.database.opening import make_place
from desktop.database.place import Place
from desktop.register.company import set_company
from desktop.register.fiscal_line import add_certificate, set_fiscal_line
from desktop.register.series import PremiseEntry, PremiseKind, set_device, set_premise
from desktop.schema import SCHEMA
from fiscal.slovenia.standin.certificates import Identity
from fiscal.slovenia.standin.server import StandIn
from tests.desktop.database.places import LJUBLJANA
from tests.desktop.salon import COMPANY


def started(data: Path, root: Path) -> str:
    """Starts the program, and gives the state of the premise when it was left."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.desktop.services.starter", data],
        env=os.environ | {"PYTHONPATH": str(root)},
        cwd=root,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def test_the_program_sends_its_premise_by_itself(
    tmp_path: Path, furs: StandIn, taxpayer: Identity, pytestconfig: pytest.Config
) -> None:
    place = Place(tmp_path / "data")
    opened = make_place(place, "practice", schema=SCHEMA, zone=LJUBLJANA, clock=SystemClock())
    write = opened.database.write_now
    write(SYSTEM, set_company, COMPANY)
    write(SYSTEM, set_premise, PremiseEntry("PE1", PremiseKind.DEVICE, date(2026, 1, 1)))
    write(SYSTEM, set_device, "BL1")
    write(SYSTEM, set_fiscal_line, furs.url, furs.authority.anchors_pem)
    p12 = taxpayer.pkcs12("geslo", issuer=furs.authority.tax_ca)
    write(SYSTEM, add_certificate, p12, "geslo", opened.secrets)
    opened.close()
    for _ in range(2):
        assert started(place.directory, pytestconfig.rootpath) == "confirmed"
        assert len(furs.received) == 1
    assert {mark for _, mark in furs.premises} == {"PE1"}
