"""How the sharing stands, in words: for the light on top and for the settings."""

from __future__ import annotations

from datetime import UTC, datetime

from desktop.services.sharing import SharingState, SharingStatus
from desktop.shell.context import ViewContext
from desktop.widgets.lights import LightState

_LIGHTS: dict[SharingState, LightState] = {
    SharingState.ALONE: "info",
    SharingState.PAUSED: "warning",
    SharingState.STARTING: "info",
    SharingState.AGREED: "fine",
    SharingState.WAITING: "warning",
    SharingState.STOPPED: "danger",
}
#: Units of time and their minutes, the longest first.
_UNITS = (("days", 24 * 60), ("hours", 60), ("minutes", 1))


def light_of(status: SharingStatus) -> LightState:
    """The tone of a status."""
    light = _LIGHTS[status.state]
    return "warning" if light == "fine" and status.ahead else light


def words_of(context: ViewContext, status: SharingStatus) -> str:
    """The status in a sentence: since when, what waits, what to do; and a second one where this computer's clock is wrong."""
    words = _standing_words(context, status)
    return f"{words} {clock_words_of(context, status.ahead)}" if status.ahead else words


def clock_words_of(context: ViewContext, ahead: int) -> str:
    """By how much this computer's clock is wrong, in minutes, from two hours on in hours, from two days on in days."""
    way, minutes = "ahead" if ahead > 0 else "behind", abs(ahead)
    unit, size = next((unit, size) for unit, size in _UNITS if minutes >= 2 * size or size == 1)
    return context.say(f"sharing.clock.{way}_{unit}", count=round(minutes / size))


def _standing_words(context: ViewContext, status: SharingStatus) -> str:
    say = context.say
    key = f"sharing.stopped.{status.code}"
    if status.code is not None and context.texts.has(key):
        return say(key)  # also while it only waits: for a person
    if status.state is SharingState.STOPPED:
        return say("sharing.stopped.other", code=status.code)
    if status.state is SharingState.WAITING and status.code != "unreachable":
        return say("sharing.status.refused_round", code=status.code, count=status.pending)
    if status.state is SharingState.WAITING and status.contact is None:
        return say("sharing.status.no_line_yet" if status.pending else "sharing.status.away_yet", count=status.pending)
    nothing_waits = status.state is SharingState.WAITING and not status.pending
    at = "" if status.contact is None else moment(context, round(status.contact * 1000))
    state = "away" if nothing_waits else status.state.value
    return say(f"sharing.status.{state}", at=at, count=status.pending)


def short_words_of(context: ViewContext, status: SharingStatus) -> str:
    """What stands in the light itself."""
    if status.ahead and status.state is SharingState.AGREED:
        return context.say("sharing.light.clock")
    nothing_waits = status.state is SharingState.WAITING and not status.pending
    return context.say(f"sharing.light.{'away' if nothing_waits else status.state.value}", count=status.pending)


def moment(context: ViewContext, milliseconds: int) -> str:
    """An instant of the server as the wall clock of the shop shows it; of today the time alone."""
    zone = context.database.desk.zone
    local = datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone(zone)
    today = datetime.now(UTC).astimezone(zone).date()
    return f"{local:%H:%M}" if local.date() == today else context.texts.show(local)
