"""The status lights: they say in words how the sharing, the line to the authority and the receipt printer are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QTimer

from desktop.access import Permission
from desktop.services.counter import Counter
from desktop.services.fiscal import FiscalState, FiscalStatus
from desktop.services.premise import PremiseState
from desktop.services.sharing import SharingState, SharingStatus
from desktop.settings.views.fiscal_state import premise_words
from desktop.sharing.views.words import light_of, short_words_of, words_of
from desktop.shell.context import ViewContext
from desktop.shell.main_window import MainWindow
from printing.spooler import SpoolChange

_LIGHTS = {
    FiscalState.WORKS: "fine",
    FiscalState.UNKNOWN: "fine",
    FiscalState.NO_LINE: "warning",
    FiscalState.NOT_SET_UP: "info",
    FiscalState.NO_CERTIFICATE: "warning",
    FiscalState.DOWN: "warning",
    FiscalState.REFUSED: "danger",
}

_PREMISE = {PremiseState.NOT_SENT: "warning", PremiseState.WAITING: "warning", PremiseState.REFUSED: "danger"}


class Lights:
    """Keeps the lights of a window true; `open_settings`: shows the section of the settings where one is mended."""

    def __init__(
        self, context: ViewContext, window: MainWindow, counter: Counter, open_settings: Callable[[str], None]
    ) -> None:
        self._context, self._window, self._counter = context, window, counter
        self._open_settings = open_settings
        self._sharing: SharingStatus | None = None
        self._conflicts = 0
        self._wait = QTimer(window, singleShot=True, interval=100)
        self._wait.timeout.connect(lambda: context.spawn(self._ask()))

    def look(self) -> None:
        """Something of the line may have changed; asks a moment later, once."""
        self._wait.start()

    def stop(self) -> None:
        self._wait.stop()

    def clicked(self, section: Literal["fiscal", "sharing"]) -> None:
        """A light was clicked: shows where it is mended, to who may; to the others it says how it is."""
        if self._context.may(Permission.EDIT_SETTINGS):
            self._open_settings(section)
        else:
            light = self._window.fiscal_light if section == "fiscal" else self._window.sync_light
            self._context.said.emit(light.accessibleName(), "info")

    async def _ask(self) -> None:
        status: FiscalStatus = await self._counter.fiscal.status()
        words = self._context.say(f"fiscal.status.{status.state.value}", refused=status.refused)
        light = _LIGHTS[status.state]
        if status.waiting and light == "fine":
            light = "warning"
            words = self._context.say("fiscal.status.waiting", waiting=status.waiting)
        premise = _PREMISE.get(status.premise.state)
        if premise is not None and light != "danger":
            light, words = premise, premise_words(self._context, status.premise)
        self._window.fiscal_light.show_state(light, words, words)  # type: ignore[arg-type]  # the map holds light states

    def show_printer(self, change: SpoolChange | None) -> None:
        """What is known of the receipt printer, in words; None: there is none."""
        say, light = self._context.say, self._window.print_light
        if change is None:
            light.show_state("info", say("shell.printer.none"), say("shell.printer.none"))
        elif change.problem is not None:
            code = change.problem.removeprefix("not_ready.")
            key = f"shell.printer.problem.{code}"
            words = (
                say(key) if self._context.texts.has(key) else say("shell.printer.problem.other", code=change.problem)
            )
            light.show_state("danger", words, words, "printer-off")
        else:
            light.show_state("fine", "", say("shell.printer.fine"))

    def show_conflicts(self, count: int) -> None:
        """How many conflicts wait for a person."""
        self._conflicts = count
        if self._sharing is not None:
            self.show_sharing(self._sharing)

    def show_sharing(self, status: SharingStatus) -> None:
        """How the sharing stands, and what waits for a person while all is well with it; alone, a desk has no light for it."""
        self._sharing = status
        light, short, words = light_of(status), short_words_of(self._context, status), words_of(self._context, status)
        if self._conflicts and light == "fine":
            light, short = "warning", self._context.say("sharing.light.conflicts", count=self._conflicts)
            words = f"{words} {self._context.say('sharing.status.conflicts', count=self._conflicts)}"
        self._window.sync_light.show_state(light, short, words)
        self._window.sync_light.setVisible(status.state is not SharingState.ALONE)

    async def probe(self) -> None:
        """Asks the printer how it is."""
        self.show_printer(await self._counter.printers.probe())
