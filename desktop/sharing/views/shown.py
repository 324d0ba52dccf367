"""Values, desks and people of a conflict or a history, written out in the person's language."""

from __future__ import annotations

from datetime import datetime, timedelta

from desktop.sharing.desks import DeskName, Origin
from desktop.sharing.values import (
    Amount,
    Dated,
    Minutes,
    Moment,
    Plain,
    Quantity,
    Several,
    Share,
    Span,
    Value,
    Word,
)
from desktop.shell.context import ViewContext

_LONGEST = 240


def shown(context: ViewContext, value: Value | None) -> str:
    """A value in words; "–" for nothing, and said so where it is not kept any more."""
    if value is None:
        return context.say("sharing.history.erased")
    return _words(context, value) or context.say("sharing.view.nothing")


def _words(context: ViewContext, value: Value) -> str:
    texts = context.texts
    match value:
        case Plain(text):
            return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
        case Amount(cents):
            return texts.money(cents)
        case Share(points):
            return texts.rate(points)
        case Quantity(thousandths):
            return texts.quantity(thousandths)
        case Minutes(count):
            return texts.say("sharing.span.minutes", n=count)
        case Moment(at):
            return day_and_time(context, at)
        case Dated(day):
            return texts.day(day)
        case Span(start, end):
            return f"{day_and_time(context, start)}–{_local(context, end):%H:%M}"
        case Word(key, code):
            return texts.say(key) if texts.has(key) else code
        case Several(values):
            return " · ".join(words for one in values if (words := _words(context, one)))


def _local(context: ViewContext, at: datetime) -> datetime:
    return at.astimezone(context.database.desk.zone)


def day_and_time(context: ViewContext, at: datetime) -> str:
    """A time; of another day than today with its day in front."""
    local = _local(context, at)
    today = _local(context, context.database.clock.now()).date()
    day = "" if local.date() == today else f"{context.texts.dates.short_day(local.date())} "
    return f"{day}{local:%H:%M}"


def desk_words(context: ViewContext, desk: DeskName) -> str:
    """A desk by its mark."""
    named, nameless = ("this_desk_named", "this_desk") if desk.here else ("desk", "other_desk")
    return context.say(f"sharing.view.{named if desk.mark else nameless}", mark=desk.mark)


def origin_words(context: ViewContext, origin: Origin) -> str:
    """Who and when."""
    return context.say("sharing.view.made", who=origin.by, at=day_and_time(context, origin.at))


def field_words(context: ViewContext, name: str) -> str:
    """The name of a fact, or of a field as ``table.field``; a field without a word by its own name."""
    key = f"sharing.field.{name}" if "." in name else f"sharing.fact.{name}"
    return context.say(key) if context.texts.has(key) else name.rpartition(".")[2].replace("_", " ")


def record_words(context: ViewContext, table: str) -> str:
    """What a record of a table is; the name of the table where there is no word for it."""
    key = f"sharing.record.{table}"
    return context.say(key) if context.texts.has(key) else table.replace("_", " ")


def operation_words(context: ViewContext, name: str) -> str:
    """What an operation did; its name where there are no words for it."""
    key = f"audit.{name}"
    return context.say(key) if context.texts.has(key) else name


def distance_words(context: ViewContext, minutes: int) -> str:
    """How much earlier or later than planned."""
    if minutes == 0:
        return context.say("sharing.answer.same_time")
    span = timedelta(minutes=abs(minutes))
    if span >= timedelta(days=1):
        words = context.texts.say("sharing.span.days", count=round(span / timedelta(days=1)))
    elif span >= timedelta(hours=2):
        words = context.say("sharing.span.hours", n=context.texts.dates.decimal(span / timedelta(hours=1), 1))
    else:
        words = context.say("sharing.span.minutes", n=abs(minutes))
    return context.say("sharing.answer.later" if minutes > 0 else "sharing.answer.earlier", span=words)
