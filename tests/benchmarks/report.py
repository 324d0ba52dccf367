"""How a benchmark measures and what it prints: one line per row, with the floor of the same run and the budget beside it.

Times are seconds inside and printed in the unit that reads best. A row never fails a test; it says "within" or "OVER".
"""

from __future__ import annotations

import gc
import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Timing:
    """The times of several runs of one thing, in seconds."""

    samples: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.samples:
            raise ValueError("a timing needs at least one sample")

    def percentile(self, share: float) -> float:
        """The smallest sample that at least `share` (0 < share ≤ 1) of the samples do not exceed."""
        return sorted(self.samples)[max(0, math.ceil(share * len(self.samples)) - 1)]

    @property
    def p50(self) -> float:
        return self.percentile(0.5)

    @property
    def p95(self) -> float:
        return self.percentile(0.95)


def timed(call: Callable[[], object], *, times: int, warm_up: int = 1) -> Timing:
    """Runs a call `warm_up` times unmeasured and then `times` times; garbage is collected before, not between."""
    for _ in range(warm_up):
        call()
    gc.collect()
    samples = []
    for _ in range(times):
        started = time.perf_counter()
        call()
        samples.append(time.perf_counter() - started)
    return Timing(tuple(samples))


def readable(seconds: float) -> str:
    """A time in the unit that reads best: s, ms or µs."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


@dataclass(frozen=True)
class Row:
    """One line of the report.

    Attributes:
        what: what was measured.
        timing: of the thing itself.
        floor: of the cheapest thing that could do the same, in this run; None where the budget is a time alone.
        floor_name: what that is.
        ratio: the budget as a multiple of the floor (median to median), if it is one.
        p50, p95: the budget as a time in seconds, if it is one.
        count: how many things one sample handles; a rate is printed where it is given.
        facts: what else decides about the figure, e.g. journal mode, synchronous, size of the file.
    """

    what: str
    timing: Timing
    floor: Timing | None = None
    floor_name: str = ""
    ratio: float | None = None
    p50: float | None = None
    p95: float | None = None
    count: int | None = None
    facts: Sequence[str] = ()

    def within(self) -> bool | None:
        """Whether every budget that is given is kept; None where none is."""
        answers = []
        if self.ratio is not None and self.floor is not None:
            answers.append(self.timing.p50 <= self.ratio * self.floor.p50)
        if self.p50 is not None:
            answers.append(self.timing.p50 <= self.p50)
        if self.p95 is not None:
            answers.append(self.timing.p95 <= self.p95)
        return all(answers) if answers else None

    def line(self) -> str:
        parts = [f"{self.what}: {readable(self.timing.p50)}, p95 {readable(self.timing.p95)}"]
        if self.count is not None:
            parts[0] += f", {self.count / self.timing.p50:,.0f}/s"
        if self.floor is not None:
            ratio = self.timing.p50 / self.floor.p50
            parts.append(f"floor {readable(self.floor.p50)} ({self.floor_name}), {ratio:.2f} x")
        budgets = [f"{self.ratio:g} x"] if self.ratio is not None else []
        budgets += [f"p50 {readable(self.p50)}"] if self.p50 is not None else []
        budgets += [f"p95 {readable(self.p95)}"] if self.p95 is not None else []
        if budgets:
            parts.append(f"budget {', '.join(budgets)}: {'within' if self.within() else 'OVER'}")
        return " | ".join([*parts, *self.facts])


def as_installed(compiled: Path) -> dict[str, str]:
    """The environment of a child that runs as an installed program does: from compiled modules, kept in `compiled`."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(compiled)}
