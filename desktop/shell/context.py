"""What every view is handed: theme, sentences, the database, who is signed in, and how to say things.

Views ask through `read` and `write` and show what comes back; refusals are said in the window, next to where they belong.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.access import Actor, Permission
from desktop.action import Action
from desktop.errors import InvalidInput, PultError, Refused
from desktop.shell.tasks import Tasks
from desktop.texts import MissingText, Texts
from desktop.widgets.fields import Field
from desktop.widgets.theme import Theme

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from desktop.database.database import Database
    from desktop.database.door import Changes
    from desktop.database.secrets import SecretStore
    from desktop.database.undo import UndoRule

#: A pull of many rows comes in hundreds of slices; the views look again at most this often.
GATHER_MS = 300
P = ParamSpec("P")
R = TypeVar("R")


class ViewContext(QObject):
    """The surroundings of the views in one window.

    Signals:
        changed(Changes): an operation was committed; on the Qt thread.
        fiscal_changed(), print_changed(object), sharing_changed(SharingStatus), settled(object): from the services.
        correction_wanted(invoice id): an issued document was to be undone; its correction is to be asked for.
        conflicts_wanted(): what waits for a decision is to be shown.
        history_wanted(table, row, name of the record): the history of a record is to be shown.
        said(sentence, tone): something to show in the window's message line; undo_offered(sentence, function or None).
    """

    changed = Signal(object)
    _committed = Signal(object)
    fiscal_changed = Signal()
    print_changed = Signal(object)
    sharing_changed = Signal(object)
    settled = Signal(object)
    said = Signal(str, str)
    undo_offered = Signal(str, object)
    correction_wanted = Signal(object)
    history_wanted = Signal(str, object, str)
    conflicts_wanted = Signal()
    signed_in = Signal()

    def __init__(self, theme: Theme, texts: Texts) -> None:
        super().__init__()
        self.theme = theme
        self.texts = texts
        self.tasks = Tasks(self.show_error)
        self.actor: Actor | None = None
        self.undo_rules: dict[str, UndoRule] = {}
        self._database: Database | None = None
        self._secrets: SecretStore | None = None
        self._committed.connect(self._gather)
        self._brought: Changes | None = None
        self._gathering = QTimer(self, singleShot=True, interval=GATHER_MS)
        self._gathering.timeout.connect(self._tell_brought)

    def open(self, database: Database, secrets: SecretStore) -> None:
        """The database is open."""
        self._database, self._secrets = database, secrets
        database.subscribe(self._committed.emit)

    def _gather(self, changes: Changes) -> None:
        """What is done here is told at once; of what a long pull brings the first, and then what came since, now and again."""
        if not changes.name.startswith("sync."):
            self.changed.emit(changes)
        elif not self._gathering.isActive():
            self.changed.emit(changes)
            self._gathering.start()
        else:
            before = self._brought.rows if self._brought is not None else {}
            rows = {table: before.get(table, frozenset()) | ids for table, ids in changes.rows.items()}
            self._brought = replace(changes, rows={**before, **rows})

    def _tell_brought(self) -> None:
        brought, self._brought = self._brought, None
        if brought is not None:
            self.changed.emit(brought)
            self._gathering.start()

    @property
    def database(self) -> Database:
        assert self._database is not None
        return self._database

    @property
    def secrets(self) -> SecretStore:
        assert self._secrets is not None
        return self._secrets

    @property
    def person(self) -> Actor:
        """Who is signed in; views are shown only then."""
        assert self.actor is not None
        return self.actor

    def may(self, permission: Permission) -> bool:
        """Whether the person may; for what is shown. The use case asks again."""
        return self.actor is not None and permission in self.actor.permissions

    def say(self, key: str, **values: object) -> str:
        return self.texts.say(key, **values)

    async def read(
        self, use_case: Callable[Concatenate[Session, Action, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        return await self.database.read(self.person, use_case, *args, **kwargs)

    async def write(
        self, use_case: Callable[Concatenate[Session, Action, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        return await self.database.write(self.person, use_case, *args, **kwargs)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Starts work of a view; a refusal is said in the window, a bug is reported."""
        self.tasks.spawn(work)

    def sentence(self, error: BaseException) -> str:
        """What an error means, in the person's language."""
        if isinstance(error, PultError):
            try:
                return self.texts.refusal(error)
            except MissingText:
                return str(error)
        return self.say("shell.bug", error=type(error).__name__)

    def show_error(self, error: BaseException) -> None:
        """Says an error in the window; an error of ours also goes to the log."""
        if _view_is_gone(error):
            return
        if not isinstance(error, PultError):
            import logging

            logging.getLogger(__name__).error("a view failed", exc_info=error)
        self.said.emit(self.sentence(error), "danger")

    def show_in_form(self, error: PultError, fields: list[Field]) -> None:
        """Says a refusal at its field, or in the window when no field of the form is meant."""
        if isinstance(error, InvalidInput):
            for field in fields:
                if field.name == error.field:
                    field.show_error(self.sentence(error))
                    field.editor.setFocus()
                    return
        self.show_error(error)

    def offer_undo(self, sentence: str, operation: UUID | None) -> None:
        """Says what happened and offers to undo it."""
        if operation is None:
            self.undo_offered.emit(sentence, None)
            return
        self.undo_offered.emit(sentence, lambda: self.spawn(self.undo(operation)))

    async def undo(self, operation: UUID) -> None:
        """Undoes an operation. What was issued stays: then it is said so, and its correction is asked for."""
        try:
            await self.database.undo(self.person, operation, self.undo_rules)
        except Refused as refusal:
            issued = refusal.values.get("invoice_id")
            if issued is None:
                raise
            self.said.emit(self.sentence(refusal), "warning")
            self.correction_wanted.emit(issued)
            return
        self.said.emit(self.say("shell.undone"), "info")


def _view_is_gone(error: BaseException) -> bool:
    """Whether an answer came for a view that was closed meanwhile, with nobody to show it to; shiboken has no class for it."""
    return isinstance(error, RuntimeError) and "already deleted" in str(error)
