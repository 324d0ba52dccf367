"""Operations of one push are judged as if they came one by one, and what they leave is the same on every store."""

from __future__ import annotations

import pytest

from desktop.ids import new_id
from sync.errors import Unlawful
from sync.operations import Kind
from sync.server import tables
from sync.wire import Outcome
from tests.sync.server.books import SHOP, Books, customer, place, series, visit
from tests.sync.server.writer import Written

ONE, TWO, THREE = "1" * 32, "2" * 32, "3" * 32
TAKEN, CONFLICT, REFUSED = Outcome.TAKEN, Outcome.CONFLICT, Outcome.REFUSED
STRAY = Written("nowhere", ONE, {"name": "?"})


def outcomes(books: Books, *operations: list[Written], split: bool) -> list[Outcome]:
    """What becomes of the operations of one device, in one push or in one each."""
    writer = books.writer()
    made = [writer.operation(rows) for rows in operations]
    if split:
        return [books.push(one)[0].outcome for one in made]
    return [one.outcome for one in books.push(*made)]


@pytest.fixture(params=[False, True], ids=["one push", "a push each"])
def split(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_a_place_that_was_freed_can_be_taken_and_one_that_was_taken_cannot(books: Books, split: bool) -> None:
    said = outcomes(
        books,
        [visit(ONE, 9, 10)],
        [visit(TWO, 10)],
        [visit(ONE, 9, kind=Kind.UPDATE)],
        [visit(TWO, 10, kind=Kind.UPDATE)],
        [visit(ONE, 10, 11, kind=Kind.UPDATE)],
        [visit(THREE, 9)],
        split=split,
    )
    assert said == [TAKEN, CONFLICT, TAKEN, TAKEN, CONFLICT, TAKEN]
    assert books.holders() == {9: THREE, 10: TWO}


@pytest.mark.parametrize("field", ["note", "status"])
def test_who_writes_another_field_does_not_move_a_visit_back_to_where_they_saw_it(books: Books, field: str) -> None:
    """The places that come with it are those of the row as that device sees it, which somebody else has moved meanwhile."""
    said = outcomes(
        books,
        [visit(ONE, 9)],
        [visit(ONE, 11, kind=Kind.UPDATE)],
        [Written("visit", ONE, {field: "arrived"}, Kind.UPDATE, (place(9),))],
        [visit(TWO, 9)],
        [visit(THREE, 11)],
        split=False,
    )
    assert said == [TAKEN, TAKEN, TAKEN, TAKEN, CONFLICT]
    assert books.holders() == {9: TWO, 11: ONE}


def test_who_moves_a_visit_that_somebody_called_off_takes_no_place(books: Books) -> None:
    said = outcomes(
        books,
        [visit(ONE, 9)],
        [Written("visit", ONE, {"status": "cancelled"}, Kind.UPDATE, (place(9),))],
        [visit(ONE, 11, kind=Kind.UPDATE)],
        [visit(TWO, 9, 11)],
        [Written("visit", ONE, {"status": "confirmed"}, Kind.UPDATE, (place(9),))],
        split=False,
    )
    assert said == [TAKEN, TAKEN, TAKEN, TAKEN, CONFLICT]
    assert books.holders() == {9: TWO, 11: TWO}


def test_two_visits_change_places(books: Books, split: bool) -> None:
    said = outcomes(
        books,
        [visit(ONE, 9), visit(TWO, 10)],
        [visit(ONE, 11, kind=Kind.UPDATE)],
        [visit(TWO, 9, kind=Kind.UPDATE)],
        [visit(ONE, 10, kind=Kind.UPDATE)],
        split=split,
    )
    assert said == [TAKEN] * 4
    assert books.holders() == {9: TWO, 10: ONE}


def test_a_visit_may_name_a_place_twice(books: Books) -> None:
    assert outcomes(books, [visit(ONE, 9, 9)], split=False) == [TAKEN]
    assert books.holders() == {9: ONE}


def test_an_operation_that_is_refused_leaves_places_names_and_rows_as_they_were(books: Books, split: bool) -> None:
    said = outcomes(
        books,
        [visit(ONE, 9), series(ONE, "S1"), customer(ONE, "Ana")],
        [visit(ONE, 10, kind=Kind.UPDATE), series(ONE, "S2"), customer(ONE, "Eva", Kind.UPDATE), STRAY],
        [visit(TWO, 10)],
        [visit(THREE, 9)],
        [series(TWO, "S2")],
        [series(THREE, "S1")],
        split=split,
    )
    assert said == [TAKEN, REFUSED, TAKEN, CONFLICT, TAKEN, CONFLICT]
    assert books.holders() == {9: ONE, 10: TWO}
    assert books.values("customer", ONE) == {"name": "Ana"}


def test_a_name_is_free_again_when_its_bearer_has_another_or_is_deleted(books: Books, split: bool) -> None:
    said = outcomes(
        books,
        [series(ONE, "S1")],
        [series(TWO, "S1")],
        [series(ONE, "S2")],
        [series(TWO, "S1")],
        [series(ONE, "S2", deleted_at=1)],
        [series(THREE, "S2")],
        [series(ONE, "S2", deleted_at=None)],
        split=split,
    )
    assert said == [TAKEN, CONFLICT, TAKEN, TAKEN, TAKEN, TAKEN, CONFLICT]
    assert books.count(tables.name) == 2


def test_every_row_has_its_own_place_in_the_order_of_its_first_change(books: Books) -> None:
    ids = [new_id().hex for _ in range(6)]
    writer = books.writer()
    books.push(writer.operation([customer(ids[0]), customer(ids[1])]))
    books.push(
        writer.operation([customer(ids[2]), customer(ids[0], "Eva", Kind.UPDATE)]),
        writer.operation([customer(ids[3]), customer(ids[2], "Eva", Kind.UPDATE), visit(ids[5], 9)]),
        writer.operation([customer(ids[1], "Eva", Kind.UPDATE), STRAY]),
    )
    page = books.pull()
    assert [(row.seq, row.row) for row in page.rows] == [(3, ids[2]), (4, ids[0]), (5, ids[3]), (6, ids[1])]
    assert [row.values["name"] for row in page.rows] == ["Eva", "Eva", "Ana", "Ana"]
    assert page.cursor == 6
    assert [(row.seq, row.row) for row in books.pull(SHOP).rows] == [(1, ids[5])]
    assert books.pull(cursor=6).rows == ()


def test_a_row_of_another_shop_is_not_changed(books: Books) -> None:
    books.push(books.writer().operation([Written("key", ONE, {"shop_id": SHOP, "name": "front"})]))
    there = books.writer("2" * 32)
    [verdict] = books.push(there.operation([Written("key", ONE, {"name": "back"}, Kind.UPDATE)]))
    assert (verdict.outcome, verdict.code) == (REFUSED, "foreign_shop")
    assert books.values("key", ONE) == {"shop_id": SHOP, "name": "front"}


def test_a_ledger_row_with_other_bytes_stays_aside_once(books: Books, split: bool) -> None:
    first = {"shop_id": SHOP, "total": 1, "hash": f"{1:064x}"}
    other = {"shop_id": SHOP, "total": 2, "hash": f"{2:064x}"}
    said = outcomes(
        books,
        [Written("sale", ONE, first)],
        [Written("customer", TWO, {"name": "Ana"}), Written("sale", ONE, other)],
        [Written("customer", TWO, {"name": "Ana"}), Written("sale", ONE, other)],
        [Written("sale", ONE, first), STRAY],
        split=split,
    )
    assert said == [TAKEN, CONFLICT, CONFLICT, REFUSED]
    assert books.values("sale", ONE) == first
    assert books.count(tables.alarm) == 1


def test_the_same_operation_twice_in_one_push_has_one_effect(books: Books) -> None:
    writer = books.writer()
    one, two = writer.operation([customer(ONE)]), writer.operation([customer(TWO)])
    first, again, other = books.push(one, one, two)
    assert first == again
    assert (first.n, other.n) == (1, 2)
    assert books.push(one, two) == [first, other]
    assert books.count(tables.operation) == 2


@pytest.mark.parametrize("code", ["gap", "forked"])
def test_a_push_that_does_not_follow_is_refused_whole(books: Books, code: str) -> None:
    writer, other = books.writer(), books.writer()
    one, _missing, three = (writer.operation([customer(row)]) for row in (ONE, TWO, THREE))
    other.device = writer.device
    wrong = three if code == "gap" else [other.operation([customer(ONE)]), other.operation([customer(TWO)])][1]
    with pytest.raises(Unlawful, match=code):
        books.push(one, wrong)
    assert books.count(tables.row) == 0
    assert books.push(one)[0].outcome is TAKEN


def test_a_collection_with_a_name_that_no_database_stores_is_unknown(books: Books) -> None:
    [verdict] = books.push(books.writer().operation([Written("no\x00where", ONE, {"name": "?\x00"})]))
    assert (verdict.outcome, verdict.code) == (REFUSED, "unknown_collection")
    assert outcomes(books, [customer(ONE, "a\x00b")], split=False) == [TAKEN]
    assert books.values("customer", ONE) == {"name": "a\x00b"}


def test_more_places_and_rows_than_one_query_asks_for(books: Books) -> None:
    writer = books.writer()
    ids = [new_id().hex for _ in range(2_500)]
    rows = [
        Written("visit", row, {"shop_id": SHOP, "times": str(n)}, Kind.INSERT, (place(n),)) for n, row in enumerate(ids)
    ]
    assert books.push(writer.operation(rows))[0].outcome is TAKEN
    assert books.push(writer.operation(rows))[0].outcome is TAKEN
    assert books.push(books.writer().operation([visit(ONE, 2_499)]))[0].outcome is CONFLICT
    assert books.count(tables.place) == 2_500
