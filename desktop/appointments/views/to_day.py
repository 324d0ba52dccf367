"""From the room's day to what the calendar widget draws: minutes, looks, letters and words."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from desktop.appointments.day import DayBlock, DayColumn, DayView
from desktop.appointments.model import ClaimState, Status
from desktop.appointments.slots import FREEING
from desktop.texts import Texts
from desktop.widgets.calendar.data import Block, Column, Day, Look, clock

_LOOKS = {
    Status.PENDING: Look.PENDING,
    Status.CONFIRMED: Look.CONFIRMED,
    Status.ARRIVED: Look.ARRIVED,
    Status.IN_SERVICE: Look.IN_SERVICE,
    Status.DONE: Look.DONE,
    Status.NO_SHOW: Look.NO_SHOW,
}
_BLOCKED = UUID("7c1f6c1e-0d5e-5f2e-9a53-1f0f7f5b6d10")


def minute_of(instant: datetime, day: date, zone: ZoneInfo) -> int:
    """Minutes of the wall clock from midnight of a day; before it negative, behind it over 1440."""
    local = instant.astimezone(zone)
    return (local.date() - day).days * 1440 + local.hour * 60 + local.minute


def calendar_day(view: DayView, zone: ZoneInfo, now: datetime, paid: Set[UUID], texts: Texts) -> Day:
    """The widget's day: one hour wider than the opening, or than what is booked outside it."""
    columns = tuple(_column(column, view.day, zone, texts) for column in view.columns)
    blocks: list[Block] = []
    for column in view.columns:
        own = [_block(block, view.day, zone, paid, texts) for block in column.blocks]
        pauses = [block.processing for block in own if block.processing is not None]
        own = [_inset(block, pauses) for block in own]
        for one in column.blocked:
            start, end = minute_of(one.starts_at, view.day, zone), minute_of(one.ends_at, view.day, zone)
            title = one.reason or texts.say("appointments.view.blocked")
            group = uuid5(_BLOCKED, one.id.hex)
            own.append(Block(one.id, group, column.member_id, start, end, title, "", "slate", Look.BLOCKED))
        blocks += beside_each_other(own)
    marks = [minute for column in columns for span in column.open_spans for minute in span]
    marks += [minute for block in blocks for minute in (block.start, block.end)]
    first = max(0, min(marks, default=8 * 60) // 60 * 60 - 60)
    last = min(1440, (max(marks, default=18 * 60) + 59) // 60 * 60 + 60)
    at = minute_of(now, view.day, zone)
    return Day(columns, tuple(blocks), first, last, at if 0 <= at < 1440 else None)


def look_of(block: DayBlock, paid: Set[UUID]) -> Look:
    """The look of a block: late and paid are derived from its status; whose place somebody else has is in conflict."""
    if block.visit_id in paid:
        return Look.PAID
    if block.claim_state == ClaimState.CONFLICT and block.status not in FREEING:
        return Look.CONFLICT
    if block.late_min > 0:
        return Look.LATE
    return _LOOKS.get(block.status, Look.CONFIRMED)


def block_id(block: DayBlock) -> UUID:
    """The drawn block's id: the same as long as the visit has the same parts."""
    return uuid5(block.visit_id, str(block.part))


def state_words(block: DayBlock, paid: Set[UUID], texts: Texts) -> str:
    """The state of a block in words, for the agenda and screen readers."""
    look = look_of(block, paid)
    if look is Look.LATE:
        return texts.say("appointments.shown.late", minutes=block.late_min)
    if look in (Look.PAID, Look.CONFLICT):
        return texts.say(f"appointments.shown.{look.value}")
    return texts.say(f"appointments.status.{block.status.value}")


def _column(column: DayColumn, day: date, zone: ZoneInfo, texts: Texts) -> Column:
    spans = tuple((minute_of(start, day, zone), minute_of(end, day, zone)) for start, end in column.open)
    if not spans:
        words = texts.say("appointments.view.away")
        if column.closed is not None and column.closed.text:
            words = column.closed.text
        return Column(column.member_id, column.name, words, ())
    load = column.booked_min / column.open_min if column.open_min else 0.0
    hours = f"{clock(spans[0][0])}–{clock(spans[-1][1])}".replace(":00", "")
    return Column(column.member_id, column.name, f"{hours} · {round(load * 100)} %", spans, load)


def _block(block: DayBlock, day: date, zone: ZoneInfo, paid: Set[UUID], texts: Texts) -> Block:
    look = look_of(block, paid)
    letter = ""
    if look is not Look.CONFIRMED:
        key = look.value if look in (Look.LATE, Look.PAID, Look.CONFLICT) else block.status.value
        letter = texts.say(f"appointments.letter.{key}")
    services = ", ".join(item.name for item in block.items)
    count = f"({len(block.items)}) " if len(block.items) > 1 else ""
    note = texts.say("appointments.shown.late", minutes=block.late_min) if look is Look.LATE else ""
    if look is Look.CONFLICT:
        note = texts.say("appointments.shown.conflict")
    if look is Look.DONE:
        note = f"{services} {texts.money(block.price_cents)}" if block.price_cents else ""
    pause = None
    if block.pauses:
        start, end = block.pauses[0]
        pause = (minute_of(start, day, zone), minute_of(end, day, zone))
    return Block(
        id=block_id(block),
        group=block.visit_id,
        column=block.member_id,
        start=minute_of(block.starts_at, day, zone),
        end=minute_of(block.ends_at, day, zone),
        last_start=minute_of(block.items[-1].starts_at, day, zone),
        title=count + (block.customer_name or texts.say("appointments.view.walk_in")),
        line=services,
        family=block.colour or "slate",
        look=look,
        letter=letter,
        state=state_words(block, paid, texts),
        note=note,
        buffer_before=block.buffer_before_min,
        buffer_after=block.buffer_after_min,
        buffer_word=texts.say("appointments.view.buffer"),
        processing=pause,
        processing_word=texts.say("appointments.view.processing"),
        movable=look not in (Look.PAID, Look.DONE, Look.NO_SHOW),
    )


def _inset(block: Block, pauses: list[tuple[int, int]]) -> Block:
    """A block inside another's processing time is drawn narrower, so that the other's edge stays to be seen."""
    inside = any(start <= block.start and block.end <= end for start, end in pauses)
    return replace(block, inset=True) if inside else block


def beside_each_other(blocks: Iterable[Block]) -> list[Block]:
    """Blocks of a column at the same time share its width: two that were booked at two desks, one who did not come and who came instead."""
    shown: list[Block] = []
    group: list[Block] = []
    ends: list[int] = []  # of each lane of the group

    def close() -> None:
        shown.extend(replace(one, lanes=len(ends)) if len(ends) > 1 else one for one in group)

    for block in sorted(blocks, key=lambda one: (one.inset, one.start, one.end)):
        if not group or block.start >= max(ends) or block.inset != group[0].inset:
            close()
            group, ends = [], []
        lane = next((n for n, end in enumerate(ends) if end <= block.start), len(ends))
        ends[lane : lane + 1] = [block.end]
        group.append(replace(block, lane=lane) if lane else block)
    close()
    return shown
