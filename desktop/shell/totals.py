"""The figures of the bottom bar: bookings, turnover, open bills, by what the person may see."""

from __future__ import annotations

from dataclasses import dataclass

from desktop.access import Permission
from desktop.register.till import till_state
from desktop.sales.closing import x_report
from desktop.sales.open_bills import list_open_bills
from desktop.shell.context import ViewContext


@dataclass(frozen=True, slots=True)
class Totals:
    """`words` as rich text; `till_open` False also for a person to whom the till is no business."""

    words: str
    till_open: bool


async def read_totals(context: ViewContext, visits: int | None) -> Totals:
    """Reads the figures; `visits` are those of the day that is shown, None without a calendar."""
    say, money = context.say, context.texts.money
    parts = [f"{say('shell.totals.visits')} <b>{visits}</b>"] if visits is not None else []
    till_open = False
    if context.may(Permission.CHARGE):
        bills = await context.read(list_open_bills)
        state = await context.read(till_state)
        till_open = state.open is not None
        if till_open and context.may(Permission.SEE_TURNOVER):
            report = await context.read(x_report)
            parts.append(f"{say('shell.totals.turnover')} <b>{money(report.turnover_cents)}</b>")
        waiting = money(sum(bill.total_cents for bill in bills))
        parts.append(f"{say('shell.totals.open_bills')} <b>{len(bills)} · {waiting}</b>")
        if not till_open:
            parts.append(f"<b>{say('sales.till.closed')}</b>")
    return Totals("&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;".join(parts), till_open)
