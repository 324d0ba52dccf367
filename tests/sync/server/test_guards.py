"""The guards of the server on both stores: mass deletion, the last words of a revoked device, cursors that are too old."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from sqlalchemy import Connection, func, insert, select

from desktop.ids import new_id
from sync.errors import Unlawful
from sync.operations import Kind, Operation
from sync.server import tables
from sync.server.deletions import ALLOWED_MS, MOST_OF_ALL, MOST_OF_FEW, WINDOW_MS
from sync.server.exchange import LAST_WORDS_MS, Exchange
from sync.server.manifests import offer
from sync.server.pairing import Pairing
from sync.server.proving import Caller
from sync.wire import Outcome, Push
from tests.sync.server.books import BOOKS, NOW, SHOP, TENANT, Books, customer
from tests.sync.server.writer import Writer, Written

SALE = Written("sale", "5" * 32, {"shop_id": SHOP, "total": 1000, "hash": f"{1:064x}"})


@dataclass
class Salon:
    """A tenant whose devices talk to the exchange; its clock may be set."""

    books: Books
    now: int = NOW

    def __post_init__(self) -> None:
        self.exchange = Exchange(self.books.store, lambda: self.now)
        self.pairing = Pairing(self.books.store, lambda: self.now)

        def begin(connection: Connection) -> None:
            row = {"tenant": TENANT, "salon": TENANT, "practice": 1, "manifest_version": 0, "manifest": ""}
            connection.execute(insert(tables.salon), row)
            offer(connection, TENANT, BOOKS)

        self.books.store.tenant(TENANT, begin)
        self.device = self.books.writer()

    def push(self, writer: Writer, *operations: Operation) -> list[Outcome]:
        pushed, _ = self.exchange.push(Caller(TENANT, writer.device), Push(1, operations))
        return [one.outcome for one in pushed.verdicts]

    def customers(self, count: int) -> list[str]:
        """Ids of as many new customers."""
        rows = [new_id().hex for _ in range(count)]
        self.push(self.device, self.device.operation([customer(row) for row in rows]))
        return rows

    def deleting(self, rows: list[str], at: int | None = 1) -> Operation:
        return self.device.operation([Written("customer", row, {"deleted_at": at}, Kind.UPDATE) for row in rows])

    def deleted(self) -> int:
        return sum(one.values.get("deleted_at") is not None for one in self.books.pull().rows)


@pytest.fixture
def salon(books: Books) -> Salon:
    return Salon(books)


def refusal(salon: Salon, *operations: Operation) -> tuple[str, dict[str, object]]:
    with pytest.raises(Unlawful) as refused:
        salon.push(salon.device, *operations)
    return refused.value.code, refused.value.values


def test_a_few_rows_may_always_be_deleted(salon: Salon) -> None:
    rows = salon.customers(MOST_OF_FEW)
    assert salon.push(salon.device, salon.deleting(rows[:-1])) == [Outcome.TAKEN]
    assert salon.deleted() == MOST_OF_FEW - 1


def test_a_large_part_of_a_collection_waits_whole_until_somebody_allows_it(salon: Salon) -> None:
    rows = salon.customers(MOST_OF_FEW * 2)
    new, row = salon.device.operation([customer(new_id().hex)]), salon.deleting(rows[:MOST_OF_FEW])
    assert refusal(salon, new, row) == ("mass_delete", {"collection": "customer", "rows": MOST_OF_FEW})
    assert refusal(salon, new, row)[0] == "mass_delete", "a push that comes again waits too"
    assert (salon.deleted(), salon.books.count(tables.operation)) == (0, 1), "nothing of the push is there"
    other = Caller(TENANT, salon.books.writer().device)
    with pytest.raises(Unlawful, match="own_device"):
        salon.exchange.allow_deletes(Caller(TENANT, salon.device.device), salon.device.device)
    with pytest.raises(Unlawful, match="unknown_device"):
        salon.exchange.allow_deletes(other, "0" * 32)
    assert salon.exchange.allow_deletes(other, salon.device.device).until == NOW + ALLOWED_MS
    assert salon.push(salon.device, new, row) == [Outcome.TAKEN] * 2
    assert salon.deleted() == MOST_OF_FEW
    salon.now += ALLOWED_MS + 1
    assert refusal(salon, salon.deleting(rows[MOST_OF_FEW:]))[0] == "mass_delete", "for an hour, not for ever"


def held(salon: Salon) -> list[int]:
    return [one.held for one in salon.pairing.devices(TENANT).devices]


def test_the_other_devices_see_how_much_waits_until_it_is_allowed_or_undone(salon: Salon) -> None:
    rows = salon.customers(MOST_OF_FEW * 2)
    other = Caller(TENANT, salon.books.writer().device)
    place = [one.id for one in salon.pairing.devices(TENANT).devices].index(salon.device.device)
    assert held(salon) == [0, 0]
    salon.now += 1
    wrong = salon.deleting(rows[:MOST_OF_FEW])
    for _ in range(2):
        refusal(salon, wrong)
        assert (held(salon)[place], sum(held(salon))) == (MOST_OF_FEW, MOST_OF_FEW)
    salon.exchange.allow_deletes(other, salon.device.device)
    assert held(salon) == [0, 0]
    salon.now += ALLOWED_MS + 1
    refusal(salon, wrong)
    assert held(salon)[place] == MOST_OF_FEW, "it was not used"
    salon.now += 1
    salon.push(salon.device, wrong, salon.deleting(rows[:MOST_OF_FEW], at=None))
    assert held(salon) == [0, 0]


def test_small_deletions_one_after_the_other_add_up_for_ten_minutes(salon: Salon) -> None:
    rows = salon.customers(MOST_OF_FEW * 2)
    first = salon.deleting(rows[:10])
    salon.device.now += WINDOW_MS - 3
    second = salon.deleting(rows[10:19])
    assert salon.push(salon.device, first) == salon.push(salon.device, second) == [Outcome.TAKEN]
    assert refusal(salon, salon.deleting(rows[19:21]))[0] == "mass_delete"


def test_days_of_work_that_come_at_once_are_no_mass_deletion(salon: Salon) -> None:
    made = []
    for row in salon.customers(MOST_OF_FEW * 2):
        made.append(salon.deleting([row]))
        salon.device.now += WINDOW_MS // 10
    assert salon.push(salon.device, *made) == [Outcome.TAKEN] * len(made)


def test_of_many_rows_a_small_part_may_be_deleted_but_never_hundreds(salon: Salon) -> None:
    rows = [row for _ in range(11) for row in salon.customers(MOST_OF_ALL * 2)]
    assert salon.push(salon.device, salon.deleting(rows[:MOST_OF_ALL])) == [Outcome.TAKEN]
    assert refusal(salon, salon.deleting(rows[MOST_OF_ALL : MOST_OF_ALL + 1])) == ("mass_delete", {"rows": 201})


def test_only_rows_that_were_there_count_as_deleted(salon: Salon) -> None:
    rows = salon.customers(MOST_OF_FEW - 1)
    gone = [Written("customer", new_id().hex, {"name": "x", "deleted_at": 1}) for _ in range(300)]
    assert salon.push(salon.device, salon.device.operation(gone)) == [Outcome.TAKEN]
    for at in (1, 2, 3):
        assert salon.push(salon.device, salon.deleting(rows, at)) == [Outcome.TAKEN]


def test_what_is_undone_before_it_goes_out_is_no_deletion(salon: Salon) -> None:
    rows = salon.customers(MOST_OF_FEW * 2)
    wrong = salon.deleting(rows)
    assert refusal(salon, wrong)[0] == "mass_delete"
    assert salon.push(salon.device, wrong, salon.deleting(rows, at=None)) == [Outcome.TAKEN] * 2
    assert salon.deleted() == 0


def test_a_revoked_device_hands_in_its_ledger_for_a_month_and_nothing_else(salon: Salon) -> None:
    [row] = salon.customers(1)
    salon.pairing.revoke(TENANT, salon.device.device)
    salon.now += LAST_WORDS_MS
    cursor = salon.books.pull().cursor
    change = Written("customer", row, {"name": "Eva"}, Kind.UPDATE)
    caller = Caller(TENANT, salon.device.device)
    last = salon.device.operation([SALE, change])
    pushed, _ = salon.exchange.push(caller, Push(1, (last,)))
    assert [(one.outcome, one.code) for one in pushed.verdicts] == [(Outcome.REFUSED, "revoked")]
    assert salon.books.values("sale", "5" * 32) == SALE.values
    assert salon.books.values("customer", row) == {"name": "Ana"}
    assert not salon.books.pull(cursor=cursor).rows, "nobody is sent what did not change"
    with pytest.raises(Unlawful, match="revoked"):
        salon.exchange.pull(caller, "", 0)
    salon.now += 1
    assert refusal(salon, salon.device.operation([SALE]))[0] == "revoked"
    assert (
        salon.books.store.read(TENANT, lambda c: c.execute(select(func.count()).select_from(tables.operation)).scalar())
        == 2
    )
