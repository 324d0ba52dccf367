"""The window with the pages of the person who is signed in, as the program puts them together."""

from __future__ import annotations

from desktop.appointments import undo as appointments_undo
from desktop.sales import undo as sales_undo
from desktop.services.counter import Counter
from desktop.shell.main_window import MainWindow
from desktop.shell.pages import Pages
from tests.desktop.screen import Screen


class House:
    """One window."""

    def __init__(self, screen: Screen, counter: Counter) -> None:
        self.screen, self.counter = screen, counter
        screen.context.undo_rules = {**appointments_undo.RULES, **sales_undo.RULES}
        self.window = screen.show(MainWindow(screen.theme, screen.context.texts), 1440, 900)
        screen.context.undo_offered.connect(self.window.undo_bar.offer)
        self.pages = Pages(screen.context, self.window, counter, screen.sharing(), self._after_close)
        self.window.set_pages(self.pages.pages())
        self.pages.open()

    async def _after_close(self) -> None:
        """Nothing follows a close here."""
