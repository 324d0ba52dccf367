"""The inbox of conflicts: the list at the left, the two sides and the answers at the right; one key for each answer."""

from __future__ import annotations

from uuid import UUID

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from desktop.appointments.colliding import Way, ways_out
from desktop.appointments.progress import cancel_visit
from desktop.errors import PultError
from desktop.sharing.conflict import Conflict, ConflictKind
from desktop.sharing.conflicts import TABLES, list_conflicts
from desktop.sharing.lately import Settled, recently_settled
from desktop.sharing.names import free_mark
from desktop.sharing.views.answer import Answer, AnswerCard
from desktop.sharing.views.answers import Asking, answers_to
from desktop.sharing.views.comparison import Comparison
from desktop.sharing.views.entries import Entry, EntryList
from desktop.sharing.views.history_view import HistoryView
from desktop.sharing.views.shown import day_and_time, field_words, operation_words, origin_words, record_words, shown
from desktop.shell.context import ViewContext
from desktop.widgets.controls import Button, Card, Empty, clear, label, restyle, tag
from desktop.widgets.fields import text_field, text_of
from desktop.widgets.segmented import Segmented

_ICONS = {
    ConflictKind.VISIT: "calendar-time",
    ConflictKind.CHARGED_TWICE: "receipt",
    ConflictKind.NAME_TWICE: "device-desktop",
    ConflictKind.SET_ASIDE: "ban",
    ConflictKind.STRAY: "alert-triangle",
}
_LEFT = 340
_WIDEST = 1080
_MOST_ANSWERS = 9


class InboxPage(QWidget):
    """Signals: credit_wanted(invoice id, reason): the credit note of a receipt is to be asked for; panel_wanted(widget)."""

    credit_wanted = Signal(object, str)
    panel_wanted = Signal(object)

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self._context = context
        self._conflicts: tuple[Conflict, ...] = ()
        self._settled: tuple[Settled, ...] = ()
        self._shown: Conflict | None = None
        self._subject: UUID | None = None
        self._answers: list[Answer] = []
        self._asking = False
        self._done = False
        self._stale = False
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._make_left())
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        inside = QWidget()
        beside = QHBoxLayout(inside)
        beside.setContentsMargins(24, 20, 24, 24)
        middle = QWidget()
        middle.setMaximumWidth(_WIDEST)
        self._column = QVBoxLayout(middle)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(12)
        beside.addWidget(middle, 1)
        beside.addStretch(0)
        self._scroll.setWidget(inside)
        row.addWidget(self._scroll, 1)
        for number in range(1, _MOST_ANSWERS + 1):
            self._bind(str(number), number - 1)
        self.list.itemActivated.connect(lambda _item: self.answer(None))
        self._wait = QTimer(self, singleShot=True, interval=50)
        self._wait.timeout.connect(lambda: context.spawn(self.load()))
        context.changed.connect(self._changed)
        context.spawn(self.load())

    def _make_left(self) -> QWidget:
        say, theme = self._context.say, self._context.theme
        left = QFrame()
        left.setProperty("surface", "panel")
        left.setProperty("line", "right")
        left.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        left.setFixedWidth(_LEFT)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QFrame()
        head.setProperty("line", "bottom")
        tools = QHBoxLayout(head)
        tools.setContentsMargins(16, 10, 16, 10)
        tools.addWidget(label(theme, say("sharing.view.decide"), 16, strong=True))
        self._count = tag(theme, "0")
        tools.addWidget(self._count)
        tools.addStretch(1)
        which = [("open", say("sharing.view.open")), ("done", say("sharing.view.done"))]
        self.which = Segmented(theme, which, "open")
        self.which.chosen.connect(self._choose_list)
        tools.addWidget(self.which)
        column.addWidget(head)
        self.list = EntryList(theme, say("sharing.view.title"))
        self.list.currentRowChanged.connect(self._pick)
        column.addWidget(self.list, 1)
        self.setFocusProxy(self.list)
        return left

    def _bind(self, key: str, place: int) -> None:
        shortcut = QShortcut(QKeySequence(key), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(lambda: self.answer(place))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.list.setFocus()  # the arrows and the figures act at once
        if self._stale:
            self._stale = False
            self._wait.start()

    # Reading

    def _changed(self, changes: object) -> None:
        name = str(getattr(changes, "name", ""))
        if TABLES & set(getattr(changes, "rows", {})) or name.startswith("sync."):
            self._stale = not self.isVisible()
            if not self._stale:
                self._wait.start()

    def _choose_list(self, key: str) -> None:
        self._done = key == "done"
        self._subject = None
        self._context.spawn(self.load())
        self.list.setFocus()

    async def load(self) -> None:
        """Reads the conflicts anew; the one that is shown stays shown while it is there, else the next takes its place."""
        conflicts = await self._context.read(list_conflicts)
        if self._asking:
            return  # somebody types a reason: what came is read when that is done
        place = next((at for at, one in enumerate(self._conflicts) if one.subject == self._subject), 0)
        self._conflicts = conflicts
        self._count.setText(str(len(conflicts)))
        self._count.setProperty("tag", "warning" if conflicts else "neutral")
        restyle(self._count)
        if self._done:
            self._settled = await self._context.read(recently_settled)
            self.list.set_entries([self._settled_entry(one) for one in self._settled])
            self._show_at(0 if self._settled else -1)
            return
        self.list.set_entries([self._entry(one) for one in conflicts])
        here = next((at for at, one in enumerate(conflicts) if one.subject == self._subject), None)
        self._show_at(min(place, len(conflicts) - 1) if here is None else here)

    def _show_at(self, place: int) -> None:
        self.list.blockSignals(True)
        self.list.setCurrentRow(place)
        self.list.blockSignals(False)
        self._pick(place)

    def _entry(self, one: Conflict) -> Entry:
        context = self._context
        if one.kind is ConflictKind.SET_ASIDE:
            about = operation_words(context, one.operation)
        else:
            about = ", ".join(shown(context, value) for value in one.about) or record_words(context, one.table)
        title = context.say(f"sharing.kind.{one.kind.value}")
        return Entry(_ICONS[one.kind], title, about, day_and_time(context, one.at))

    def _settled_entry(self, one: Settled) -> Entry:
        context = self._context
        about = [
            words for value in one.about if (words := shown(context, value)) != context.say("sharing.view.nothing")
        ]
        about += [field_words(context, f"{one.table}.{unit}") for unit in one.units]
        title = context.say("sharing.view.merged") if one.units else operation_words(context, one.name)
        icon = "git-merge" if one.units else "check"
        return Entry(icon, title, ", ".join(about), day_and_time(context, one.origin.at), open=False)

    # Showing

    def _pick(self, place: int) -> None:
        self._asking = False
        if self._done:
            self._show_settled(self._settled[place] if 0 <= place < len(self._settled) else None)
        else:
            conflict = self._conflicts[place] if 0 <= place < len(self._conflicts) else None
            self._context.spawn(self._show(conflict))

    async def _show(self, conflict: Conflict | None) -> None:
        ways: tuple[Way, ...] = ()
        mark = ""
        self._subject = conflict.subject if conflict is not None else None
        if conflict is not None and conflict.kind is ConflictKind.VISIT:
            ways = await self._context.read(ways_out, conflict.subject)
        if conflict is not None and conflict.kind is ConflictKind.NAME_TWICE and conflict.again:
            mark = await self._context.read(free_mark, conflict.subject)
        if self._asking or self._subject != (conflict.subject if conflict is not None else None):
            return  # another one was chosen meanwhile, or an answer that asks for a reason
        clear(self._column)
        self._shown, self._answers = conflict, []
        say, theme = self._context.say, self._context.theme
        if conflict is None:
            then = say("sharing.view.none_then")
            self._column.addWidget(Empty(theme, "git-merge", say("sharing.view.none"), then=then))
            self._column.addStretch(1)
            return
        self._column.addWidget(label(theme, say(f"sharing.kind.{conflict.kind.value}"), 20, strong=True))
        self._column.addWidget(label(theme, self._explained(conflict), tone="secondary", wrap=True))
        self._column.addWidget(Comparison(self._context, conflict))
        self._answers = answers_to(
            self._context, conflict, ways, mark, Asking(self._ask_cancel, self.credit_wanted.emit)
        )[:_MOST_ANSWERS]
        if self._answers:
            self._column.addSpacing(4)
            self._column.addWidget(label(theme, self._question(conflict), 13, strong=True, tone="secondary"))
        self._cards = QVBoxLayout()
        self._cards.setSpacing(8)
        for number, answer in enumerate(self._answers, start=1):
            self._cards.addWidget(AnswerCard(theme, str(number), answer, say("sharing.view.suggested")))
        self._column.addLayout(self._cards)
        self._column.addStretch(1)

    def _explained(self, conflict: Conflict) -> str:
        say = self._context.say
        if conflict.kind is ConflictKind.SET_ASIDE:
            key = f"sharing.reason.{conflict.code}"
            what = operation_words(self._context, conflict.operation)
            reason = say(key if self._context.texts.has(key) else "sharing.reason.other")
            words = f"{what}. {say('sharing.explain.set_aside', reason=reason)}"
            return f"{words} {say('sharing.explain.set_aside_alone')}" if conflict.alone else words
        if conflict.kind is ConflictKind.VISIT and len(conflict.sides) == 1:
            return say("sharing.explain.visit_free")
        if conflict.kind is ConflictKind.NAME_TWICE and not self._answers and not conflict.again:
            return say("sharing.explain.name_there")
        return say(f"sharing.explain.{conflict.kind.value}")

    def _question(self, conflict: Conflict) -> str:
        if conflict.kind is ConflictKind.VISIT and conflict.about:
            return self._context.say("sharing.view.customer", name=shown(self._context, conflict.about[0]))
        return self._context.say("sharing.view.what_now")

    def _show_settled(self, one: Settled | None) -> None:
        """What became of it: who settled it, and the history of the record, where a value can come back."""
        say, theme = self._context.say, self._context.theme
        clear(self._column)
        self._shown, self._answers = None, []
        if one is None:
            self._column.addWidget(Empty(theme, "check", say("sharing.view.none_done")))
            self._column.addStretch(1)
            return
        entry = self._settled_entry(one)
        self._column.addWidget(label(theme, entry.title, 20, strong=True))
        words = say("sharing.view.merged_then") if one.units else origin_words(self._context, one.origin)
        self._column.addWidget(label(theme, words, tone="secondary", wrap=True))
        if one.table in ("visit", "customer", "product", "service"):
            card = Card(theme, f"{say('sharing.history.title')} · {shown(self._context, one.about[0])}")
            card.column.addWidget(HistoryView(self._context, one.table, one.row))
            self._column.addWidget(card)
        self._column.addStretch(1)

    # Answering

    def answer(self, place: int | None) -> None:
        """Takes an answer by its place; None: the suggested one."""
        if self._asking:
            return
        if place is None:
            place = next((at for at, one in enumerate(self._answers) if one.tone == "suggested"), -1)
        if 0 <= place < len(self._answers):
            self._answers[place].act()

    def _ask_cancel(self, visit_id: UUID) -> None:
        """The reason, in place of the answers; Enter cancels the visit, Escape goes back."""
        say, theme = self._context.say, self._context.theme
        self._asking = True
        clear(self._cards)
        field = text_field(theme, "reason", say("sharing.answer.reason"), example=say("sharing.answer.reason_example"))
        field.setMaximumWidth(520)
        self._cards.addWidget(field)
        row = QHBoxLayout()
        row.setSpacing(8)
        go = Button(theme, say("sharing.answer.do_cancel"), "danger", size="primary")
        back = Button(theme, say("shell.cancel"), size="primary")
        row.addWidget(go)
        row.addWidget(back)
        row.addStretch(1)
        self._cards.addLayout(row)

        async def cancel() -> None:
            try:
                await self._context.write(cancel_visit, visit_id, text_of(field))
            except PultError as error:
                self._context.show_in_form(error, [field])
                return
            self._asking = False
            await self.load()
            self.list.setFocus()

        def leave() -> None:
            self._asking = False
            self._context.spawn(self.load())
            self.list.setFocus()

        go.clicked.connect(lambda: self._context.spawn(cancel()))
        back.clicked.connect(leave)
        assert isinstance(field.editor, QLineEdit)
        field.editor.returnPressed.connect(lambda: self._context.spawn(cancel()))
        QShortcut(QKeySequence("Escape"), field, leave, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        field.editor.setFocus()
