"""What can be answered to each kind of conflict, in words with times, people and amounts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from desktop.access import Permission
from desktop.appointments.colliding import Way, stay_beside
from desktop.appointments.model import Status
from desktop.appointments.moving import move_visit
from desktop.sharing.conflict import Conflict, ConflictKind, Side
from desktop.sharing.names import take_free_mark
from desktop.sharing.rights import right_to_write
from desktop.sharing.second_try import do_again, let_go
from desktop.sharing.settled import leave_as_is
from desktop.sharing.values import Plain
from desktop.sharing.views.answer import Answer
from desktop.sharing.views.shown import distance_words, shown
from desktop.shell.context import ViewContext
from desktop.sync_manifest import PARENTS


@dataclass(frozen=True, slots=True)
class Asking:
    """What an answer needs from the page: the reason of a cancellation; a credit note of an invoice, with its reason."""

    cancel: Callable[[UUID], object]
    credit: Callable[[UUID, str], object]


def answers_to(
    context: ViewContext, conflict: Conflict, ways: Sequence[Way], mark: str, asking: Asking
) -> list[Answer]:
    """The answers that the signed-in person has the rights for, the suggested one first."""
    match conflict.kind:
        case ConflictKind.VISIT:
            return _of_visit(context, conflict, ways, asking)
        case ConflictKind.CHARGED_TWICE:
            return _of_receipts(context, conflict, asking)
        case ConflictKind.NAME_TWICE:
            return _of_name(context, conflict, mark)
        case ConflictKind.SET_ASIDE:
            return _of_refusal(context, conflict)
        case ConflictKind.STRAY:
            return [_leave(context, conflict, "seen", "suggested")]


def _of_visit(context: ViewContext, conflict: Conflict, ways: Sequence[Way], asking: Asking) -> list[Answer]:
    say = context.say
    found = [_move(context, conflict.subject, way, "" if place else "suggested") for place, way in enumerate(ways)]
    done = conflict.code == Status.DONE
    if len(conflict.sides) > 1 or done:

        def beside() -> None:
            context.spawn(context.write(stay_beside, conflict.subject))

        tone = "suggested" if done else ""
        found.append(Answer(say("sharing.answer.beside"), say("sharing.answer.beside_then"), beside, tone))
    if done:
        return found  # what took place is not cancelled any more
    cancel = Answer(
        say("sharing.answer.cancel"),
        say("sharing.answer.cancel_then"),
        lambda: asking.cancel(conflict.subject),
        "danger",
    )
    return [*found, cancel]


def _move(context: ViewContext, visit: UUID, way: Way, tone: str) -> Answer:
    say, texts = context.say, context.texts
    zone = context.database.desk.zone
    local = way.starts_at.astimezone(zone)
    planned = (way.starts_at - timedelta(minutes=way.moved_min)).astimezone(zone)
    other_day = local.date() != planned.date()
    time = f"{local:%H:%M}"
    if way.moved_min == 0 and way.same_member:
        words, then = say("sharing.answer.take", time=time), say("sharing.answer.take_then")
    else:
        key = f"sharing.answer.move{'_day' if other_day else ''}{'' if way.same_member else '_with'}"
        day = texts.dates.weekday_and_day(local.date())
        words = say(key, time=time, day=day, who=way.member_name)
        person = say("sharing.answer.same_person" if way.same_member else "sharing.answer.other_person")
        then = f"{distance_words(context, way.moved_min)}, {person}"
    member = None if way.same_member else way.member_id

    def move() -> None:
        context.spawn(context.write(move_visit, visit, local.date(), local.time().replace(tzinfo=None), member))

    return Answer(words, then, move, tone)


def _of_receipts(context: ViewContext, conflict: Conflict, asking: Asking) -> list[Answer]:
    say = context.say
    found = []
    if context.may(Permission.CREDIT):
        for place, side in enumerate(conflict.sides):
            other = conflict.sides[0 if place else 1]
            words = say("sharing.answer.credit", number=_fact(context, side, "number"))
            then = say("sharing.answer.credit_then", amount=_fact(context, side, "total"))
            reason = say("sharing.answer.told", number=_fact(context, other, "number"))

            def credit(invoice: UUID = side.row, reason: str = reason) -> None:
                asking.credit(invoice, reason)

            found.append(Answer(words, then, credit, "" if place else "suggested"))
    return [*found, _leave(context, conflict, "both")]


def _of_name(context: ViewContext, conflict: Conflict, mark: str) -> list[Answer]:
    say = context.say
    if not (conflict.again and mark and context.may(Permission.EDIT_SETTINGS)):
        return []  # the other desk is the one that can

    def rename() -> None:
        context.spawn(context.write(take_free_mark, conflict.subject))

    return [Answer(say("sharing.answer.mark", mark=mark), say("sharing.answer.mark_then"), rename, "suggested")]


def _of_refusal(context: ViewContext, conflict: Conflict) -> list[Answer]:
    say = context.say
    found = []
    tables = {fact.name.partition(".")[0] for side in conflict.sides for fact in side.facts}
    may, feed = all(context.may(right_to_write(table)) for table in tables), context.database.feed_state
    if conflict.again and may:

        def again() -> None:
            context.spawn(context.write(do_again, conflict.subject, feed))

        then = say(f"sharing.answer.{'made_anew' if conflict.alone else 'again'}_then")
        found.append(Answer(say("sharing.answer.again"), then, again, "suggested"))
    if conflict.alone:

        def give_up() -> None:
            context.spawn(context.write(let_go, conflict.subject, feed, PARENTS))

        words, then = say("sharing.answer.let_go"), say("sharing.answer.let_go_then")
        return [*found, Answer(words, then, give_up, "danger")] if may else []
    return [*found, _leave(context, conflict, "drop", "" if found else "suggested")]


def _leave(context: ViewContext, conflict: Conflict, key: str, tone: str = "") -> Answer:
    def leave() -> None:
        context.spawn(context.write(leave_as_is, conflict.kind, conflict.subject))

    return Answer(context.say(f"sharing.answer.{key}"), context.say(f"sharing.answer.{key}_then"), leave, tone)


def _fact(context: ViewContext, side: Side, name: str) -> str:
    return shown(context, next((fact.value for fact in side.facts if fact.name == name), Plain("")))
