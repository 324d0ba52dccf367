"""What printers say about themselves, byte by byte."""

from hypothesis import given
from hypothesis import strategies as st

from printing.status import UNKNOWN, Status, StatusReader


def ask(*answers: tuple[int, int]) -> Status:
    reader = StatusReader()
    for question, byte in answers:
        reader.asked(question)
        reader.feed(bytes((byte,)))
    assert reader.garbage == 0
    return reader.status


def test_nothing_said_is_not_ready() -> None:
    assert UNKNOWN.blocked is None
    assert not UNKNOWN.ready
    assert not ask((1, 0x12)).ready


def test_all_answered_and_well() -> None:
    status = ask((1, 0x12), (2, 0x12), (3, 0x12), (4, 0x12))
    assert status.ready
    assert status == Status(False, False, False, False, False, False)


def test_what_is_wrong() -> None:
    well = ((1, 0x12), (2, 0x12), (3, 0x12), (4, 0x12))
    assert ask((1, 0x1A), *well[1:]).blocked == "offline"
    assert ask(well[0], (2, 0x16), *well[2:]).blocked == "cover_open"
    assert ask(well[0], (2, 0x32), *well[2:]).blocked == "paper_out"
    assert ask(well[0], (2, 0x52), *well[2:]).blocked == "error"
    assert ask(*well[:2], (3, 0x1A), well[3]).blocked == "error"
    assert ask(*well[:3], (4, 0x7E)).blocked == "paper_out"
    low = ask(*well[:3], (4, 0x1E))
    assert (low.ready, low.paper_low) == (True, True)
    assert ask((1, 0x16)).drawer_high is True


def test_automatic_status_between_answers() -> None:
    reader = StatusReader()
    reader.asked(1)
    reader.feed(b"\x38\x00\x0c\x0f\x12")
    assert reader.status == Status(False, True, True, False, False, False)
    assert reader.answers == 1


def test_flow_control_may_stand_inside() -> None:
    reader = StatusReader()
    reader.feed(b"\x10\x13\x00\x11\x00\x0f")
    assert reader.status.offline is False
    assert reader.garbage == 0


def test_the_answer_behind_the_job_counts_only_if_asked() -> None:
    reader = StatusReader()
    reader.feed(b"\x00")
    assert (reader.processed, reader.garbage) == (0, 1)
    reader.asked_processed()
    reader.feed(b"\x0c")
    assert (reader.processed, reader.status.paper_out) == (1, True)


def test_a_late_answer_is_not_taken_for_another_question() -> None:
    reader = StatusReader()
    reader.asked(2)
    reader.gave_up()
    reader.feed(b"\x16")
    assert reader.status == UNKNOWN
    assert reader.garbage == 1


def test_names_are_skipped() -> None:
    reader = StatusReader()
    reader.asked(1)
    reader.feed(b"_TM-T20III\x00\x12")
    assert reader.status.offline is False


@given(st.lists(st.binary(max_size=20) | st.integers(1, 4), max_size=20))
def test_nothing_a_printer_sends_raises_or_invents_readiness(steps: list[bytes | int]) -> None:
    reader = StatusReader()
    asked: set[int] = set()
    for step in steps:
        if isinstance(step, int):
            reader.asked(step)
            asked.add(step)
        else:
            reader.feed(step)
    if reader.status.ready and asked != {1, 2, 3, 4}:
        assert any(byte & 0x93 == 0x10 for step in steps if isinstance(step, bytes) for byte in step), (
            "no automatic status"
        )


@given(st.binary(max_size=60), st.integers(0, 60))
def test_pieces_make_no_difference(data: bytes, cut: int) -> None:
    whole, pieces = StatusReader(), StatusReader()
    for reader in (whole, pieces):
        for question in (1, 2, 3, 4):
            reader.asked(question)
        reader.asked_processed()
    whole.feed(data)
    pieces.feed(data[:cut])
    pieces.feed(data[cut:])
    assert (whole.status, whole.garbage, whole.processed) == (pieces.status, pieces.garbage, pieces.processed)
