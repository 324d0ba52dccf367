"""Marks everything here as a benchmark and prints the rows that the benchmarks report."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.benchmarks.report import Row

HERE = Path(__file__).parent
ROWS = pytest.StashKey[list[Row]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[ROWS] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE) and item.path.name != "test_report.py":
            item.add_marker(pytest.mark.benchmark)


@pytest.fixture
def report(pytestconfig: pytest.Config) -> Callable[[Row], None]:
    """Call it with each row; all are printed when the run ends."""
    return pytestconfig.stash[ROWS].append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if rows := config.stash[ROWS]:
        terminalreporter.section("benchmarks")
        for row in rows:
            terminalreporter.line(row.line())
