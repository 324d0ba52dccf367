"""The page of settings: sections at the left, the chosen one at the right."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop.catalogue.views.rooms_card import rooms_card
from desktop.catalogue.views.services_page import ServicesPage
from desktop.services.counter import Counter
from desktop.services.sharing import Sharing
from desktop.settings.views.audit_card import audit_table
from desktop.settings.views.business_cards import company_card, device_card, fiscal_card, premise_card, printer_card
from desktop.settings.views.receipt_card import receipt_card
from desktop.sharing.views.pairing_card import PairingCard
from desktop.shell.context import ViewContext
from desktop.staff.views.hours_card import hours_card
from desktop.staff.views.staff_page import StaffPage

Make = Callable[[], Awaitable[QWidget]]


#: The sections in their order, each with its icon; the title of one is ``settings.<key>.title``.
SECTIONS = {
    "company": "building-bank",
    "premise": "building-store",
    "device": "device-desktop",
    "fiscal": "shield-check",
    "printer": "printer",
    "receipt": "receipt",
    "staff": "users",
    "hours": "clock",
    "services": "scissors",
    "rooms": "id",
    "sharing": "refresh",
    "audit": "list",
}


class SettingsPage(QWidget):
    """Signals: panel_wanted(widget or None)."""

    panel_wanted = Signal(object)

    def __init__(self, context: ViewContext, counter: Counter, sharing: Sharing) -> None:
        super().__init__()
        self._context, self._sharing = context, sharing
        self._make: dict[str, Make] = {
            "company": lambda: company_card(context, counter),
            "premise": lambda: premise_card(context, counter),
            "device": lambda: device_card(context),
            "fiscal": lambda: fiscal_card(context, counter),
            "printer": lambda: printer_card(context, counter),
            "receipt": lambda: receipt_card(context, counter),
            "staff": self._staff,
            "hours": lambda: hours_card(context),
            "services": self._services,
            "rooms": lambda: rooms_card(context),
            "sharing": self._pairing,
            "audit": lambda: audit_table(context),
        }
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._list = QListWidget()
        self._list.setFixedWidth(220)
        self._list.setFont(context.theme.font())
        self._list.setAccessibleName(context.say("shell.pages.settings"))
        self._list.setIconSize(QSize(20, 20))
        for key, icon in SECTIONS.items():
            QListWidgetItem(
                context.theme.icon(icon, "text.secondary"), context.say(f"settings.{key}.title"), self._list
            )
        self._list.currentRowChanged.connect(lambda place: context.spawn(self._show(place)))
        row.addWidget(self._list)
        self._stack = QStackedWidget()
        row.addWidget(self._stack, 1)
        self._list.setCurrentRow(0)

    def open_section(self, key: str) -> None:
        """Shows a section of `SECTIONS`."""
        self._list.setCurrentRow(list(SECTIONS).index(key))

    async def _staff(self) -> QWidget:
        page = StaffPage(self._context)
        page.panel_wanted.connect(self.panel_wanted)
        return page

    async def _services(self) -> QWidget:
        page = ServicesPage(self._context)
        page.panel_wanted.connect(self.panel_wanted)
        return page

    async def _pairing(self) -> QWidget:
        return PairingCard(self._context, self._sharing)

    async def _show(self, place: int) -> None:
        """Makes the section anew, so that it shows what is stored now."""
        made = await self._make[list(SECTIONS)[place]]()
        if place != self._list.currentRow():
            made.deleteLater()  # another section was chosen meanwhile
            return
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(24, 20, 24, 20)
        column.addWidget(made)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inside)
        while self._stack.count():
            old = self._stack.widget(0)
            if old is None:
                break
            self._stack.removeWidget(old)
            old.deleteLater()
        self._stack.addWidget(scroll)
