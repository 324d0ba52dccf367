"""Hours of a week as people write them: a line per weekday, ``8:00–12:00, 13:00–17:00``; an empty line is closed."""

from __future__ import annotations

import re
from datetime import time

from desktop.errors import InvalidInput
from desktop.shell.context import ViewContext
from desktop.staff.opening import Week, WeekPlan
from desktop.staff.spans import Span
from desktop.widgets.fields import Field, text_field, text_of

_SPAN = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*[-–—]\s*(\d{1,2})(?::(\d{2}))?")


def week_fields(context: ViewContext, plan: WeekPlan | None) -> list[Field]:
    """Seven fields, named as the use cases name them."""
    names = context.texts.dates.weekdays()
    fields = []
    for weekday, name in enumerate(names):
        spans = plan.days[weekday] if plan is not None else ()
        shown = ", ".join(str(span) for span in spans)
        fields.append(text_field(context.theme, f"weekday_{weekday}", name, shown, example="8:00–12:00, 13:00–17:00"))
    return fields


def read_week(fields: list[Field]) -> Week:
    """The week that is typed. Raises `InvalidInput` ``staff.hours_form`` at the weekday that cannot be read."""
    return {weekday: read_spans(text_of(field), field.name) for weekday, field in enumerate(fields)}


def read_spans(typed: str, field: str) -> tuple[Span, ...]:
    """The hours of one day; 24:00 is midnight at the end of the day."""
    spans = []
    for part in typed.replace(";", ",").split(","):
        if not part.strip():
            continue
        match = _SPAN.fullmatch(part.strip())
        if match is None:
            raise InvalidInput(field, "staff.hours_form")
        numbers = [int(number or 0) for number in match.groups()]
        if numbers[0] > 23 or numbers[2] > 24 or max(numbers[1], numbers[3]) > 59:
            raise InvalidInput(field, "staff.hours_form")
        spans.append(Span(time(numbers[0], numbers[1]), time(numbers[2] % 24, numbers[3])))
    return tuple(spans)
