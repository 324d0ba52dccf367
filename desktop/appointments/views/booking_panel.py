"""Booking: a customer or a name, services in their order, somebody or anybody, and the free places that fit."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QComboBox, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from desktop.appointments.booking import book_visit
from desktop.appointments.entries import VisitEntry
from desktop.appointments.model import Origin
from desktop.appointments.proposing import Proposal, items_for, propose_slots
from desktop.catalogue.services import ShownService, list_services
from desktop.customers.customers import CustomerEntry, add_customer
from desktop.customers.search import CustomerHit, search_customers
from desktop.errors import PultError, Refused
from desktop.folding import words
from desktop.shell.context import ViewContext
from desktop.staff.members import StaffMember, list_members
from desktop.widgets.controls import Button, Note, clear, icon_button, label
from desktop.widgets.fields import ChoiceEdit, choice_field, choice_of, text_field, text_of
from desktop.widgets.panel import Panel
from desktop.widgets.search_field import Hit, SearchField


@dataclass
class _Draft:
    """What is put together so far."""

    customer: CustomerHit | None = None
    services: list[ShownService] = field(default_factory=list)
    chosen: Proposal | None = None


class BookingPanel(Panel):
    """Signals: booked(visit id, its day); proposals(list of Proposal, chosen index) for the calendar to draw."""

    booked = Signal(object, object)
    proposals = Signal(object, int)

    def __init__(
        self, context: ViewContext, day: date, *, at: time | None = None, member_id: UUID | None = None
    ) -> None:
        super().__init__(context.theme, context.say("shell.new_booking"), close=context.say("shell.close"))
        self._context, self._day, self._at = context, day, at
        self._draft = _Draft()
        self._booking = False
        self._added: dict[
            tuple[str, str], UUID
        ] = {}  # new customers by what was typed: a refused visit adds none twice
        self._found: list[Proposal] = []
        say, theme = context.say, context.theme
        self.body.addWidget(label(theme, say("appointments.book.customer"), 13, strong=True, tone="secondary"))
        self._search = SearchField(theme, say("appointments.book.customer_example"))
        self._search.asked.connect(lambda typed: context.spawn(self._look_up(typed)))
        self._search.textEdited.connect(self._forget_customer)
        self._search.chosen.connect(self._take_customer)
        self._search.entered.connect(self._to_services)
        self.body.addWidget(self._search)
        self._who = QHBoxLayout()
        self.body.addLayout(self._who)
        self._phone = text_field(theme, "phones", say("appointments.book.phone"), example="041 555 283")
        self.body.addWidget(self._phone)
        self.body.addWidget(label(theme, say("appointments.book.services"), 13, strong=True, tone="secondary"))
        self._list = QWidget()
        self._lines = QVBoxLayout(self._list)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(4)
        self.body.addWidget(self._list)
        self._service = SearchField(theme, say("appointments.book.add_service"))
        self._service.asked.connect(self._find_service)
        self._service.chosen.connect(self._add_service)
        self._service.entered.connect(self._enter)
        self.body.addWidget(self._service)
        self._member = choice_field(
            theme, "member_id", say("appointments.book.with"), [(say("appointments.book.anybody"), None)]
        )
        self.body.addWidget(self._member)
        self._heading = label(theme, say("appointments.book.places"), 13, strong=True, tone="secondary")
        self._heading.hide()
        self.body.addWidget(self._heading)
        self._places = QVBoxLayout()
        self._places.setSpacing(6)
        self.body.addLayout(self._places)
        self._group = QButtonGroup(self)
        self._note = text_field(theme, "note", say("appointments.view.note"))
        self.body.addWidget(self._note)
        self._go = Button(theme, say("appointments.book.choose_service"), "primary", key="↵", size="primary")
        self._go.clicked.connect(self.commit)
        self.foot.addWidget(self._go)
        self._services: tuple[ShownService, ...] = ()
        self._wanted = member_id
        context.spawn(self._load())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._search.setFocus()

    async def _load(self) -> None:
        self._services = await self._context.read(list_services)
        people = await self._context.read(list_members)
        self._fill_people(people)

    def _fill_people(self, people: tuple[StaffMember, ...]) -> None:
        box = self._member.editor
        assert isinstance(box, ChoiceEdit)
        for person in people:
            if person.entry.bookable and person.entry.active:
                box.add(person.name, person.id)
                if person.id == self._wanted:
                    box.setCurrentIndex(box.count() - 1)
        box.currentIndexChanged.connect(lambda _index: self._propose())

    def _enter(self, typed: str) -> None:
        """Enter in the empty field: the chosen place is booked."""
        if not typed.strip():
            self.commit()

    def _to_services(self, _typed: str = "") -> None:
        self._service.setFocus()

    # Customer

    def _forget_customer(self, _typed: str) -> None:
        """Another name is typed: it is somebody else from the first letter on."""
        self._draft.customer = None
        self._phone.show()
        clear(self._who)

    async def _look_up(self, typed: str) -> None:
        hits = await self._context.read(search_customers, typed, 8)
        self._search.show_hits(
            [Hit(f"{one.first_name} {one.last_name}".strip(), ", ".join(one.phones), one) for one in hits]
        )

    def _take_customer(self, hit: CustomerHit) -> None:
        self._draft.customer = hit
        self._search.setText(f"{hit.first_name} {hit.last_name}".strip())
        self._phone.hide()
        clear(self._who)
        if hit.alert:
            self._who.addWidget(Note(self._theme, "danger", hit.alert))
        self._service.setFocus()

    # Services and places

    def _find_service(self, typed: str) -> None:
        asked = words(typed)
        found = [
            one for one in self._services if all(any(w.startswith(a) for w in words(one.entry.name)) for a in asked)
        ]
        self._service.show_hits(
            [
                Hit(
                    one.entry.name,
                    f"{one.entry.duration} min · {self._context.texts.money(one.entry.price_cents)}",
                    one,
                )
                for one in found[:8]
            ]
        )

    def _add_service(self, service: ShownService) -> None:
        self._draft.services.append(service)
        self._service.clear()
        self._show_services()
        self._propose()

    def _show_services(self) -> None:
        clear(self._lines)
        money = self._context.texts.money
        for place, service in enumerate(self._draft.services):
            row = QHBoxLayout()
            row.addWidget(label(self._theme, service.entry.name), 1)
            facts = f"{service.entry.duration} min · {money(service.entry.price_cents)}"
            row.addWidget(label(self._theme, facts, tone="secondary"))
            if place:
                up = icon_button(self._theme, "arrow-up", self._context.say("appointments.book.earlier"))
                up.clicked.connect(lambda _checked=False, place=place: self._swap(place))
                row.addWidget(up)
            away = icon_button(self._theme, "x", self._context.say("appointments.book.remove"))
            away.clicked.connect(lambda _checked=False, place=place: self._remove(place))
            row.addWidget(away)
            self._lines.addLayout(row)

    def _swap(self, place: int) -> None:
        services = self._draft.services
        services[place - 1], services[place] = services[place], services[place - 1]
        self._show_services()
        self._propose()

    def _remove(self, place: int) -> None:
        del self._draft.services[place]
        self._show_services()
        self._propose()

    def _propose(self) -> None:
        self._draft.chosen = None  # what was offered is for other services
        if self._draft.services:
            self._context.spawn(self._find_places())
        else:
            self._found = []
            self._choose(-1)

    async def _find_places(self) -> None:
        zone = self._context.database.desk.zone
        now = self._context.database.clock.now()
        asked = datetime.combine(self._day, self._at or time(0), zone)
        after = max(now, asked)
        member = choice_of(self._member)
        ids = [service.id for service in self._draft.services]
        try:
            found = await self._context.read(propose_slots, ids, member if isinstance(member, UUID) else None, after, 4)
        except PultError as error:
            self._context.show_error(error)
            found = ()
        self._found = list(found)
        if self._at is not None and isinstance(member, UUID):
            exact = await self._exact(member, ids)
            if exact is not None:
                same = [one for one in self._found if (one.member_id, one.starts_at) == (member, exact.starts_at)]
                self._found = [exact, *(one for one in self._found if one not in same)]
        self._choose(0 if self._found else -1)

    async def _exact(self, member: UUID, ids: list[UUID]) -> Proposal | None:
        """The place that was clicked, whether it is free or not; booking says what is in the way."""
        try:
            items = await self._context.read(items_for, ids, member)
        except PultError:
            return None
        assert self._at is not None
        zone = self._context.database.desk.zone
        start = datetime.combine(self._day, self._at, zone)
        length = sum(item.duration_min for item in items)
        box = self._member.editor
        assert isinstance(box, QComboBox)
        return Proposal(member, box.currentText(), start, start + timedelta(minutes=length), items)

    def _choose(self, index: int) -> None:
        clear(self._places)
        zone = self._context.database.desk.zone
        self._heading.setVisible(bool(self._found))
        self._draft.chosen = self._found[index] if 0 <= index < len(self._found) else None
        for number, one in enumerate(self._found):
            start, end = one.starts_at.astimezone(zone), one.ends_at.astimezone(zone)
            day = "" if start.date() == self._day else self._context.texts.day(start.date()) + "  "
            button = QPushButton(f"{number + 1}   {day}{start:%H:%M}–{end:%H:%M}   {one.member_name}")
            button.setProperty("kind", "choice")
            button.setCheckable(True)
            button.setFont(self._theme.font(14, strong=number == index))
            button.setChecked(number == index)
            button.clicked.connect(lambda _checked=False, number=number: self._choose(number))
            self._group.addButton(button)
            self._places.addWidget(button)
        say = self._context.say
        if self._draft.chosen is not None:
            at = self._draft.chosen.starts_at.astimezone(zone)
            day = "" if at.date() == self._day else self._context.texts.day(at.date()) + " "
            self._go.setText(say("appointments.book.commit", at=f"{day}{at:%H:%M}"))
        elif self._draft.services:
            self._go.setText(say("appointments.book.nothing_free"))
        else:
            self._go.setText(say("appointments.book.choose_service"))
        self.proposals.emit(self._found, index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        typed = event.text()
        if typed.isdigit() and 0 < int(typed) <= len(self._found) and not isinstance(self.focusWidget(), QLineEdit):
            self._choose(int(typed) - 1)
        else:
            super().keyPressEvent(event)

    # Booking

    def commit(self) -> None:
        """Books what is put together."""
        if self._booking:
            return  # pressed twice
        if self._draft.chosen is not None:
            self._booking = True
            self._context.spawn(self._book(self._draft.chosen))
        else:
            self._service.setFocus()

    async def _book(self, chosen: Proposal) -> None:
        zone = self._context.database.desk.zone
        local = chosen.starts_at.astimezone(zone)
        customer, name = self._draft.customer, self._search.text()
        customer_id = customer.id if customer is not None else None
        try:
            if customer is None and text_of(self._phone).strip():
                customer_id = await self._add_customer(name.strip(), text_of(self._phone).strip())
            entry = VisitEntry(
                items=chosen.items,
                day=local.date(),
                at=local.time().replace(tzinfo=None, second=0, microsecond=0, fold=local.fold),
                customer_id=customer_id,
                customer_name=name,
                note=text_of(self._note),
                origin=Origin.COUNTER,
            )
            booked = await self._context.write(book_visit, entry)
        except Refused as error:
            self._context.show_in_form(error, [self._phone, self._note])
            return
        finally:
            self._booking = False
        self.booked.emit(booked.visit.id, local.date())

    async def _add_customer(self, name: str, phone: str) -> UUID:
        typed = (name, phone)
        if typed not in self._added:
            first, _, last = name.partition(" ")
            saved = await self._context.write(
                add_customer, CustomerEntry(first_name=first, last_name=last, phones=(phone,))
            )
            self._added[typed] = saved.customer.id
        return self._added[typed]
