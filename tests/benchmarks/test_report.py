"""The report of the benchmarks counts right; this file itself measures nothing and runs with all tests."""

import pytest

from tests.benchmarks.report import Row, Timing, readable, timed


def test_percentiles_are_samples() -> None:
    timing = Timing(tuple(number / 1000 for number in range(100, 0, -1)))
    assert (timing.p50, timing.p95, timing.percentile(1)) == (0.050, 0.095, 0.100)
    assert Timing((0.5,)).p95 == 0.5
    with pytest.raises(ValueError, match="at least one"):
        Timing(())


@pytest.mark.parametrize(
    ("seconds", "text"), [(2.5, "2.5 s"), (0.0123, "12.3 ms"), (0.0000042, "4.2 µs"), (0.0, "0 µs")]
)
def test_a_time_is_printed_in_the_unit_that_reads_best(seconds: float, text: str) -> None:
    assert readable(seconds) == text


def test_a_call_is_warmed_up_and_then_timed() -> None:
    calls: list[int] = []
    timing = timed(lambda: calls.append(1), times=5, warm_up=2)
    assert (len(calls), len(timing.samples)) == (7, 5)


def test_a_row_shows_floor_ratio_budget_and_facts() -> None:
    row = Row(
        "check-out", Timing((0.004,)), floor=Timing((0.001,)), floor_name="signature", ratio=6, p95=0.015, facts=["WAL"]
    )
    assert row.line() == (
        "check-out: 4 ms, p95 4 ms | floor 1 ms (signature), 4.00 x | budget 6 x, p95 15 ms: within | WAL"
    )
    assert Row("push", Timing((0.5,)), count=20000).line() == "push: 500 ms, p95 500 ms, 40,000/s"


@pytest.mark.parametrize(
    ("row", "within"),
    [
        (Row("a", Timing((7.0,)), floor=Timing((1.0,)), ratio=6), False),
        (Row("a", Timing((6.0,)), floor=Timing((1.0,)), ratio=6), True),
        (Row("a", Timing((1.0, 1.0, 9.0)), p95=5), False),
        (Row("a", Timing((1.0, 1.0, 9.0)), p50=5), True),
        (Row("a", Timing((7.0,)), floor=Timing((1.0,)), ratio=6, p50=10), False),
        (Row("a", Timing((1.0,))), None),
    ],
)
def test_a_row_says_whether_it_is_within_its_budget(row: Row, within: bool | None) -> None:
    assert row.within() is within
    assert ("OVER" in row.line()) is (within is False)
