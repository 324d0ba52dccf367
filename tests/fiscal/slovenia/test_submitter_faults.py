"""The submitter under any history of faults: every receipt ends confirmed or visibly waiting, never wrong."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from fiscal.journal import confirmation_of, pending
from fiscal.port import Status
from fiscal.slovenia.certificate import Credential
from fiscal.slovenia.client import FursClient
from fiscal.slovenia.environment import Endpoint, Mode
from fiscal.slovenia.register import RegisterSettings, SlovenianRegister
from fiscal.slovenia.standin.certificates import TAX_NUMBER, Authority, Identity
from fiscal.slovenia.standin.faults import Fault
from fiscal.slovenia.standin.server import StandIn
from fiscal.slovenia.trust import Anchors
from fiscal.slovenia.verify import verify_journal
from fiscal.submitter import Submitter
from tests.fiscal.till import Clock, Till
from tests.fiscal.world import DEVICE, SHOP, open_database

#: Faults that answer at once, so that a history does not wait for time limits.
QUICK = [
    Fault.RESET_BEFORE,
    Fault.RESET_AFTER,
    Fault.HTML,
    Fault.UNAVAILABLE,
    Fault.RUBBISH,
    Fault.NO_TOKEN,
    Fault.ERROR,
    Fault.ZERO_MESSAGE_ID,
    Fault.WRONG_MESSAGE_ID,
    Fault.BROKEN_SIGNATURE,
    Fault.OTHER_SIGNER,
    Fault.EXPIRED_SIGNER,
]
#: A sale under a fault (and an error code, should the fault be one), or something else that happens at a counter.
STEPS = st.one_of(
    st.tuples(st.sampled_from(QUICK), st.sampled_from(["S002", "s100", "S006", "S999"])),
    st.tuples(st.sampled_from(QUICK), st.sampled_from(["S002", "s100", "S006", "S999"])),
    st.sampled_from(["sell", "sell and leave", "restart", "stop", "start", "pause", "retry", "network is back"]),
)


class History:
    """One history of a counter, played against one stand-in."""

    def __init__(self, furs: StandIn, credential: Credential, folder: Path) -> None:
        self.furs = furs
        self.credential = credential
        self.clock = Clock()
        self.engine = open_database(folder / "fiscal.db")
        self.thread = ThreadPoolExecutor(1)
        self.sold: list[UUID] = []

    def transact(self, work: Callable[[Connection], object]) -> Awaitable[object]:
        def run() -> object:
            with self.engine.begin() as connection:
                return work(connection)

        return asyncio.get_running_loop().run_in_executor(self.thread, run)

    async def play(self, steps: list[str | tuple[Fault, str]]) -> None:
        anchors = Anchors.from_pem(self.furs.authority.anchors_pem, Mode.PRACTICE)
        client = FursClient(Endpoint(self.furs.url, Mode.PRACTICE), [self.credential], anchors, self.clock)
        register = SlovenianRegister(RegisterSettings(Mode.PRACTICE, SHOP, DEVICE, TAX_NUMBER), [self.credential])

        def make(till: Till) -> Submitter:
            return Submitter(self.transact, client, self.clock, till.outcomes.append, jitter=lambda: 0.0)

        till = Till(self.engine, register, self.transact, make)
        try:
            for step in steps:
                await self._step(till, step)
            self.furs.clear()
            self.furs.start()
            await till.submitter.release_refused()
            await till.submitter.retry_pending()
            await till.submitter.retry_pending()
            self._judge(till, anchors)
        finally:
            await till.submitter.shutdown()
            await client.aclose()
            self.thread.shutdown()
            self.engine.dispose()

    async def _step(self, till: Till, step: str | tuple[Fault, str]) -> None:
        if isinstance(step, tuple):
            self.furs.plan(step[0], code=step[1])
            await self._sell(till)
        elif step == "sell":
            await self._sell(till)
        elif step == "sell and leave":  # the program dies between commit and submission
            self.sold.append(till.sell(issued_at=self.clock()).document_id)
        elif step == "network is back":
            till.submitter.start()
            till.submitter.wake()
            await asyncio.sleep(0.02)
        elif step == "restart":
            await till.restart()
        elif step == "stop":
            self.furs.stop()
        elif step == "start":
            self.furs.start()
        elif step == "pause":
            self.clock.ahead += timedelta(minutes=10)
        else:
            await till.submitter.retry_pending()

    async def _sell(self, till: Till) -> None:
        sale = till.sell(issued_at=self.clock())
        self.sold.append(sale.document_id)
        known = await till.submitter.submit_now(sale.document_id)
        assert known is not None
        assert (known.status is Status.CONFIRMED) is (known.confirmation is not None)
        if known.confirmation is not None:
            assert known.confirmation in [one.eor for one in self.furs.accepted]

    def _judge(self, till: Till, anchors: Anchors) -> None:
        accepted = {one.eor: one for one in self.furs.accepted}
        with self.engine.begin() as connection:
            assert pending(connection) == []
            known = confirmation_of(connection, self.sold)
            assert list(verify_journal(connection, anchors, Mode.PRACTICE.signer)) == []
        assert len(known) == len(self.sold)
        for one in known.values():
            assert one.confirmation in accepted  # never one that the authority did not give
            number = accepted[one.confirmation].invoice["InvoiceIdentifier"]
            assert (
                f"{number['BusinessPremiseID']}-{number['ElectronicDeviceID']}-{number['InvoiceNumber']}" == one.number
            )
        codes: dict[str, set[str]] = {}
        ids = [one.message_id for one in self.furs.received]
        assert len(ids) == len(set(ids))
        for one in self.furs.accepted:
            assert one.remarks == ()
            codes.setdefault(one.invoice["InvoiceIdentifier"]["InvoiceNumber"], set()).add(one.invoice["ProtectedID"])
        seen: set[str] = set()
        for one in self.furs.received:  # only the first message of a receipt may come without the mark of a later one
            number = one.invoice["InvoiceIdentifier"]["InvoiceNumber"]
            assert number not in seen or one.invoice["SubsequentSubmit"] is True
            seen.add(number)
        assert all(len(zois) == 1 for zois in codes.values())
        assert len(codes) == len(self.sold)


@given(st.lists(STEPS, min_size=3, max_size=12))
@settings(max_examples=60)
def test_any_history_ends_well(
    authority: Authority, taxpayer: Identity, credential: Credential, steps: list[str | tuple[Fault, str]]
) -> None:
    with StandIn(authority) as furs:
        furs.admit(taxpayer)
        furs.premises.add((int(TAX_NUMBER), "PE1"))
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(History(furs, credential, Path(folder)).play(steps))
