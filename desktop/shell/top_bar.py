"""The bar on top: the days' buttons above the calendar, another page's name, the search and the button for a new booking."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from desktop.shell.commands import find_hits
from desktop.shell.context import ViewContext
from desktop.shell.main_window import MainWindow
from desktop.widgets.controls import Button, clear, icon_button, label
from desktop.widgets.search_field import SearchField
from desktop.widgets.segmented import Segmented


class TopBar(QObject):
    """Signals: stepped(days), today_wanted(), view_chosen(key), found(what was chosen in the search), booking_wanted()."""

    stepped = Signal(int)
    today_wanted = Signal()
    view_chosen = Signal(str)
    found = Signal(object)
    booking_wanted = Signal()

    def __init__(self, context: ViewContext, window: MainWindow) -> None:
        super().__init__(window)
        self._context = context
        theme, say = context.theme, context.say
        clear(window.top_left)
        clear(window.top_right)
        left = icon_button(theme, "layout-sidebar-left-expand", say("shell.left_panel"))
        left.clicked.connect(window.toggle_left)
        back = icon_button(theme, "chevron-left", say("shell.previous"))
        back.clicked.connect(lambda: self.stepped.emit(-1))
        today = Button(theme, say("shell.today"))
        today.clicked.connect(self.today_wanted)
        forward = icon_button(theme, "chevron-right", say("shell.next"))
        forward.clicked.connect(lambda: self.stepped.emit(1))
        view = Segmented(theme, [("day", say("appointments.view.day")), ("list", say("appointments.view.list"))], "day")
        view.chosen.connect(self.view_chosen)
        self._title = label(theme, "", 20, strong=True)
        self._of_days = (left, back, today, forward, view)
        for widget in (self._title, *self._of_days):
            window.top_left.addWidget(widget)
        self.search = SearchField(theme, say("shell.search"))
        self.search.setMinimumWidth(220)
        self.search.setMaximumWidth(300)
        self.search.asked.connect(lambda typed: context.spawn(self._find(typed)))
        self.search.chosen.connect(self.found)
        new = Button(theme, say("shell.new_booking"), "primary", icon="plus", key="N")
        new.clicked.connect(self.booking_wanted)
        window.top_right.addWidget(self.search)
        window.top_right.addWidget(new)

    def show_page(self, key: str, title: str) -> None:
        """The days' buttons stand above the calendar alone; another page has its name there."""
        self._title.setText(title)
        self._title.setVisible(key != "calendar")
        for widget in self._of_days:
            widget.setVisible(key == "calendar")

    async def _find(self, typed: str) -> None:
        if typed.strip():
            self.search.show_hits(await find_hits(self._context, typed))
        else:
            self.search.close_hits()
