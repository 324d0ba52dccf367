"""The panel of a visit: who comes, for what, with whom; the next step is one key."""

from __future__ import annotations

from uuid import UUID

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit

from desktop.appointments.cards import VisitCard, customer_visits, visit_card
from desktop.appointments.entries import ShownVisit
from desktop.appointments.model import ClaimState, Status
from desktop.appointments.progress import cancel_visit, mark_no_show, next_step
from desktop.appointments.slots import FREEING
from desktop.appointments.views.items_editor import ItemsEditor
from desktop.errors import PultError
from desktop.shell.context import ViewContext
from desktop.widgets.controls import Button, Note, clear, label, rule, tag
from desktop.widgets.fields import text_field, text_of
from desktop.widgets.panel import Panel

_TONES = {
    Status.PENDING: "neutral",
    Status.CONFIRMED: "neutral",
    Status.ARRIVED: "warning",
    Status.IN_SERVICE: "info",
    Status.DONE: "success",
    Status.NO_SHOW: "danger",
    Status.CANCELLED: "danger",
}
_KEYS = {Status.ARRIVED: "A", Status.IN_SERVICE: "S", Status.DONE: "D"}


class VisitPanel(Panel):
    """Signals: charge(visit id), move_wanted(visit id), copy(visit id), customer(customer id)."""

    charge = Signal(object)
    move_wanted = Signal(object)
    copy = Signal(object)
    customer = Signal(object)

    def __init__(self, context: ViewContext, visit_id: UUID, *, paid: bool) -> None:
        super().__init__(context.theme, "…", close=context.say("shell.close"))
        self._context, self._visit, self._paid = context, visit_id, paid
        self._card: VisitCard | None = None
        self._asking = False
        context.spawn(self.load())

    @property
    def visit_id(self) -> UUID:
        return self._visit

    async def load(self) -> None:
        """Reads the visit anew and shows it."""
        card = await self._context.read(visit_card, self._visit)
        earlier: tuple[ShownVisit, ...] = ()
        if card.visit.customer_id is not None:
            earlier = await self._context.read(customer_visits, card.visit.customer_id, card.visit.starts_at, 3)
        self._card = card
        self._show(card, earlier)

    async def follow(self, *, paid: bool) -> None:
        """Shows the visit as it is now, unless it is the same; what is typed in a form of the panel stays."""
        if self._asking:
            return
        card = await self._context.read(visit_card, self._visit)
        if (card, paid) != (self._card, self._paid) and not self._asking:
            self._paid = paid
            await self.load()

    def _show(self, card: VisitCard, earlier: tuple[ShownVisit, ...]) -> None:
        context, theme, say = self._context, self._theme, self._context.say
        visit = card.visit
        self._asking = False
        zone = context.database.desk.zone
        self.set_title(visit.customer_name or say("appointments.view.walk_in"), "")
        clear(self.body)
        clear(self.foot)
        if card.alert:
            self.body.addWidget(Note(theme, "danger", card.alert))
        if visit.claim_state == ClaimState.CONFLICT and visit.status not in FREEING and not self._paid:
            self.body.addWidget(
                Note(theme, "warning", say("appointments.view.conflict"), say("appointments.view.decide"))
            )
            decide = Button(theme, say("appointments.view.to_conflicts"), icon="git-merge")
            decide.clicked.connect(context.conflicts_wanted.emit)
            self.body.addWidget(decide, 0, Qt.AlignmentFlag.AlignLeft)
        head = QHBoxLayout()
        head.addWidget(label(theme, say("appointments.view.visit"), strong=True))
        head.addStretch(1)
        status = say("appointments.shown.paid") if self._paid else say(f"appointments.status.{visit.status.value}")
        head.addWidget(tag(theme, status, "success" if self._paid else _TONES[visit.status]))  # type: ignore[arg-type]  # the map's values are tones
        self.body.addLayout(head)
        start, end = visit.starts_at.astimezone(zone), visit.ends_at.astimezone(zone)
        self._fact("when", f"{context.texts.day(start.date())}, {start:%H:%M}–{end:%H:%M}")
        total = 0
        for item in visit.items:
            total += item.price_cents
            self._fact("service", f"{item.name} · {item.duration_min} min", card.member_names.get(item.member_id, ""))
        if total:
            self._fact("price", context.texts.money(total))
        if visit.note:
            self._fact("note", visit.note)
        if visit.cancel_reason:
            self._fact("reason", visit.cancel_reason)
        if earlier:
            self.body.addWidget(rule())
            self.body.addWidget(label(theme, say("appointments.view.earlier"), strong=True))
            for one in earlier:
                day = context.texts.day(one.starts_at.astimezone(zone).date())
                self.body.addWidget(label(theme, f"{day}   {', '.join(i.name for i in one.items)}", tone="secondary"))
        history = Button(theme, say("shell.history"), "quiet")
        history.clicked.connect(
            lambda: context.history_wanted.emit(
                "visit", self._visit, visit.customer_name or say("appointments.view.walk_in")
            )
        )
        self.body.addWidget(history, 0, Qt.AlignmentFlag.AlignLeft)
        self._actions(card)

    def _fact(self, key: str, words: str, second: str = "") -> None:
        row = QHBoxLayout()
        name = label(self._theme, self._context.say(f"appointments.view.{key}"), tone="secondary")
        name.setFixedWidth(96)
        row.addWidget(name)
        row.addWidget(label(self._theme, words + (f"\n{second}" if second else ""), wrap=True), 1)
        self.body.addLayout(row)

    def _actions(self, card: VisitCard) -> None:
        theme, say, status = self._theme, self._context.say, card.visit.status
        over = status in (Status.CANCELLED, Status.NO_SHOW)
        if status is Status.DONE and not self._paid:
            main = Button(
                theme, say("appointments.view.charge"), "primary", icon="cash-register", key="F9", size="primary"
            )
            main.clicked.connect(lambda: self.charge.emit(self._visit))
            self.foot.addWidget(main)
        elif card.next_status is not None:
            words = say(f"appointments.step.{card.next_status.value}")
            main = Button(
                theme, words, "primary", icon="user-check", key=_KEYS.get(card.next_status, ""), size="primary"
            )
            main.clicked.connect(self.step)
            self.foot.addWidget(main)
        row = QHBoxLayout()
        row.setSpacing(8)
        if not over and not self._paid and status is not Status.DONE:
            charge = Button(theme, say("appointments.view.charge"), key="F9")
            charge.clicked.connect(lambda: self.charge.emit(self._visit))
            row.addWidget(charge)
        if not over and not self._paid and status is not Status.DONE:
            change = Button(theme, say("appointments.view.change"))
            change.clicked.connect(lambda: self._change(card))
            row.addWidget(change)
        copy = Button(theme, say("appointments.view.copy"), key="C")
        copy.clicked.connect(lambda: self.copy.emit(self._visit))
        row.addWidget(copy)
        self.foot.addLayout(row)
        if status in (Status.PENDING, Status.CONFIRMED, Status.ARRIVED):
            second = QHBoxLayout()
            second.setSpacing(8)
            cancel = Button(theme, say("appointments.view.cancel"), "danger", key="X")
            cancel.clicked.connect(self.ask_cancel)
            missed = Button(theme, say("appointments.view.no_show"))
            missed.clicked.connect(lambda: self._context.spawn(self._missed()))
            second.addWidget(cancel)
            second.addWidget(missed)
            self.foot.addLayout(second)

    def _change(self, card: VisitCard) -> None:
        """Services and note, edited in place."""
        self._asking = True
        clear(self.body)
        clear(self.foot)
        editor = ItemsEditor(self._context, card.visit)
        editor.done.connect(lambda: self._context.spawn(self.load()))
        self.body.addWidget(editor)

    def step(self) -> None:
        """The next step of the visit: one key."""
        if self._card is not None and self._card.next_status is not None:
            self._context.spawn(self._step())

    async def _step(self) -> None:
        await self._context.write(next_step, self._visit)
        await self.load()

    async def _missed(self) -> None:
        await self._context.write(mark_no_show, self._visit)
        await self.load()

    def ask_cancel(self) -> None:
        """Asks for the reason in place; Enter cancels the visit."""
        if self._card is None:
            return
        self._asking = True
        say = self._context.say
        clear(self.foot)
        field = text_field(
            self._theme,
            "reason",
            say("appointments.view.cancel_reason"),
            example=say("appointments.view.cancel_example"),
        )
        self.foot.addWidget(field)
        go = Button(self._theme, say("appointments.view.cancel_do"), "danger", size="primary")
        self.foot.addWidget(go)

        async def cancel() -> None:
            try:
                await self._context.write(cancel_visit, self._visit, text_of(field))
            except PultError as error:
                self._context.show_in_form(error, [field])
                return
            self.closed.emit()

        go.clicked.connect(lambda: self._context.spawn(cancel()))
        assert isinstance(field.editor, QLineEdit)
        field.editor.returnPressed.connect(lambda: self._context.spawn(cancel()))
        field.editor.setFocus()
