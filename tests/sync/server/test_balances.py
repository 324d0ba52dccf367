"""Bounded claims on a made-up manifest, prepaid cards: nobody takes what is not there, and what happened on paper is counted in the open."""

from __future__ import annotations

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import msgspec
import pytest
from sqlalchemy import func, select

from sync.errors import ManifestError
from sync.manifest import (
    Bound,
    ClaimKind,
    Collection,
    DataClass,
    Field,
    FieldType,
    Manifest,
    Scope,
    Value,
    follows,
)
from sync.merge import Stamp
from sync.operations import Kind, Operation
from sync.server import tables
from sync.server.checks import Rules
from sync.server.judge import Judge
from sync.server.state import StateTaker
from sync.server.store import Store
from sync.wire import Envelope, Outcome, State, StateRow, Verdict
from tests.sync.server.books import NOW, TENANT, Books
from tests.sync.server.writer import Writer, Written

CARD, OTHER = "c" * 32, "d" * 32
_TEXT, _ID, _INTEGER = Field(FieldType.TEXT), Field(FieldType.ID), Field(FieldType.INTEGER)
USE: Final = Collection(
    "card_use",
    DataClass.CLAIM,
    Scope.TENANT,
    {"card_id": _ID, "cents": _INTEGER, "status": _TEXT, "note": _TEXT, "state": _TEXT, "deleted_at": _INTEGER},
    claim=ClaimKind.BOUNDED,
    bound=Bound("card_id", "cents"),
    freeing={"status": ("cancelled",)},
    state="state",
)
SALE: Final = Collection("sale", DataClass.LEDGER, Scope.TENANT, {"total": _INTEGER, "hash": _TEXT})
CARDS: Final = Manifest(1, (USE, SALE))


class Cards(Books):
    """A tenant with prepaid cards."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.judge = Judge(TENANT, CARDS)

    def balance(self, card: str = CARD) -> int:
        """What is on a card, as what comes next is judged by."""
        query = select(func.sum(tables.draw.c.counted)).where(tables.draw.c.balance == card)
        return int(self.store.read(TENANT, lambda c: c.execute(query).scalar()) or 0)

    def word(self, row: str) -> Value:
        found = self.values("card_use", row)
        assert found is not None
        return found["state"]


@pytest.fixture
def cards(store: Store) -> Cards:
    made = Cards(store)
    one = made.writer()
    made.push(one.operation([use("0" * 32, 50_00)]))
    return made


def use(row: str, cents: int, card: str = CARD, kind: Kind = Kind.INSERT, **more: Value) -> Written:
    return Written("card_use", row, {"card_id": card, "cents": cents, "state": "confirmed"} | more, kind)


def changed(row: str, **values: Value) -> Written:
    return Written("card_use", row, values, Kind.UPDATE)


def sold(writer: Writer, row: str, *written: Written) -> Operation:
    """An operation that holds a ledger row: a receipt was given."""
    return writer.operation([*written, Written("sale", row, {"total": 1, "hash": f"{len(written) + 1:064x}"})])


def test_what_is_there_is_taken_and_no_more(cards: Cards) -> None:
    here, there = cards.writer(), cards.writer()
    [first] = cards.push(here.operation([use("1" * 32, -30_00)]))
    [second] = cards.push(there.operation([use("2" * 32, -30_00)]))
    [third] = cards.push(there.operation([use("3" * 32, -20_00)]))
    assert [first.outcome, second.outcome, third.outcome] == [Outcome.TAKEN, Outcome.CONFLICT, Outcome.TAKEN]
    assert second.conflicts == ("2" * 32,)
    assert [cards.word(one * 32) for one in "123"] == ["confirmed", "conflict", "confirmed"]
    assert cards.balance() == 0


def test_an_operation_with_a_receipt_is_never_refused_and_the_balance_goes_below_in_the_open(cards: Cards) -> None:
    here = cards.writer()
    [verdict] = cards.push(sold(here, "7" * 32, use("1" * 32, -80_00)))
    assert (verdict.outcome, verdict.conflicts) == (Outcome.CONFLICT, ("1" * 32,))
    assert cards.values("sale", "7" * 32) is not None
    assert cards.word("1" * 32) == "conflict"
    assert cards.balance() == -30_00
    [small] = cards.push(here.operation([use("2" * 32, -1)]))
    assert small.outcome is Outcome.CONFLICT
    cards.push(here.operation([use("3" * 32, 40_00)]))
    assert cards.word("3" * 32) == "confirmed"
    [again] = cards.push(here.operation([use("4" * 32, -10_00)]))
    assert again.outcome is Outcome.TAKEN
    assert cards.balance() == 0


@pytest.mark.parametrize("freed", [{"status": "cancelled"}, {"deleted_at": NOW}])
def test_what_is_called_off_is_given_back(cards: Cards, freed: dict[str, Value]) -> None:
    here = cards.writer()
    cards.push(here.operation([use("1" * 32, -50_00)]))
    cards.push(here.operation([changed("1" * 32, **freed)]))
    assert cards.balance() == 50_00
    [taken] = cards.push(here.operation([use("2" * 32, -50_00)]))
    assert taken.outcome is Outcome.TAKEN
    back = dict.fromkeys(freed)
    [again] = cards.push(here.operation([changed("1" * 32, **back)]))
    assert again.outcome is Outcome.CONFLICT
    assert cards.balance() == 0


def test_a_use_goes_to_another_card_whole(cards: Cards) -> None:
    here = cards.writer()
    cards.push(here.operation([use("1" * 32, -20_00), use("9" * 32, 5_00, OTHER)]))
    [verdict] = cards.push(here.operation([changed("1" * 32, card_id=OTHER)]))
    assert verdict.outcome is Outcome.CONFLICT
    assert (cards.balance(), cards.balance(OTHER)) == (50_00, 5_00)
    [verdict] = cards.push(here.operation([changed("1" * 32, cents=-5_00)]))
    assert verdict.outcome is Outcome.TAKEN
    assert (cards.balance(), cards.balance(OTHER)) == (50_00, 0)


def test_what_moves_away_is_there_for_the_next_of_the_same_push(cards: Cards) -> None:
    here = cards.writer()
    cards.push(here.operation([use("1" * 32, -20_00), use("9" * 32, 20_00, OTHER)]))
    moved, next_one = here.operation([changed("1" * 32, card_id=OTHER)]), here.operation([use("2" * 32, -50_00)])
    assert [one.outcome for one in cards.push(moved, next_one)] == [Outcome.TAKEN, Outcome.TAKEN]
    assert (cards.balance(), cards.balance(OTHER)) == (0, 0)


def test_what_happened_counts_also_after_it_was_corrected(cards: Cards) -> None:
    here = cards.writer()
    cards.push(sold(here, "7" * 32, use("1" * 32, -80_00)))
    [verdict] = cards.push(here.operation([changed("1" * 32, cents=-70_00)]))
    assert verdict.outcome is Outcome.CONFLICT
    assert cards.balance() == -20_00
    [verdict] = cards.push(here.operation([changed("1" * 32, cents=-50_00)]))
    assert verdict.outcome is Outcome.TAKEN
    assert cards.balance() == 0


def test_what_was_given_and_spent_is_not_taken_away_in_silence(cards: Cards) -> None:
    here = cards.writer()
    cards.push(here.operation([use("1" * 32, -50_00)]))
    [verdict] = cards.push(here.operation([changed("0" * 32, deleted_at=NOW)]))
    assert verdict.conflicts == ("0" * 32,)
    assert cards.balance() == -50_00


def test_what_was_held_stays_held_whatever_others_do(cards: Cards) -> None:
    here, there = cards.writer(), cards.writer()
    cards.push(here.operation([use("1" * 32, -50_00)]))
    cards.push(sold(there, "7" * 32, use("2" * 32, -10_00)))
    [noted] = cards.push(here.operation([changed("1" * 32, note="kava")]))
    [less] = cards.push(here.operation([changed("1" * 32, cents=-45_00)]))
    assert [noted.outcome, less.outcome] == [Outcome.TAKEN, Outcome.TAKEN]
    assert cards.word("1" * 32) == "confirmed"
    [still] = cards.push(there.operation([changed("2" * 32, note="čaj")]))
    assert still.outcome is Outcome.CONFLICT
    assert cards.balance() == -5_00


def test_what_is_refused_or_comes_twice_takes_nothing(cards: Cards) -> None:
    here = cards.writer()
    bad = Written("card_use", "8" * 32, {"cents": "much"})
    good, wrong = here.operation([use("1" * 32, -10_00)]), here.operation([use("2" * 32, -10_00), bad])
    after = here.operation([use("3" * 32, -40_00)])
    first = cards.push(good, wrong, after)
    assert [one.outcome for one in first] == [Outcome.TAKEN, Outcome.REFUSED, Outcome.TAKEN]
    assert cards.push(good, wrong, after) == first
    assert cards.balance() == 0


def test_two_that_come_at_once_do_not_take_the_same(cards: Cards) -> None:
    made = [cards.writer().operation([use(f"{n:032x}", -30_00)]) for n in range(1, 9)]
    with ThreadPoolExecutor(8) as pool:
        said = [verdict for [verdict] in pool.map(cards.push, made)]
    assert sorted(one.outcome for one in said) == [Outcome.CONFLICT] * 7 + [Outcome.TAKEN]
    assert cards.balance() == 20_00


def test_a_desk_that_worked_alone_brings_its_uses_in_the_order_of_their_clocks(cards: Cards) -> None:
    """What it confirmed itself has happened: the later one is in conflict, and counts."""
    alone = cards.writer()
    rows, envelopes = [], []
    for row, ago, word in (("3", 1_000, "conflict"), ("2", 2_000, "confirmed"), ("1", 3_000, "confirmed")):
        alone.now = NOW - ago
        operation = alone.operation([use(row * 32, -40_00)])
        envelopes.append(Envelope(**{name: getattr(operation, name) for name in Envelope.__struct_fields__}))
        values: dict[str, Value] = {"card_id": CARD, "cents": -40_00, "state": word}
        stamp = Stamp(operation.clock, operation.device, operation.id)
        rows.append(StateRow("card_use", row * 32, values, {"*": stamp}))
    taker = StateTaker(TENANT, Rules(CARDS))
    state = State(1, tuple(rows), tuple(envelopes))
    for _ in range(2):
        said = cards.store.tenant(TENANT, lambda c: taker.take(c, alone.device, state, NOW))
        assert {(one.row, one.code) for one in said.notes} == {("2" * 32, "conflict"), ("3" * 32, "conflict")}
        assert [cards.word(one * 32) for one in "123"] == ["confirmed", "conflict", "conflict"]
        assert cards.balance() == -30_00


@pytest.mark.parametrize("seed", range(20))
def test_any_order_of_any_devices_ends_as_a_plain_count_says(cards: Cards, seed: int) -> None:
    """Three devices take, give, change and call off, each in its own order; pushes come late and twice."""
    dice = random.Random(seed)
    devices = [cards.writer() for _ in range(3)]
    waiting: list[list[Operation]] = [[] for _ in devices]
    sent: list[list[Operation]] = [[] for _ in devices]
    plain = Plain({"0" * 32: (50_00, 50_00, True)})
    rows: list[str] = []
    for n in range(1, 25):
        place = dice.randrange(3)
        row = dice.choice(rows) if rows and dice.random() < 0.4 else f"{n:032x}"
        kind = Kind.UPDATE if row in rows else Kind.INSERT
        cents = dice.choice((-20_00, -10_00, -5_00, 10_00, 0))
        devices[place].now = NOW + n * 10  # a later one is later for everybody
        written = Written("card_use", row, {"card_id": CARD, "cents": cents, "state": "confirmed"}, kind)
        if kind is Kind.INSERT:
            rows.append(row)
        happened = dice.random() < 0.3
        made = sold(devices[place], f"{n + 1_000:032x}", written) if happened else devices[place].operation([written])
        waiting[place].append(made)
        if kind is Kind.UPDATE or dice.random() < 0.5:  # who changes a row has seen it: everything before is there
            for mine, theirs in zip(waiting, sent, strict=True):
                if mine:
                    verdicts = cards.push(*mine)
                    assert cards.push(*theirs[-1:], *mine)[len(theirs[-1:]) :] == verdicts
                    plain.judge(mine, verdicts)
                    theirs += mine
                    mine.clear()
    assert cards.balance() == plain.balance()
    assert {row: cards.word(row) for row in plain.rows} == plain.words()


class Plain:
    """Counts from the beginning for each operation. `rows`: what each asks, what of it counts, whether it is held."""

    def __init__(self, rows: dict[str, tuple[int, int, bool]]) -> None:
        self.rows = rows

    def balance(self, without: str = "") -> int:
        return sum(counted for row, (_, counted, _) in self.rows.items() if row != without)

    def words(self) -> dict[str, str]:
        return {row: "confirmed" if held else "conflict" for row, (_, _, held) in self.rows.items()}

    def judge(self, operations: Sequence[Operation], verdicts: Sequence[Verdict]) -> None:
        for one, verdict in zip(operations, verdicts, strict=True):
            change: Any = one.changes[0]
            asked, happened = change.values["cents"], len(one.changes) > 1
            was, counted, held = self.rows.get(change.row, (0, 0, True))
            if change.row not in self.rows or asked != was:
                open_before = not held and counted == was < 0
                held = self.balance(change.row) + asked >= 0 or (held and asked >= was)
                self.rows[change.row] = asked, asked if held or happened or open_before or asked > 0 else 0, held
            assert (verdict.outcome is Outcome.CONFLICT) == (not held), one.n


# The manifest


def test_a_bounded_claim_names_its_balance() -> None:
    for wrong in (
        msgspec.structs.replace(USE, bound=None),
        msgspec.structs.replace(USE, bound=Bound("card_id", "note")),
        msgspec.structs.replace(USE, bound=Bound("nothing", "cents")),
        msgspec.structs.replace(SALE, bound=Bound("hash", "total")),
    ):
        with pytest.raises(ManifestError):
            Manifest(1, (wrong,))


def test_a_bound_never_changes() -> None:
    other = msgspec.structs.replace(USE, bound=Bound("card_id", "cents", -100_00))
    with pytest.raises(ManifestError, match="bound changed"):
        follows(CARDS, Manifest(2, (other, SALE)))
