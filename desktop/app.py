"""The composition root: paints the window, opens the database behind it, starts the services and shuts down in order."""

from __future__ import annotations

import asyncio
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from PySide6.QtCore import QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QMenu

from desktop import garbage
from desktop.access import SYSTEM, Actor
from desktop.clock import SystemClock
from desktop.database.lock import PlaceLock, Use, lock_place
from desktop.database.place import Place, prepare_place
from desktop.errors import PultError, Refused
from desktop.shell.context import ViewContext
from desktop.shell.keyboard import Keyboard
from desktop.shell.main_window import MainWindow
from desktop.shell.single_instance import Bell, ring
from desktop.texts import Texts
from desktop.widgets.theme import Theme

if TYPE_CHECKING:
    from desktop.database.new_file import Mode
    from desktop.database.opening import OpenPlace
    from desktop.services.joining import Join
    from desktop.services.services import Services
    from desktop.services.sharing import SharingStatus
    from desktop.settings.views.first_run import FirstRun
    from desktop.shell.pages import Pages
    from desktop.shell.palette import Command

ZONE = ZoneInfo("Europe/Ljubljana")


@dataclass(frozen=True, slots=True)
class Options:
    """How the application was started. `demo` opens the demo salon with its stand-ins and signs its owner in."""

    place: Place
    demo: bool = False
    passphrase: str | None = None
    theme: str = ""
    language: str = ""


class Application:
    """One run of the program."""

    def __init__(self, qt: QApplication, options: Options, lock: PlaceLock) -> None:
        self._qt, self._options, self._lock = qt, options, lock
        self._clock = SystemClock()
        self._theme = Theme("dark" if options.theme == "dark" else "light")
        self._theme.apply(qt)
        self._texts = Texts(options.language or "sl")
        self._context = ViewContext(self._theme, self._texts)
        self._window = MainWindow(self._theme, self._texts)
        self._closed = asyncio.Event()
        self._working = asyncio.Event()  # the services are up
        self._world = ExitStack()
        self._opened: OpenPlace | None = None
        self._services: Services | None = None
        self._halted = False
        self._pages: Pages | None = None
        self._garbage = QTimer(interval=garbage.PERIOD_MS)
        self._garbage.timeout.connect(garbage.collect_due)
        self._wire()

    def _wire(self) -> None:
        self._context.sharing_changed.connect(self._sharing_changed)
        self._keyboard = Keyboard(self._qt, self._press)
        self._keyboard.scanned.connect(self._scanned)
        self._wire_window()

    def _wire_window(self) -> None:
        self._window.closing.connect(self._closed.set)
        self._context.said.connect(self._window.say)
        self._context.undo_offered.connect(self._window.undo_bar.offer)
        for keys, act in (
            ("Ctrl+Z", self._undo),
            ("Ctrl+K", self._toggle_palette),
            ("Ctrl+L", self._lock_desk),
            ("Ctrl+Q", self._closed.set),
        ):
            shortcut = QShortcut(QKeySequence(keys), self._window)
            shortcut.setAutoRepeat(False)  # a key held too long must not undo a whole morning
            shortcut.activated.connect(act)

    def show(self) -> None:
        """Paints the empty window; nothing slow is imported before."""
        self._window.show()

    async def run(self) -> int:
        """Opens, works until the window is closed, shuts down."""
        bell = Bell(self._options.place.directory)
        bell.rung.connect(self._raise)
        bell.start()
        self._garbage.start()
        try:
            await self._begin()
            await self._closed.wait()
        finally:
            await self._shutdown()
            bell.shutdown()
        return 0

    def _raise(self) -> None:
        self._window.show()
        self._window.raise_()
        self._window.activateWindow()

    # Opening

    async def _begin(self) -> None:
        from desktop.services.places import open_any

        options = self._options
        opening = partial(open_any, options.place, self._lock, options.passphrase, demo=options.demo, world=self._world)
        try:
            self._opened, actor = await asyncio.get_running_loop().run_in_executor(None, opening)
        except PultError as error:
            self._context.show_error(error)
            return
        if self._opened is not None:
            await self._start(self._opened, actor)
            return
        from desktop.settings.views.first_run import FirstRunView
        from desktop.sharing.views.join import JoinForm

        join = JoinForm(self._context, self._join)
        self._window.cover(FirstRunView(self._context, self._first_run, join))

    async def _first_run(self, given: FirstRun) -> None:
        """Makes the database and stores what was typed; what is wrong comes back to the form."""
        from desktop.services.places import make_first

        if self._opened is None:
            mode: Mode = "live" if given.live else "practice"
            making = partial(make_first, self._options.place, self._lock, mode, ZONE, given.passphrase or None)
            self._opened = await asyncio.get_running_loop().run_in_executor(None, making)
        from desktop.settings.set_up import set_up_salon

        actor = await self._opened.database.write(
            SYSTEM, set_up_salon, given.company, given.name, given.mark, given.tax_number, given.pin
        )
        await self._start(self._opened, actor)

    async def _join(self, given: Join) -> None:
        """A further desk of a salon: taken in, made and started; its people appear as soon as they are fetched."""
        from desktop.services.joining import ask_to_join, make_joined

        taken_in = await ask_to_join(given)
        making = partial(make_joined, self._options.place, self._lock, ZONE, taken_in, given.passphrase)
        self._opened = await asyncio.get_running_loop().run_in_executor(None, making)
        await self._start(self._opened)

    async def _start(self, opened: OpenPlace, actor: Actor | None = None) -> None:
        from desktop.settings.look import Look, show_look

        database = opened.database
        self._context.open(database, opened.secrets)
        look = await database.read(SYSTEM, show_look)
        if self._options.theme or self._options.language:
            look = Look(
                "dark" if self._options.theme == "dark" else "light", "en" if self._options.language == "en" else "sl"
            )
        if (look.theme, look.language, look.scale) != (self._theme.name, self._texts.language, 100):
            self._rebuild(look.theme, look.language)
        if actor is None:
            self._lock_desk()  # the services come up while the PIN is typed
        await asyncio.get_running_loop().run_in_executor(None, _load_services)
        await self._start_services(opened)
        if actor is not None:
            await self._enter(actor)
        from desktop.shell import pages  # noqa: F401  # loaded now, so that signing in need not wait for it

        garbage.settle()

    async def _start_services(self, opened: OpenPlace) -> None:
        from desktop.appointments import undo
        from desktop.sales import undo as sales_undo
        from desktop.services.services import Services
        from desktop.services.upkeep import prune

        context = self._context
        self._services = Services(
            opened,
            self._clock,
            on_settled=lambda told: context.settled.emit(told),
            on_fiscal=lambda _known: context.fiscal_changed.emit(),
            on_print=lambda change: context.print_changed.emit(change),
            on_sharing=lambda status: context.sharing_changed.emit(status),
            on_backup=self._backed_up,
        )
        found = await self._services.start()
        context.undo_rules = {**undo.RULES, **sales_undo.RULES}
        context.spawn(prune(opened.database))
        if found.held:
            context.spawn(self._services.counter.release_held())
        self._working.set()

    def _backed_up(self, told: object) -> None:
        """A backup that failed is said; one that was made needs no word."""
        if isinstance(told, PultError):
            self._context.show_error(told)

    def _rebuild(self, theme: str, language: str) -> None:
        """Another look or language: the window is made anew around the same database."""
        was = self._window
        self._theme = Theme("dark" if theme == "dark" else "light")
        self._theme.apply(self._qt)
        self._texts = Texts(language)
        self._context.theme, self._context.texts = self._theme, self._texts
        self._window = MainWindow(self._theme, self._texts)
        self._window.setGeometry(was.geometry())
        was.closing.disconnect()
        self._context.said.disconnect()
        self._context.undo_offered.disconnect()
        self._wire_window()
        self._window.show()
        was.allow_close()
        was.close()
        was.deleteLater()

    def _sharing_changed(self, status: SharingStatus) -> None:
        """A desk that was revoked, or whose file is not the only one of its device, does not work on."""
        from desktop.services.sharing import FOR_GOOD
        from desktop.sharing.views.stopped import StoppedView

        if status.code not in FOR_GOOD or self._services is None or self._halted:
            return
        self._halted = True
        view = StoppedView(self._context, self._services.sharing)
        view.paired_anew.connect(lambda: self._context.spawn(self._reopen()))
        self._window.cover(view)

    async def _reopen(self) -> None:
        """The same place, opened anew: its database is stamped for another device, or may work again."""
        from desktop.services.places import open_existing

        assert self._services is not None
        assert self._opened is not None
        await self._services.shutdown()
        loop, place = asyncio.get_running_loop(), self._options.place
        await loop.run_in_executor(None, self._opened.close)
        self._lock, self._services, self._opened, self._halted = lock_place(place, Use.WRITE), None, None, False
        self._working.clear()
        self._opened = await loop.run_in_executor(None, open_existing, place, self._lock, self._options.passphrase)
        await self._start(self._opened)

    # Signing in

    def _lock_desk(self) -> None:
        if self._opened is None or self._halted:
            return
        from desktop.staff.views.sign_in import SignInView

        view = SignInView(self._context)
        view.signed_in.connect(lambda actor: self._context.spawn(self._enter(actor)))
        self._window.cover(view)

    async def _enter(self, actor: Actor) -> None:
        """A person works: the pages are theirs."""
        from desktop.shell.pages import Pages

        await self._working.wait()
        if self._halted:
            return
        assert self._services is not None
        self._context.actor = actor
        self._window.forget_pages()
        if self._pages is not None:
            self._pages.leave()
        services, commands = self._services, self._commands()
        counter, sharing = services.counter, services.sharing
        self._pages = Pages(self._context, self._window, counter, sharing, self._after_close, commands)
        self._window.set_pages(self._pages.pages())
        self._window.user.setText(actor.name)
        self._window.user.setMenu(self._user_menu(commands))
        self._window.user.setPopupMode(self._window.user.ToolButtonPopupMode.InstantPopup)
        self._window.uncover()
        self._pages.open()

    def _commands(self) -> list[Command]:
        """What the palette offers beside the work of the pages."""
        from desktop.shell.commands import said_command

        look, spawn = "look_light" if self._theme.name == "dark" else "look_dark", self._context.spawn
        return [
            said_command(self._texts, name, icon, act, key)
            for name, icon, act, key in (
                ("undo", "arrow-back-up", self._undo, "Ctrl+Z"),
                ("switch_user", "lock", self._lock_desk, "Ctrl+L"),
                (look, "palette", lambda: spawn(self._look("theme")), ""),
                ("language", "message", lambda: spawn(self._look("language")), ""),
            )
        ]

    def _user_menu(self, commands: list[Command]) -> QMenu:
        menu = QMenu(self._window)
        for command in commands[1:]:
            menu.addAction(command.words, command.act)
        return menu

    async def _look(self, what: str) -> None:
        from desktop.settings.look import Look, set_look

        theme, language = self._theme.name, self._texts.language
        if what == "theme":
            theme = "light" if theme == "dark" else "dark"
        else:
            language = "sl" if language == "en" else "en"
        await self._context.write(set_look, Look(theme, "en" if language == "en" else "sl"))
        self._rebuild(theme, language)
        await self._enter(self._context.person)

    async def _after_close(self) -> object:
        """A closed day is backed up."""
        return await self._services.back_up_at_close() if self._services is not None else None

    # Keys

    def _press(self, key: str) -> bool:
        if self._window.covered or self._pages is None or self._qt.activeModalWidget() is not None:
            return False
        return self._pages.press(key)

    def _toggle_palette(self) -> None:
        if not self._window.covered and self._pages is not None:
            self._pages.toggle_palette()

    def _scanned(self, code: str) -> None:
        if self._pages is not None and not self._window.covered:
            self._pages.scanned(code)

    def _undo(self) -> None:
        pending = self._window.undo_bar.pending
        if pending is not None:
            pending()
        elif self._pages is not None:
            self._pages.undo_last()

    # Shutting down

    async def _shutdown(self) -> None:
        self._keyboard.stop()
        await self._context.tasks.shutdown()
        if self._pages is not None:
            self._pages.leave()
        if self._services is not None:
            await self._services.shutdown()
        if self._opened is not None:
            await asyncio.get_running_loop().run_in_executor(None, self._opened.close)
        else:
            self._lock.release()
        self._world.close()
        self._window.allow_close()
        self._window.close()


def _load_services() -> None:
    """Imports what the services need, off the window's thread: cryptography and what speaks with the authority and printers."""
    from desktop.services import services  # noqa: F401  # only loaded here


def start(options: Options) -> int:
    """Runs the application; a second start of the same place raises the first window and ends."""
    qt = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(qt, QApplication)
    qt.setApplicationName("Pult")
    qt.setQuitOnLastWindowClosed(False)
    prepare_place(options.place)
    try:
        lock = lock_place(options.place, Use.WRITE)
    except Refused:
        if ring(options.place.directory):
            return 0
        raise
    import qasync

    garbage.take_over()
    application: list[Application] = []

    async def main() -> int:
        application.append(Application(qt, options, lock))
        application[0].show()
        return await application[0].run()

    # Not qasync.run: it would make every other thread's loop a Qt loop as well, and the stand-ins have loops of their own.
    loop = qasync.QEventLoop(qt)
    with loop:
        code: int = loop.run_until_complete(main())
    return code
