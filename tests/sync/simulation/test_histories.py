"""Any history of a salon with several desks ends in agreement, and one seed is one history."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest

from sync.client.engine import Engine
from tests.sync.simulation.checks import check
from tests.sync.simulation.history import play

ROOT = Path(__file__).parents[3]
_DIGEST = """
import json, sys
from tests.sync.simulation.checks import check
from tests.sync.simulation.history import play
print(json.dumps({seed: play(seed, check).digest for seed in json.loads(sys.argv[1])}))
"""


def test_any_history_ends_in_agreement(pytestconfig: pytest.Config) -> None:
    for seed in range(pytestconfig.getoption("--histories")):
        try:
            play(seed, check)
        except Exception as error:
            raise AssertionError(f"history of seed {seed}") from error


def test_one_seed_is_one_history_also_in_another_process() -> None:
    seeds = [3, 9, 13]
    here = {str(seed): play(seed, check).digest for seed in seeds}
    assert len(set(here.values())) == len(seeds)
    assert {str(seed): play(seed, check).digest for seed in seeds} == here
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "5"}
    told = subprocess.run(
        [sys.executable, "-c", _DIGEST, json.dumps(seeds)], env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(told.stdout.splitlines()[-1]) == here


def test_a_draw_more_of_the_engine_moves_nothing() -> None:
    """What the engine draws decides about its own waits alone: seeds stay known when it draws once more or less."""
    seeds = (0, 1, 2)
    before = [play(seed, check).digest for seed in seeds]
    drawn = []

    def wait(self: Engine, failures: int) -> float:
        drawn.append(self._jitter())
        return original(self, failures)

    original = Engine._wait_after
    with patch.object(Engine, "_wait_after", wait):
        assert [play(seed, check).digest for seed in seeds] == before
    assert drawn
