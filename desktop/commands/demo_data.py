"""``pult demo-data``: the demo salon "Salon Živa" with people, catalogue, customers and a day of visits around now.

Everything goes through the use cases on a practice database, receipts against the stand-in of the authority. A second run
adds what a new day needs and nothing else.
"""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import cycle
from uuid import UUID
from zoneinfo import ZoneInfo

from desktop.access import Actor, Role
from desktop.appointments.blocking import block_time
from desktop.appointments.booking import book_visit
from desktop.appointments.day import day_view
from desktop.appointments.entries import ItemEntry, ShownVisit, VisitEntry
from desktop.appointments.model import Origin, Status
from desktop.appointments.progress import cancel_visit, mark_no_show, next_step
from desktop.catalogue.products import add_product, list_products
from desktop.catalogue.services import ShownService, Terms, add_service, list_services
from desktop.clock import SystemClock, to_local
from desktop.commands import demo_salon as salon
from desktop.commands.fiscal_arguments import FiscalArguments
from desktop.commands.practice_salon import PIN, Outside, actor_of, connect_salon
from desktop.customers.customers import add_customer
from desktop.customers.search import search_customers
from desktop.database.database import Database
from desktop.database.opening import OpenPlace, make_place, open_place
from desktop.database.place import add_data_dir, find_place, refuse_sync_folder
from desktop.errors import Refused, TemporaryFault
from desktop.inventory.movements import receive_stock
from desktop.register.printers import PrinterEntry
from desktop.register.till import open_till, till_state
from desktop.sales.check_out import CheckOut
from desktop.sales.closing import close_day
from desktop.sales.from_visit import open_bill_for_visit
from desktop.sales.issuing import Paid
from desktop.schema import SCHEMA
from desktop.services.counter import Counter
from desktop.services.practice import PracticeAuthority, PracticePrinter
from desktop.staff.members import StaffMember, add_member, list_members
from desktop.staff.opening import set_opening_hours
from desktop.staff.spans import Span
from fiscal.port import Means

FLOAT = 150_00
OPENS, CLOSES = time(8), time(20)
SOON = timedelta(minutes=20)


@dataclass(frozen=True, slots=True)
class Demo:
    """Who can sign in to the demo, all with the same PIN, and what this run added."""

    owner: Actor
    pin: str
    visits: int
    paid: int


def add_arguments(parser: ArgumentParser) -> None:
    add_data_dir(parser)


def run(arguments: Namespace) -> int:
    """Makes or completes the demo salon of a data directory; 0 when it is there."""
    place = find_place(arguments.data_dir)
    refuse_sync_folder(place)
    clock = SystemClock()
    if place.exists:
        opened = open_place(place, schema=SCHEMA, clock=clock)
    else:
        zone = ZoneInfo("Europe/Ljubljana")
        opened = make_place(place, "practice", schema=SCHEMA, zone=zone, clock=clock)
    try:
        with PracticeAuthority(place.directory / "practice") as authority, PracticePrinter() as printer:
            made = fill_demo(opened, authority, printer.address)
    finally:
        opened.close()
    print(f"{place.directory}: {made.visits} visits added, {made.paid} of them paid; the PIN is {made.pin}")
    return 0


def fill_demo(opened: OpenPlace, authority: PracticeAuthority, printer_address: str) -> Demo:
    """Connects a practice place to the running stand-ins and fills it: the salon once, the visits once a day.

    Blocks some seconds the first time; call it before an event loop runs. Raises `Refused` ``rehearsal.live`` for a place
    that is no practice one.
    """
    database = opened.database
    fiscal = FiscalArguments(authority.url, authority.anchors, authority.certificate, authority.password)
    printer = PrinterEntry(printer_address, PracticePrinter.profile)
    owner = connect_salon(database, opened.secrets, Outside(fiscal, printer))
    people = _people(database, owner)
    services = _services(database, owner, people)
    _products(database, owner)
    customers = _customers(database, owner)
    reception = actor_of(next(one for one in people if one.entry.role is Role.RECEPTION))
    bookable = tuple(one for one in people if one.entry.bookable)
    booked = _visits(database, reception, bookable, services, customers)
    done = _bring_to_now(database, reception, booked)
    asyncio.run(_trade(opened, reception, done))
    return Demo(owner, PIN, len(booked), len(done))


def _people(database: Database, owner: Actor) -> tuple[StaffMember, ...]:
    marks = {member.entry.mark for member in database.read_now(owner, list_members)}
    for entry in salon.PEOPLE:
        if entry.mark not in marks:
            database.write_now(owner, add_member, entry, PIN)
    return database.read_now(owner, list_members)


def _services(database: Database, owner: Actor, people: tuple[StaffMember, ...]) -> tuple[ShownService, ...]:
    if not database.read_now(owner, list_services):
        today = to_local(database.clock.now(), database.desk.zone).date()
        day = (Span(OPENS, CLOSES),)
        database.write_now(owner, set_opening_hours, today, dict.fromkeys(range(7), day))
        ids = {member.entry.mark: member.id for member in people}
        for entry, marks in salon.SERVICES:
            database.write_now(owner, add_service, entry, [Terms(ids[mark]) for mark in marks if mark in ids])
    return database.read_now(owner, list_services)


def _products(database: Database, owner: Actor) -> None:
    if database.read_now(owner, list_products):
        return
    for entry, pieces in salon.PRODUCTS:
        product = database.write_now(owner, add_product, entry)
        database.write_now(owner, receive_stock, product.id, pieces * 1000)


def _customers(database: Database, owner: Actor) -> tuple[UUID, ...]:
    found = database.read_now(owner, search_customers, "", 256)
    if not found:
        for entry in salon.customers():
            database.write_now(owner, add_customer, entry)
        found = database.read_now(owner, search_customers, "", 256)
    return tuple(hit.id for hit in reversed(found))


def _visits(
    database: Database,
    actor: Actor,
    people: tuple[StaffMember, ...],
    services: tuple[ShownService, ...],
    customers: tuple[UUID, ...],
) -> tuple[ShownVisit, ...]:
    """A full day for everybody, with gaps; nothing where the day has visits already."""
    today = to_local(database.clock.now(), database.desk.zone).date()
    if any(column.blocks for column in database.read_now(actor, day_view, today).columns) or not customers:
        return ()
    guests = cycle(customers)
    booked = []
    for number, person in enumerate(people):
        own = [one for one in services if one.terms(person.id) is not None]
        if not own:
            continue
        start = datetime.combine(today, OPENS) + timedelta(minutes=15 * number)
        lunch = datetime.combine(today, time(12)) + timedelta(minutes=30 * number)
        end = datetime.combine(today, CLOSES)
        rested = False
        for turn, service in enumerate(cycle(own[number % len(own) :] + own[: number % len(own)])):
            minutes = service.duration_of(person.id)
            after = service.entry.buffer_before + minutes + service.entry.buffer_after
            if not rested and start + timedelta(minutes=after) > lunch:
                database.write_now(actor, block_time, person.id, today, start.time(), 30, "malica")
                start, rested = start + timedelta(minutes=30), True
                continue
            if start + timedelta(minutes=after) > end:
                break
            at = start + timedelta(minutes=service.entry.buffer_before)
            entry = VisitEntry(
                (_item(service, person.id),),
                today,
                at.time(),
                None if turn == 4 else next(guests),
                note=salon.NOTES[(number + turn) % len(salon.NOTES)],
                origin=(Origin.PHONE, Origin.COUNTER, Origin.ONLINE)[turn % 3] if turn != 4 else Origin.WALK_IN,
                status=Status.PENDING if turn % 5 == 3 else Status.CONFIRMED,
            )
            booked.append(database.write_now(actor, book_visit, entry).visit)
            pause = (0, 15, 0, 30)[(number + turn) % 4]
            start += timedelta(minutes=-(-after // 15) * 15 + pause)
    return tuple(booked)


def _item(service: ShownService, member_id: UUID) -> ItemEntry:
    entry = service.entry
    return ItemEntry(
        entry.name,
        member_id,
        service.duration_of(member_id),
        service.price_of(member_id),
        service.id,
        buffer_before_min=entry.buffer_before,
        buffer_after_min=entry.buffer_after,
        processing_start_min=entry.processing_start,
        processing_min=entry.processing,
    )


def _bring_to_now(database: Database, actor: Actor, booked: tuple[ShownVisit, ...]) -> list[UUID]:
    """Takes each visit to where it must stand by the clock; returns those that are done and to be paid."""
    now = database.clock.now()
    done: list[UUID] = []
    steps = {Status.PENDING: 0, Status.CONFIRMED: 1, Status.ARRIVED: 2, Status.IN_SERVICE: 3, Status.DONE: 4}
    missed = next((visit.id for visit in booked if visit.ends_at < now - SOON), None)
    cancelled = next((visit.id for visit in reversed(booked) if visit.starts_at > now), None)
    for visit in booked:
        if visit.id == missed:
            database.write_now(actor, mark_no_show, visit.id)
            continue
        if visit.id == cancelled:
            database.write_now(actor, cancel_visit, visit.id, "stranka je zbolela")
            continue
        wanted = visit.status
        if visit.ends_at <= now:
            wanted = Status.DONE
            done.append(visit.id)
        elif visit.starts_at <= now:
            wanted = Status.IN_SERVICE
        elif visit.starts_at <= now + SOON:
            wanted = Status.ARRIVED
        for _ in range(steps[wanted] - steps[visit.status]):
            database.write_now(actor, next_step, visit.id)
    return done


async def _trade(opened: OpenPlace, actor: Actor, done: list[UUID]) -> None:
    """Opens the till of today and charges what is done; the receipts are reported, not printed."""
    counter = Counter(
        opened.database,
        opened.secrets,
        on_settled=lambda settled: None,
        on_fiscal=lambda known: None,
        on_print=lambda change: None,
    )
    await counter.start()
    try:
        await _send_premise(counter)
        state = await opened.database.read(actor, till_state)
        if state.open is not None and state.open.overdue:
            cash = state.open.cash_cents
            await opened.database.write(actor, close_day, cash, min(cash, FLOAT))
        if state.open is None or state.open.overdue:
            await opened.database.write(actor, open_till, FLOAT)
        for number, visit_id in enumerate(done):
            bill = await opened.database.write(actor, open_bill_for_visit, visit_id)
            total = bill.priced.total_cents
            paid = Paid(Means.CARD, total) if number % 3 else Paid(Means.CASH, total, -(-total // 10_00) * 10_00)
            await counter.charge(actor, CheckOut(bill.id, total, (paid,)), printed=False)
        await counter.settled(10)
    finally:
        await counter.shutdown()


async def _send_premise(counter: Counter) -> None:
    """The stand-in forgets premises when it stops, so the premise is sent at each start; the demo opens without it too."""
    try:
        await counter.fiscal.register_premise()
    except (Refused, TemporaryFault):
        return
