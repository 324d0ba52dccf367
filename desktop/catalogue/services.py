"""Services: what is done, how long it takes, what it costs, and who can do it for how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.catalogue.model import Service, ServiceMember
from desktop.catalogue.vat import vat_of
from desktop.colour import ColourFamily
from desktop.entry import line, whole
from desktop.errors import InvalidInput, Refused
from desktop.folding import fold
from desktop.ids import natural_id, new_id

LONGEST = 24 * 60
MOST_CENTS = 1_000_000_00


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """What is typed about a service: minutes 1 … 1440, gross cents; `needs` are kinds of room or chair."""

    name: str
    duration: int
    price_cents: int
    vat_code: str
    section: str = ""
    colour: ColourFamily = ColourFamily.BLUE
    buffer_before: int = 0
    buffer_after: int = 0
    processing_start: int = 0
    processing: int = 0
    needs: tuple[str, ...] = ()
    position: int = 0
    active: bool = True


@dataclass(frozen=True, slots=True)
class Terms:
    """That a person can do a service; None: at its price, in its time."""

    member_id: UUID
    price_cents: int | None = None
    duration: int | None = None


@dataclass(frozen=True, slots=True)
class ShownService:
    """A service as stored, with who can do it."""

    id: UUID
    entry: ServiceEntry
    members: tuple[Terms, ...]

    def terms(self, member_id: UUID) -> Terms | None:
        """The terms of a person; None for somebody who cannot do it."""
        return next((one for one in self.members if one.member_id == member_id), None)

    def duration_of(self, member_id: UUID) -> int:
        """Minutes that a person takes."""
        terms = self.terms(member_id)
        return terms.duration if terms is not None and terms.duration is not None else self.entry.duration

    def price_of(self, member_id: UUID) -> int:
        """Gross cents at a person."""
        terms = self.terms(member_id)
        return terms.price_cents if terms is not None and terms.price_cents is not None else self.entry.price_cents


def add_service(session: Session, action: Action, entry: ServiceEntry, members: Sequence[Terms] = ()) -> ShownService:
    """Adds a service. Raises `InvalidInput` naming the field."""
    action.actor.require(Permission.EDIT_CATALOGUE)
    row = Service(id=new_id())
    _fill(session, action, row, entry)
    session.add(row)
    session.flush()
    _set_members(session, action, row.id, members)
    return show_service(session, action, row.id)


def change_service(
    session: Session, action: Action, service_id: UUID, entry: ServiceEntry, members: Sequence[Terms]
) -> ShownService:
    """Changes a service and who can do it. Visits and bills that are there keep what they were made with."""
    action.actor.require(Permission.EDIT_CATALOGUE)
    _fill(session, action, _find(session, service_id), entry)
    session.flush()
    _set_members(session, action, service_id, members)
    return show_service(session, action, service_id)


def remove_service(session: Session, action: Action, service_id: UUID) -> UUID:
    """Takes a service out of the catalogue."""
    action.actor.require(Permission.EDIT_CATALOGUE)
    _find(session, service_id).deleted_at = action.now
    session.flush()
    return service_id


def show_service(session: Session, action: Action, service_id: UUID) -> ShownService:
    """A service; raises `Refused` ``catalogue.no_service``."""
    found = read_services(session, action, [service_id])
    if not found:
        raise Refused("catalogue.no_service")
    return found[0]


def list_services(session: Session, action: Action, *, inactive: bool = False) -> tuple[ShownService, ...]:
    """All services by section, place and name."""
    services = read_services(session, action, None)
    shown = [one for one in services if inactive or one.entry.active]
    return tuple(sorted(shown, key=lambda one: (one.entry.section, one.entry.position, fold(one.entry.name))))


def read_services(session: Session, action: Action, ids: Sequence[UUID] | None) -> tuple[ShownService, ...]:
    """The services of some ids, or all; those that were taken out are left out."""
    table, terms = Service.__table__, ServiceMember.__table__
    assert isinstance(table, Table)
    assert isinstance(terms, Table)
    query = select(table).where(table.c.deleted_at.is_(None))
    own = select(terms).where(terms.c.deleted_at.is_(None))
    if ids is not None:
        query, own = query.where(table.c.id.in_(ids)), own.where(terms.c.service_id.in_(ids))
    members: dict[UUID, list[Terms]] = {}
    for row in session.execute(own).mappings():
        one = Terms(row["member_id"], row["price_cents"], row["duration"])
        members.setdefault(row["service_id"], []).append(one)
    return tuple(
        ShownService(
            row["id"],
            ServiceEntry(
                row["name"],
                row["duration"],
                row["price_cents"],
                row["vat_code"],
                row["section"],
                ColourFamily(row["colour"]),
                row["buffer_before"],
                row["buffer_after"],
                row["processing_start"],
                row["processing"],
                tuple(row["needs"]),
                row["position"],
                row["active"],
            ),
            tuple(members.get(row["id"], ())),
        )
        for row in session.execute(query).mappings()
    )


def _find(session: Session, service_id: UUID) -> Service:
    row = session.get(Service, service_id)
    if row is None or row.deleted_at is not None:
        raise Refused("catalogue.no_service")
    return row


def _fill(session: Session, action: Action, row: Service, entry: ServiceEntry) -> None:
    row.name = line(entry.name, "name", required=True)
    row.folded = fold(row.name)
    row.section = line(entry.section, "section")
    row.colour = entry.colour.value
    row.duration = whole(entry.duration, "duration", 1, LONGEST)
    row.buffer_before = whole(entry.buffer_before, "buffer_before", 0, 240)
    row.buffer_after = whole(entry.buffer_after, "buffer_after", 0, 240)
    row.processing = whole(entry.processing, "processing", 0, LONGEST)
    row.processing_start = whole(entry.processing_start, "processing_start", 0, LONGEST)
    if entry.processing and entry.processing_start + entry.processing > entry.duration:
        raise InvalidInput("processing", "catalogue.processing_too_long")
    row.price_cents = whole(entry.price_cents, "price_cents", 0, MOST_CENTS)
    row.vat_code = vat_of(session, action, entry.vat_code).code
    row.needs = [line(kind, "needs", required=True, maximum=40) for kind in entry.needs]
    row.position = whole(entry.position, "position", 0, 10_000)
    row.active = entry.active


def _set_members(session: Session, action: Action, service_id: UUID, members: Sequence[Terms]) -> None:
    wanted = {one.member_id: one for one in members}
    for row in session.execute(select(ServiceMember).where(ServiceMember.service_id == service_id)).scalars():
        if row.member_id not in wanted and row.deleted_at is None:
            row.deleted_at = action.now
    for member_id, one in wanted.items():
        identity = natural_id(service_id, "member", member_id.hex)
        row_or_none = session.get(ServiceMember, identity)
        row = row_or_none or ServiceMember(id=identity, service_id=service_id, member_id=member_id)
        row.price_cents = None if one.price_cents is None else whole(one.price_cents, "price_cents", 0, MOST_CENTS)
        row.duration = None if one.duration is None else whole(one.duration, "duration", 1, LONGEST)
        row.deleted_at = None
        session.add(row)
    session.flush()
