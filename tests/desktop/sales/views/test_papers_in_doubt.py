"""A paper that may or may not have been printed: the person at the desk is asked, and the answer is kept."""

from __future__ import annotations

from sqlalchemy import Engine, text

from desktop.sales.issuing import Issued
from desktop.sales.printing_out import doubtful_receipts, printed_papers, receipt_document
from desktop.sales.views.issued_panel import IssuedPanel
from desktop.services.counter import Counter
from printing import spool
from printing.spool import State
from tests.desktop.sales.views.house import House
from tests.desktop.salon import Salon, service
from tests.desktop.screen import Screen, button, texts, until


def sold(salon: Salon, state: State) -> Issued:
    """A sale whose paper stands in a state, as a crash or a printer leaves it."""
    issued = salon.sell(service())
    assert issued.print_job is not None
    job, document = issued.print_job, salon.desk.read(receipt_document, issued.id)

    def put(engine: Engine) -> None:
        with engine.begin() as connection:
            spool.release(connection, job_id=job, document=document, now=salon.desk.clock.now())
            values = {"state": state.value, "job": job.bytes}
            connection.execute(text("UPDATE printing_job SET state = :state WHERE id = :job"), values)

    salon.desk.on_writer(put)
    return issued


def state_of(salon: Salon, issued: Issued) -> State:
    [paper] = salon.desk.read(printed_papers, issued.id)
    return paper.state


async def test_who_says_that_it_is_printed_settles_it(salon: Salon, screen: Screen, counter: Counter) -> None:
    issued = sold(salon, State.UNKNOWN)
    panel = screen.show(IssuedPanel(screen.context, counter, issued.id))
    await until(lambda: "Izvirnik: ni gotovo, ali se je natisnil." in texts(panel), "the question")
    button(panel, "Natisnjen je").click()
    await until(lambda: state_of(salon, issued) is State.PRINTED, "the answer")
    await until(lambda: "Natisnjen je" not in texts(panel), "the question to go")
    assert salon.desk.read(doubtful_receipts) == []


async def test_who_says_that_it_is_not_there_gets_the_original_again(
    salon: Salon, screen: Screen, counter: Counter
) -> None:
    issued = sold(salon, State.UNKNOWN)
    panel = screen.show(IssuedPanel(screen.context, counter, issued.id))
    await until(lambda: "Natisnjen je" in texts(panel), "the question")
    button(panel, "Ni natisnjen, natisni").click()
    await until(lambda: state_of(salon, issued) is not State.UNKNOWN, "the answer")
    [paper] = salon.desk.read(printed_papers, issued.id)
    assert paper.copy == 0


async def test_what_was_never_printed_is_tried_again(salon: Salon, screen: Screen, counter: Counter) -> None:
    issued = sold(salon, State.FAILED)
    panel = screen.show(IssuedPanel(screen.context, counter, issued.id))
    await until(lambda: "Izvirnik se ni natisnil." in texts(panel), "the sentence")
    button(panel, "Poskusi znova").click()
    await until(lambda: state_of(salon, issued) is State.QUEUED, "the paper to wait for the printer again")
    assert screen.said == []


async def test_the_start_asks_for_the_papers_that_nobody_knows_of(salon: Salon, house: House) -> None:
    sold(salon, State.PRINTED)
    issued = sold(salon, State.UNKNOWN)
    house.pages.open()
    await until(lambda: isinstance(house.window.panel, IssuedPanel), "the panel")
    panel = house.window.panel
    assert isinstance(panel, IssuedPanel)
    assert panel._invoice == issued.id
    assert house.screen.said[-1][1] == "warning"
