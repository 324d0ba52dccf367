"""The audit trail: what was done, by whom and when, the newest first."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from desktop.database.history import AuditEntry, audit_trail
from desktop.settings.views.audit_words import what_happened, with_what
from desktop.shell.context import ViewContext
from desktop.widgets.rows_table import ColumnOf, RowsTable


async def audit_table(context: ViewContext) -> QWidget:
    """The last 256 operations and events."""
    say, zone = context.say, context.database.desk.zone
    table: RowsTable[AuditEntry] = RowsTable(
        context.theme,
        [
            ColumnOf(say("settings.audit.at"), lambda row: context.texts.show(row.at.astimezone(zone)), width=180),
            ColumnOf(say("settings.audit.who"), lambda row: row.actor_name, stretch=1),
            ColumnOf(say("settings.audit.what"), lambda row: what_happened(row, context.texts), stretch=1),
            ColumnOf(say("settings.audit.details"), lambda row: with_what(row, context.texts), stretch=2),
        ],
        say("settings.audit.title"),
    )
    table.setMinimumHeight(600)
    table.set_rows(await context.read(audit_trail))
    return table
