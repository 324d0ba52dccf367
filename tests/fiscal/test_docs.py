"""The script in the documentation does what it says."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from fiscal.slovenia.certificate import Credential
from fiscal.slovenia.client import FursClient
from fiscal.slovenia.environment import Endpoint, Mode
from fiscal.slovenia.register import RegisterSettings, SlovenianRegister
from fiscal.slovenia.standin.server import StandIn
from fiscal.slovenia.trust import Anchors
from fiscal.submitter import Submitter
from fiscal.tables import metadata
from tests.fiscal.world import Drafts

DOCS = Path(__file__).parents[2] / "docs" / "fiscal.md"


async def test_the_script_signs_and_submits(
    furs: StandIn, credential: Credential, draft: Drafts, capsys: pytest.CaptureFixture[str]
) -> None:
    script, transact = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert len(script.strip().splitlines()) <= 11
    names: dict[str, Any] = {
        "create_engine": create_engine,
        "StaticPool": StaticPool,
        "metadata": metadata,
        "RegisterSettings": RegisterSettings,
        "Mode": Mode,
        "uuid4": uuid4,
        "SlovenianRegister": SlovenianRegister,
        "FursClient": FursClient,
        "Submitter": Submitter,
        "credential": credential,
        "draft": draft(),
        "endpoint": Endpoint(furs.url, Mode.PRACTICE),
        "anchors": Anchors.from_pem(furs.authority.anchors_pem, Mode.PRACTICE),
        "clock": lambda: datetime.now(UTC),
    }
    exec(transact, names)
    await eval(compile(script, str(DOCS), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), names)
    zoi, code, eor = capsys.readouterr().out.splitlines()[-1].split()
    assert (len(zoi), len(code)) == (32, 60)
    assert eor == furs.received[0].eor
