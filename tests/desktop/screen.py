"""A screen for tests of views: the context of the views on a salon's open database, and eyes and hands for what they show."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TypeVar

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QWidget

from desktop.access import Actor
from desktop.services.sharing import Sharing
from desktop.shell.context import ViewContext
from desktop.texts import Texts
from desktop.widgets.fields import Field
from desktop.widgets.theme import Theme
from tests.desk import TestDesk

W = TypeVar("W", bound=QWidget)


class MemorySecrets:
    """A secret store in memory: the store's own files are tested with the database."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        return self.kept.get(name)

    def put(self, name: str, secret: str) -> None:
        self.kept[name] = secret

    def delete(self, name: str) -> None:
        self.kept.pop(name, None)


class Screen:
    """One window's surroundings.

    Attributes:
        said: sentences that the window would show, with their tone.
    """

    def __init__(self, application: QApplication, desk: TestDesk, actor: Actor, language: str = "sl") -> None:
        application.setQuitOnLastWindowClosed(False)  # as the program does: closing a view must not end the loop
        self.theme = Theme("light")
        self.theme.apply(application)
        self.secrets = MemorySecrets()
        self.context = ViewContext(self.theme, Texts(language))
        self.context.open(desk.database, self.secrets)
        self.context.actor = actor
        self.said: list[tuple[str, str]] = []
        self.context.said.connect(lambda sentence, tone: self.said.append((sentence, tone)))
        self._shown: list[QWidget] = []

    def sharing(self) -> Sharing:
        """The sharing of a desk that keeps its books alone."""
        return Sharing(self.context.database, self.secrets, self.context.sharing_changed.emit)

    def show(self, widget: W, width: int = 420, height: int = 860) -> W:
        """Shows a view as a window of its own, until the test ends."""
        self._shown.append(widget)
        widget.resize(width, height)
        widget.show()
        widget.activateWindow()
        return widget

    async def close(self) -> None:
        await self.context.tasks.shutdown()
        for widget in self._shown:
            widget.close()
            widget.deleteLater()
        await asyncio.sleep(0)


async def until(found: Callable[[], object], what: str) -> None:
    """Waits until something is seen; fails when it is not seen within ten seconds.

    Qt shows what was put into a layout by a posted call: it is delivered here, so that what follows sees those widgets.
    """
    for _ in range(1000):
        if found():
            QCoreApplication.sendPostedEvents(None, QEvent.Type.MetaCall.value)
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"never seen: {what}")


def texts(widget: QWidget) -> list[str]:
    """All words that are seen on a view."""
    return [one.text() for one in labels(widget)] + [one.text() for one in buttons(widget)]


def labels(widget: QWidget) -> Iterator[QLabel]:
    return (one for one in widget.findChildren(QLabel) if one.isVisibleTo(widget))


def buttons(widget: QWidget) -> Iterator[QAbstractButton]:
    return (one for one in widget.findChildren(QAbstractButton) if one.isVisibleTo(widget))


def button(widget: QWidget, words: str) -> QAbstractButton:
    """The button with these words, or with this accessible name."""
    return next(one for one in buttons(widget) if words in (one.text(), one.accessibleName()))


async def field(widget: QWidget, name: str) -> Field:
    """The field with this name, as soon as it is seen; forms that went may still wait to be deleted."""

    def seen() -> list[Field]:
        return [one for one in widget.findChildren(Field) if one.name == name and one.isVisibleTo(widget)]

    await until(seen, f"field {name}")
    return seen()[-1]


def error_of(one: Field) -> str:
    """What is said to be wrong at a field, "" when nothing is."""
    if one.editor.property("wrong") != "true":
        return ""
    return [seen.text() for seen in labels(one)][-1]


def type_into(editor: QWidget, text: str) -> None:
    """Replaces what stands in a line by typing."""
    assert isinstance(editor, QLineEdit)
    editor.setFocus()
    editor.selectAll()
    QTest.keyClick(editor, Qt.Key.Key_Delete)
    for letter in text:  # as events: QTest knows no letters beyond ASCII
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QApplication.sendEvent(editor, QKeyEvent(kind, 0, Qt.KeyboardModifier.NoModifier, letter))


@pytest.fixture
async def screen_of(qapp: QApplication) -> AsyncIterator[Callable[[TestDesk, Actor], Screen]]:
    """Makes screens that are closed at the end."""
    made: list[Screen] = []

    def make(desk: TestDesk, actor: Actor) -> Screen:
        made.append(Screen(qapp, desk, actor))
        return made[-1]

    yield make
    for one in made:
        await one.close()
