"""Two desks of one salon that booked one place while neither heard of the other."""

from __future__ import annotations

from datetime import date, time
from uuid import UUID

from desktop.access import Role
from desktop.appointments.booking import book_visit
from desktop.appointments.entries import ItemEntry, VisitEntry
from desktop.staff.members import MemberEntry, add_member
from tests.desk import TestDesk
from tests.desktop.staff.people import every_day, open_shop
from tests.sync.salon_of_desks import Salon

DAY = date(2026, 11, 25)


def booked(desk: TestDesk, member: UUID, at: time, name: str, minutes: int = 30) -> UUID:
    entry = VisitEntry((ItemEntry("Striženje", member, minutes, 3400),), DAY, at, customer_name=name)
    return desk.write(book_visit, entry).visit.id


def open_salon(salon: Salon) -> UUID:
    """Opens the shop on both desks; its one person."""
    here = salon.desks[0]
    open_shop(here, every_day("7:00-20:00"))
    member = here.write(add_member, MemberEntry("Nuša Čeh", "NČ", Role.PRACTITIONER)).id
    salon.settle()
    return member


def collide(salon: Salon, member: UUID) -> tuple[UUID, UUID]:
    """Both desks book 9:00; the second desk was first: the visit that has the place, and the one in conflict."""
    here, there = salon.desks
    lost, stands = booked(here, member, time(9), "Ana"), booked(there, member, time(9), "Maja")
    salon.push(there)
    salon.push(here)
    salon.settle()
    return stands, lost
