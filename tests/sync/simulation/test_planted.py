"""The simulation finds bugs: each that is planted is caught by its known seed, and the same history without it is clean."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Final

import pytest

from tests.sync.simulation import planted_here as here
from tests.sync.simulation import planted_there as there
from tests.sync.simulation.backend import Violation
from tests.sync.simulation.checks import check
from tests.sync.simulation.find_seeds import bugs
from tests.sync.simulation.history import play
from tests.sync.simulation.planted_here import Planted

#: Bug → the seed that catches it, as `python -m tests.sync.simulation.find_seeds --enough 1` finds it.
SEEDS: Final[dict[Callable[[], Planted], int]] = {
    here.acknowledged_before_it_is_pushed: 1,
    here.cursor_before_the_rows: 57,
    here.a_pull_overwrites_what_is_pending: 1,
    here.what_was_judged_is_still_pending: 52,
    here.what_got_no_answer_is_given_up: 1,
    here.the_clock_stays_behind_what_was_pulled: 10,
    here.one_cursor_for_all_scopes: 0,
    here.no_try_after_a_failure: 0,
    here.a_refused_operation_blocks_the_queue: 14,
    here.a_refused_operation_is_not_shown: 14,
    here.what_is_unknown_here_is_dropped: 8,
    here.deleted_rows_stay: 5,
    here.only_new_rows_are_taken: 0,
    here.everything_counts_as_written_at_its_making: 9,
    here.the_upload_goes_on_before_it_is_answered: 7,
    here.what_went_up_as_state_is_pushed_again: 0,
    here.the_cursors_of_another_server_stay: 0,
    here.a_snapshot_overwrites_what_was_pulled: 9,
    here.a_snapshot_is_kept_in_halves: 0,
    there.the_later_row_wins_whole: 5,
    there.who_comes_last_wins: 2,
    there.who_comes_first_wins_a_tie: 107,
    there.a_group_is_taken_apart: 2,
    there.a_clock_far_ahead_counts: 10,
    there.clocks_far_ahead_are_all_one: 113,
    there.known_numbers_are_believed: 4,
    there.the_word_is_forgotten: 9,
    there.answered_before_it_is_committed: 1,
    there.a_changed_row_keeps_its_place: 0,
    there.a_page_ends_at_the_counter: 1,
    there.the_cursor_is_a_time: 0,
    there.places_are_not_given_back: 4,
    there.places_are_held_by_two: 9,
    there.places_of_whoever_wrote_last: 4,
    there.a_conflict_is_not_written_into_the_row: 2,
    there.a_refused_operation_leaves_its_first_rows: 15,
    there.ledger_rows_of_a_refused_operation_are_dropped: 14,
    there.a_refused_operation_takes_the_one_before_back: 18,
    there.what_was_refused_is_not_shown_again: 14,
    there.the_rows_of_the_tenant_alone_are_counted: 0,
    there.names_are_borne_by_two: 0,
    there.uploaded_claims_are_all_confirmed: 27,
    there.uploaded_rows_win_whole: 5,
    there.a_second_receipt_of_a_bill_is_dropped: 19,
}


@functools.cache
def clean(seed: int) -> str:
    """The history of a seed without any planted bug; its digest."""
    return play(seed, check).digest


@pytest.mark.parametrize("bug", SEEDS, ids=lambda bug: bug.__name__)
def test_a_planted_bug_is_caught(bug: Callable[[], Planted]) -> None:
    clean(SEEDS[bug])
    with bug(), pytest.raises(Violation):
        play(SEEDS[bug], check)


def test_every_bug_that_may_be_planted_has_a_seed() -> None:
    assert set(SEEDS) == set(bugs().values())
