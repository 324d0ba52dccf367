"""The marks under which the next document is numbered.

Two desks that named themselves alike before they were paired have one series between them. The backend confirms it to the first; the
other one takes a free mark with its next document. What was issued under the old mark keeps its number.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.register.series import Series, choose_series, next_mark, rename_series
from desktop.sales.model import Invoice


def series_to_issue(session: Session, action: Action, *, only_transfer: bool) -> Series:
    """The series for the document that is about to be issued; see `desktop.register.series.choose_series`.

    The new mark is one under which nobody ever issued, as far as this desk knows.
    """
    series = choose_series(session, action, only_transfer=only_transfer)
    if not series.conflict:
        return series
    used = session.scalars(select(Invoice.device).where(Invoice.premise == series.premise).distinct())
    rename_series(session, action, series, next_mark(session, action, series.device, used))
    return choose_series(session, action, only_transfer=only_transfer)
