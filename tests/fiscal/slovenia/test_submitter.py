"""The submitter with a real database against the stand-in over real TLS: outages, lost answers, refusals, restarts."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from fiscal.channel import BACKGROUND, COUNTER
from fiscal.errors import RefusedByAuthority, Unreachable
from fiscal.journal import EntryKind, append, pending_count
from fiscal.port import Confirmation, Status, Transact
from fiscal.records import FailureRecord
from fiscal.slovenia.client import FursClient
from fiscal.slovenia.environment import Endpoint, Mode
from fiscal.slovenia.premise import register_premise, registered
from fiscal.slovenia.premises import MovableKind, Premise
from fiscal.slovenia.standin.certificates import TAX_NUMBER
from fiscal.slovenia.standin.faults import Fault
from fiscal.slovenia.standin.server import StandIn
from fiscal.slovenia.trust import Anchors
from fiscal.submitter import Line, Submitter
from fiscal.tables import outbox
from tests.fiscal.till import Clock, Till
from tests.fiscal.world import DEVICE, SHOP, Drafts


async def test_at_the_counter(till: Till, furs: StandIn) -> None:
    sale = till.sell()
    known = await till.submitter.submit_now(sale.document_id)
    assert known is not None
    assert (known.status, known.attempts, known.code) == (Status.CONFIRMED, 1, None)
    assert known.confirmation == furs.received[0].eor
    assert till.known(sale) == known
    assert till.kinds(sale) == ["seal", "request", "confirmation"]
    assert "SubsequentSubmit" not in furs.received[0].invoice
    await asyncio.sleep(0)
    assert till.outcomes == [known]
    assert till.submitter.line is Line.UP


async def test_a_document_that_needs_no_submission(till: Till, furs: StandIn, draft: Drafts) -> None:
    assert await till.submitter.submit_now(draft().document_id) is None
    assert furs.received == []


async def test_a_confirmed_document_is_not_sent_again(till: Till, furs: StandIn) -> None:
    sale = till.sell()
    first = await till.submitter.submit_now(sale.document_id)
    assert await till.submitter.submit_now(sale.document_id) == first
    assert len(furs.received) == 1


async def test_two_calls_at_once_are_one_try(till: Till, furs: StandIn) -> None:
    furs.plan(Fault.SLOW, seconds=0.2)
    sale = till.sell()
    first, second = await asyncio.gather(*(till.submitter.submit_now(sale.document_id) for _ in range(2)))
    assert first == second
    assert len(furs.received) == 1


@pytest.mark.parametrize("fault", [Fault.RESET_BEFORE, Fault.HTML, Fault.ROGUE_SIGNER, Fault.WRONG_MESSAGE_ID])
async def test_no_answer_then_the_loop_sends_it_later(till: Till, furs: StandIn, fault: Fault) -> None:
    furs.plan(fault)
    sale = till.sell()
    known = await till.submitter.submit_now(sale.document_id)
    assert known is not None
    assert (known.status, known.confirmation) == (Status.PENDING, None)
    assert till.submitter.line is Line.DOWN
    till.submitter.start()
    till.submitter.wake()
    await till.all_confirmed()
    assert till.kinds(sale) == ["seal", "request", "failure", "request", "confirmation"]
    assert till.late() == [False, True]
    assert furs.accepted[-1].invoice["SubsequentSubmit"] is True
    assert till.known(sale).confirmation == furs.accepted[-1].eor


async def test_a_lost_answer_keeps_one_number_and_the_last_confirmation(till: Till, furs: StandIn) -> None:
    furs.plan(Fault.RESET_AFTER)
    sale = till.sell()
    await till.submitter.submit_now(sale.document_id)
    till.submitter.start()
    till.submitter.wake()
    await till.all_confirmed()
    first, second = furs.accepted
    assert first.invoice["InvoiceIdentifier"] == second.invoice["InvoiceIdentifier"]
    assert first.invoice["ProtectedID"] == second.invoice["ProtectedID"]
    assert first.message_id != second.message_id
    assert till.known(sale).confirmation == second.eor


async def test_the_counter_does_not_wait_for_a_dead_line_twice(till: Till, furs: StandIn) -> None:
    furs.stop()
    first, second = till.sell(), till.sell()
    await till.submitter.submit_now(first.document_id)
    known = await till.submitter.submit_now(second.document_id)
    assert known is not None
    assert (known.status, known.attempts) == (Status.PENDING, 0)
    assert till.late() == [False]  # the second was not even tried
    furs.start()
    till.submitter.start()
    till.submitter.wake()
    await till.all_confirmed()
    # Both were handed out without a confirmation, so both go out as later ones.
    assert [one.invoice["SubsequentSubmit"] for one in furs.accepted] == [True, True]


async def test_silence_takes_no_longer_than_the_counter_may(till: Till, furs: StandIn) -> None:
    furs.plan(Fault.SILENCE)
    sale = till.sell()
    async with asyncio.timeout(COUNTER.total + 3):
        known = await till.submitter.submit_now(sale.document_id)
    assert known is not None
    assert (known.status, known.code) == (Status.PENDING, "timeout")


async def test_a_backlog_goes_out_in_order_behind_the_receipt_at_the_counter(till: Till, furs: StandIn) -> None:
    furs.stop()
    backlog = [till.sell() for _ in range(5)]
    await till.submitter.submit_now(backlog[0].document_id)
    furs.start()
    await till.restart()  # what an earlier run left behind
    newest = till.sell()
    await till.submitter.submit_now(newest.document_id)
    till.submitter.start()
    for draft in backlog:  # their grace at the counter is over
        with till.engine.begin() as connection:
            connection.execute(
                update(outbox).where(outbox.c.document_id == draft.document_id.bytes).values(next_try_at=0)
            )
    till.submitter.wake()
    await till.all_confirmed()
    numbers = [one.invoice["InvoiceIdentifier"]["InvoiceNumber"] for one in furs.accepted]
    assert numbers == ["6", "1", "2", "3", "4", "5"]


async def test_one_refused_is_set_aside_and_those_behind_go_on(till: Till, furs: StandIn) -> None:
    furs.plan(Fault.ERROR, code="s002")
    refused, good = till.sell(), till.sell()
    remaining = await till.submitter.retry_pending()
    assert (remaining.confirmed, remaining.refused, remaining.pending) == (1, 1, 0)
    assert till.late() == [True, True]  # neither was tried at the counter
    known = till.known(refused)
    assert (known.status, known.code) == (Status.REFUSED, "S002")
    assert known.message == "Sporočilo ni v skladu s shemo JSON"
    assert till.known(good).status is Status.CONFIRMED
    with till.engine.begin() as connection:
        assert pending_count(connection) == (0, 1)
    # Nothing tries it again by itself; somebody who mended the cause puts it back.
    assert (await till.submitter.retry_pending()).confirmed == 0
    assert await till.submitter.release_refused(["S002"]) == 1
    assert (await till.submitter.retry_pending()).confirmed == 1
    assert till.kinds(refused) == ["seal", "request", "refusal", "request", "confirmation"]


async def test_told_to_come_later(till: Till, furs: StandIn, clock: Clock) -> None:
    furs.plan(Fault.ERROR, code="s100")
    sale, other = till.sell(), till.sell()
    known = await till.submitter.submit_now(sale.document_id)
    assert known is not None
    assert (known.status, known.code) == (Status.PENDING, "S100")
    # The line is alive: the next customer's receipt goes out.
    known = await till.submitter.submit_now(other.document_id)
    assert known is not None
    assert known.status is Status.CONFIRMED
    clock.ahead += timedelta(minutes=1)
    till.submitter.start()
    await till.all_confirmed()


async def test_a_second_try_at_the_counter_is_a_later_one(till: Till, furs: StandIn) -> None:
    furs.plan(Fault.ERROR, code="S100")
    sale = till.sell()
    await till.submitter.submit_now(sale.document_id)
    await till.submitter.submit_now(sale.document_id)
    assert till.late() == [False, True]
    assert till.known(sale).status is Status.CONFIRMED


async def test_three_times_later_is_a_dead_line(till: Till, furs: StandIn) -> None:
    furs.plan(Fault.ERROR, code="S100", times=3)
    for _ in range(3):
        await till.submitter.submit_now(till.sell().document_id)
    known = await till.submitter.submit_now(till.sell().document_id)
    assert known is not None
    assert known.attempts == 0


async def test_a_premise_is_registered_and_its_receipts_go_out(
    till: Till, furs: StandIn, transact: Transact, client: FursClient, clock: Clock
) -> None:
    furs.premises.clear()
    sale = till.sell()
    known = await till.submitter.submit_now(sale.document_id)
    assert known is not None
    assert (known.status, known.code) == (Status.REFUSED, "S006")
    premise = Premise("PE1", TAX_NUMBER, MovableKind.MOVABLE, date(2026, 1, 1), supplier_tax_number="10000020")
    furs.plan(Fault.HTML)
    with pytest.raises(Unreachable):
        await register_premise(transact, client, premise, clock=clock, shop_id=SHOP, device_id=DEVICE)
    furs.plan(Fault.ERROR, code="S005")
    with pytest.raises(RefusedByAuthority) as caught:
        await register_premise(transact, client, premise, clock=clock, shop_id=SHOP, device_id=DEVICE)
    assert caught.value.code == "S005"
    with till.engine.begin() as connection:
        assert registered(connection) == frozenset()
    await register_premise(transact, client, premise, clock=clock, shop_id=SHOP, device_id=DEVICE)
    with till.engine.begin() as connection:
        assert registered(connection) == {"PE1"}
    assert (await till.submitter.retry_pending()).confirmed == 1
    closing = Premise("PE1", TAX_NUMBER, MovableKind.MOVABLE, date(2026, 1, 1), "10000020", closed=True)
    await register_premise(transact, client, closing, clock=clock, shop_id=SHOP, device_id=DEVICE)
    with till.engine.begin() as connection:
        assert registered(connection) == frozenset()


async def test_a_dead_line_is_not_tried_for_each_document(till: Till, furs: StandIn) -> None:
    for _ in range(4):
        till.sell()
    furs.stop()
    remaining = await till.submitter.retry_pending(BACKGROUND)
    assert (remaining.confirmed, remaining.refused, remaining.pending) == (0, 0, 4)
    assert len(till.late()) == 2


async def test_without_a_certificate_it_waits_and_says_why(
    till: Till, furs: StandIn, transact: Transact, clock: Clock
) -> None:
    anchors = Anchors.from_pem(furs.authority.anchors_pem, Mode.PRACTICE)
    bare = FursClient(Endpoint(furs.url, Mode.PRACTICE), [], anchors, clock)
    submitter = Submitter(transact, bare, clock, till.outcomes.append)
    sale = till.sell()
    known = await submitter.submit_now(sale.document_id)
    assert known is not None
    assert (known.status, known.code) == (Status.PENDING, "no_certificate")
    assert till.kinds(sale) == ["seal"]


async def test_a_program_that_died_in_a_try_tries_again(till: Till, furs: StandIn, clock: Clock) -> None:
    furs.plan(Fault.SILENCE)
    sale = till.sell()
    waiting = asyncio.ensure_future(till.submitter.submit_now(sale.document_id))
    while not furs.arrived:
        await asyncio.sleep(0.01)
    assert till.kinds(sale) == ["seal", "request"]
    await till.restart()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    clock.ahead += timedelta(minutes=2)
    till.submitter.start()
    await till.all_confirmed()
    assert till.late() == [False, True]


async def test_a_clock_that_was_ahead_does_not_delay_for_ever(till: Till, furs: StandIn, clock: Clock) -> None:
    clock.ahead = timedelta(days=400)
    sale = till.sell(issued_at=clock())
    clock.ahead = timedelta()
    till.submitter.start()
    await till.all_confirmed()
    assert till.known(sale).status is Status.CONFIRMED


async def test_an_outcome_that_nobody_can_take_disturbs_nothing(
    till: Till, furs: StandIn, transact: Transact, client: FursClient, clock: Clock
) -> None:
    reported: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: reported.append(context))

    def broken(known: Confirmation) -> None:
        raise RuntimeError("window is gone")

    submitter = Submitter(transact, client, clock, broken)
    known = await submitter.submit_now(till.sell().document_id)
    await asyncio.sleep(0)
    loop.set_exception_handler(before)
    assert known is not None
    assert known.status is Status.CONFIRMED
    assert [str(context["exception"]) for context in reported] == ["window is gone"]


async def test_another_desk_reads_the_outcome_from_the_journal(till: Till, furs: StandIn) -> None:
    confirmed, refused, waiting = till.sell(), till.sell(), till.sell()
    await till.submitter.submit_now(confirmed.document_id)
    furs.plan(Fault.ERROR, code="S003")
    await till.submitter.submit_now(refused.document_id)
    with till.engine.begin() as connection:  # a try that crossed the answer takes nothing back
        late = FailureRecord(message_id="", detail="")
        append(
            connection,
            shop_id=SHOP,
            device_id=DEVICE,
            kind=EntryKind.FAILURE,
            at=datetime.now(UTC),
            body=late,
            document_id=confirmed.document_id,
            reference="timeout",
        )
    drafts = [confirmed, refused, waiting]
    here = [till.known(draft) for draft in drafts]
    with till.engine.begin() as connection:
        connection.execute(outbox.delete())  # which other desks never have
    there = [till.known(draft) for draft in drafts]
    fields = [(one.status, one.confirmation, one.code, one.attempts, one.submit_before, one.number) for one in here]
    assert [
        (one.status, one.confirmation, one.code, one.attempts, one.submit_before, one.number) for one in there
    ] == fields
