"""The window: rail, top bar, left panel, pages, right panel and bottom bar. Knows no room; the application fills it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop.texts import Texts
from desktop.widgets.controls import label, restyle
from desktop.widgets.lights import StatusLight, UndoBar
from desktop.widgets.theme import Theme


@dataclass(frozen=True, slots=True)
class Page:
    """A page that a room contributes: its place in the rail, and the function that makes it when it is first opened.

    `left` makes the panel at the left of the page, or is None.
    """

    key: str
    icon: str
    title: str
    make: Callable[[], QWidget]
    left: Callable[[], QWidget] | None = None
    at_bottom: bool = False


_MESSAGE = 640


class MainWindow(QMainWindow):
    """Signals: closing(); page_shown(key); left_toggled()."""

    closing = Signal()
    page_shown = Signal(str)

    def __init__(self, theme: Theme, texts: Texts) -> None:
        super().__init__()
        self._theme, self._texts = theme, texts
        self._pages: dict[str, Page] = {}
        self._made: dict[str, QWidget] = {}
        self._lefts: dict[str, QWidget] = {}
        self._left_wanted = True
        self._may_close = False
        self.setWindowTitle("Pult")
        self.setMinimumSize(1024, 700)
        self.resize(QSize(1440, 900).boundedTo(self.screen().availableSize()))
        whole = QWidget()
        whole.setProperty("surface", "window")
        outer = QHBoxLayout(whole)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self._make_rail())
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(self._make_top())
        middle = QHBoxLayout()
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        self._left = QStackedWidget()
        self._left.setFixedWidth(int(theme.tokens.size("shell.left_panel")))
        self._left.hide()
        self.centre = QStackedWidget()
        opening = label(theme, texts.say("shell.opening"), 20, tone="secondary")
        opening.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.centre.addWidget(opening)
        self._panels = QStackedWidget()
        self._panels.hide()
        for widget, stretch in ((self._left, 0), (self.centre, 1), (self._panels, 0)):
            middle.addWidget(widget, stretch)
        right.addLayout(middle, 1)
        right.addWidget(self._make_bottom())
        outer.addLayout(right, 1)
        self._work = whole
        self._message = self._make_message(whole)
        self._cover = QStackedWidget()
        self._cover.addWidget(whole)
        self.setCentralWidget(self._cover)

    # Parts

    def _make_rail(self) -> QWidget:
        rail = QWidget()
        rail.setProperty("surface", "rail")
        rail.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        rail.setFixedWidth(int(self._theme.tokens.size("shell.rail")))
        self._rail = QVBoxLayout(rail)
        self._rail.setContentsMargins(0, 10, 0, 8)
        self._rail.setSpacing(2)
        mark = QLabel("P")
        mark.setFont(self._theme.font(18, strong=True))
        mark.setAlignment(Qt.AlignmentFlag.AlignCenter)
        mark.setFixedSize(36, 36)
        mark.setProperty("mark", "true")
        self._rail.addWidget(mark, 0, Qt.AlignmentFlag.AlignHCenter)
        self._rail.addSpacing(8)
        self._rail.addStretch(1)
        self._rail_group = QButtonGroup(self)
        self._rail_buttons: dict[str, QToolButton] = {}
        return rail

    def _make_top(self) -> QWidget:
        bar = QFrame()
        bar.setProperty("surface", "panel")
        bar.setProperty("line", "bottom")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        bar.setFixedHeight(int(self._theme.tokens.size("shell.topbar")))
        row = QHBoxLayout(bar)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(8)
        self.top_left = QHBoxLayout()
        self.top_left.setSpacing(8)
        row.addLayout(self.top_left)
        row.addStretch(1)
        self.top_right = QHBoxLayout()
        self.top_right.setSpacing(8)
        row.addLayout(self.top_right)
        self.sync_light = StatusLight(self._theme, "refresh")
        self.fiscal_light = StatusLight(self._theme, "shield-check")
        self.print_light = StatusLight(self._theme, "printer")
        row.addWidget(self.sync_light)
        row.addWidget(self.fiscal_light)
        row.addWidget(self.print_light)
        self.user = QToolButton()
        self.user.setFont(self._theme.font(13, strong=True))
        self.user.setProperty("user", "true")
        self.user.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.user.setIcon(self._theme.icon("user", "text.secondary"))
        row.addWidget(self.user)
        return bar

    def _make_message(self, over: QWidget) -> QFrame:
        """Lies over the foot of the page: nothing moves away under a hand that is about to click."""
        frame = QFrame(over)
        frame.setProperty("toast", "true")
        row = QHBoxLayout(frame)
        row.setContentsMargins(16, 8, 12, 8)
        self._message_words = label(self._theme, "", wrap=True)
        row.addWidget(self._message_words, 1)
        close = QToolButton()
        close.setIcon(self._theme.icon("x", "text.secondary", 16))
        close.setAccessibleName(self._texts.say("shell.close"))
        close.setToolTip(self._texts.say("shell.close"))
        close.setProperty("user", "true")
        close.clicked.connect(frame.hide)
        row.addWidget(close)
        frame.hide()
        self._message_timer = QTimer(self, singleShot=True, interval=12_000)
        self._message_timer.timeout.connect(frame.hide)
        return frame

    def _make_bottom(self) -> QWidget:
        bar = QFrame()
        bar.setProperty("surface", "panel")
        bar.setProperty("line", "top")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        bar.setFixedHeight(int(self._theme.tokens.size("shell.bottombar")))
        row = QHBoxLayout(bar)
        row.setContentsMargins(16, 2, 12, 2)
        row.setSpacing(16)
        self.totals = label(self._theme, "", 13, tone="secondary")
        self.totals.setTextFormat(Qt.TextFormat.RichText)
        row.addWidget(self.totals)
        row.addStretch(1)
        self.undo_bar = UndoBar(self._theme, self._texts.say("shell.undo"))
        row.addWidget(self.undo_bar)
        self.keys = QToolButton()
        self.keys.setText(self._texts.say("shell.keys"))
        self.keys.setFont(self._theme.font(12))
        self.keys.setProperty("user", "true")
        row.addWidget(self.keys)
        return bar

    # Pages

    def set_pages(self, pages: list[Page]) -> None:
        """Fills the rail; nothing is made before it is opened."""
        for page in pages:
            self._pages[page.key] = page
            button = QToolButton()
            button.setText(page.title)
            button.setIcon(self._theme.icon(page.icon, "text.on_rail", 22))
            button.setIconSize(QSize(22, 22))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            button.setCheckable(True)
            button.setFont(self._theme.font(12))
            button.setFixedSize(int(self._theme.tokens.size("shell.rail")), 58)
            button.setProperty("rail", "true")
            button.clicked.connect(lambda _checked=False, key=page.key: self.show_page(key))
            self._rail_group.addButton(button)
            self._rail_buttons[page.key] = button
            place = self._rail.count() if page.at_bottom else self._rail.count() - 1
            self._rail.insertWidget(place, button)

    def set_badge(self, key: str, count: int) -> None:
        """How much waits on a page, at its place in the rail; nothing for none."""
        button = self._rail_buttons.get(key)
        if button is None:
            return
        badge = button.findChild(QLabel)
        if badge is None:
            badge = label(self._theme, "", 12, strong=True)
            badge.setParent(button)
            badge.setProperty("badge", "true")
            badge.setAlignment(Qt.AlignmentFlag.AlignCenter)
        badge.setText(str(count) if count < 100 else "99+")
        badge.setFixedHeight(16)
        badge.resize(max(18, badge.sizeHint().width()), 16)
        badge.move(button.width() // 2 + 5, 5)
        badge.setVisible(count > 0)
        title = self._pages[key].title
        button.setAccessibleName(f"{title}, {count}" if count else title)

    def show_page(self, key: str) -> QWidget:
        """Opens a page, made when it is first asked for."""
        page = self._pages[key]
        if key not in self._made:
            self._made[key] = page.make()
            self.centre.addWidget(self._made[key])
            if page.left is not None:
                self._lefts[key] = page.left()
                self._left.addWidget(self._lefts[key])
        self.centre.setCurrentWidget(self._made[key])
        if key in self._lefts:
            self._left.setCurrentWidget(self._lefts[key])
        self._rail_buttons[key].setChecked(True)
        self.close_panel()
        self._arrange()
        self.page_shown.emit(key)
        return self._made[key]

    @property
    def page(self) -> str:
        """The key of the page that is shown."""
        current = self.centre.currentWidget()
        return next((key for key, widget in self._made.items() if widget is current), "")

    def forget_pages(self) -> None:
        """Makes all pages anew when they are next opened (another person, another language)."""
        for widget in (*self._made.values(), *self._lefts.values()):
            widget.setParent(None)
            widget.deleteLater()
        self._made.clear()
        self._lefts.clear()
        for button in self._rail_buttons.values():
            self._rail_group.removeButton(button)
            button.setParent(None)
            button.deleteLater()
        self._rail_buttons.clear()
        self._pages.clear()
        self.close_panel()

    # Panels, covers and messages

    def show_panel(self, panel: QWidget, width: int = 360) -> None:
        """Shows a panel at the right; the one before it goes."""
        self._take_focus_back()
        self._panels.setUpdatesEnabled(False)
        _empty(self._panels, 0)
        wanted = panel.focusWidget()  # a new parent forgets it
        panel.setParent(self._panels)
        self._panels.addWidget(panel)
        self._panels.setFixedWidth(width)
        self._panels.show()
        self._panels.setUpdatesEnabled(True)
        if wanted is not None:
            wanted.setFocus()
        self._arrange()

    def close_panel(self) -> None:
        """Takes the right panel away."""
        self._take_focus_back()
        _empty(self._panels, 0)
        self._panels.hide()
        self._arrange()

    def _take_focus_back(self) -> None:
        """The focus of a panel that goes belongs to the page, not to whatever button comes next."""
        focused, page = QApplication.focusWidget(), self.centre.currentWidget()
        if focused is not None and page is not None and self._panels.isAncestorOf(focused):
            page.setFocus()

    @property
    def panel(self) -> QWidget | None:
        return self._panels.currentWidget() if self._panels.isVisible() else None

    def cover(self, widget: QWidget) -> None:
        """Shows a widget instead of everything: sign-in, first run."""
        self.uncover()
        self._cover.addWidget(widget)
        self._cover.setCurrentWidget(widget)

    def uncover(self) -> None:
        """Back to work."""
        self._cover.setCurrentWidget(self._work)
        _empty(self._cover, 1)

    @property
    def covered(self) -> bool:
        return self._cover.currentWidget() is not self._work

    def say(self, sentence: str, tone: str) -> None:
        """Shows a message at the foot of the page for some seconds; an error until it is closed."""
        self._message.setProperty("note", tone)
        self._message_words.setProperty(
            "tone", {"danger": "danger_subtle", "success": "success_subtle"}.get(tone, tone)
        )
        restyle(self._message)
        restyle(self._message_words)
        self._message_words.setText(sentence)
        self._place_message()
        self._message.show()
        self._message.raise_()
        if tone == "danger":
            self._message_timer.stop()
        else:
            self._message_timer.start()

    def hide_message(self) -> None:
        self._message.hide()

    def _place_message(self) -> None:
        page = QRect(self.centre.mapTo(self._work, QPoint(0, 0)), self.centre.size())
        width = max(280, min(_MESSAGE, page.width() - 32))
        height = max(44, self._message.heightForWidth(width))
        self._message.setGeometry(page.center().x() - width // 2, page.bottom() - height - 12, width, height)

    def toggle_left(self) -> None:
        """Shows or hides the left panel."""
        self._left_wanted = not self._left.isVisible()
        self._arrange(forced=True)

    def _arrange(self, *, forced: bool = False) -> None:
        """Who gives way: the left panel under 1360 px, or beside a wide right one."""
        wide = self.width() >= self._theme.tokens.size("shell.collapse_left_below")
        roomy = wide and not (self._panels.isVisible() and self._panels.width() > 400)
        self._left.setVisible(self.page in self._lefts and self._left_wanted and (roomy or forced))
        QTimer.singleShot(0, self, self._place_message)  # once the layout has the new sizes

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def allow_close(self) -> None:
        """The application has shut down; the next close is real."""
        self._may_close = True

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._may_close:
            event.accept()
        else:
            event.ignore()
            self.closing.emit()


def _empty(stack: QStackedWidget, keep: int) -> None:
    """Deletes the widgets of a stack behind the first `keep` ones."""
    while stack.count() > keep:
        old = stack.widget(keep)
        if old is None:
            return
        stack.removeWidget(old)
        old.deleteLater()
