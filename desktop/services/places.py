"""Opening and making the data directory of a run, for the window: blocking, off the Qt thread."""

from __future__ import annotations

from contextlib import ExitStack
from zoneinfo import ZoneInfo

from desktop.access import Actor
from desktop.clock import SystemClock
from desktop.database import key as keys
from desktop.database.create import Identity
from desktop.database.key import Protection, system_ring
from desktop.database.lock import PlaceLock
from desktop.database.new_file import Mode
from desktop.database.opening import OpenPlace, make_place, open_place
from desktop.database.place import Place
from desktop.schema import SCHEMA

_ZONE = ZoneInfo("Europe/Ljubljana")


def open_any(
    place: Place, lock: PlaceLock, passphrase: str | None, *, demo: bool, world: ExitStack
) -> tuple[OpenPlace | None, Actor | None]:
    """What there is to open, None where nothing is yet; and who is signed in from the start: the owner of the demo salon.

    Raises as `open_existing`.
    """
    if demo:
        return open_demo(place, lock, world)
    return (open_existing(place, lock, passphrase) if place.exists else None), None


def open_existing(place: Place, lock: PlaceLock, passphrase: str | None) -> OpenPlace:
    """Opens what is there: practice with its key file, live by the keyring or the passphrase.

    Raises `Refused`, `FinalFault` and `TemporaryFault` of `desktop.database.opening.open_place`.
    """
    protection = keys.read_key_file(place.key_file).protection
    ring = system_ring() if protection is Protection.KEYRING else None
    given = passphrase if protection is Protection.PASSPHRASE else None
    return open_place(place, schema=SCHEMA, clock=SystemClock(), ring=ring, passphrase=given, lock=lock)


def make_first(
    place: Place, lock: PlaceLock, mode: Mode, zone: ZoneInfo, passphrase: str | None, identity: Identity | None = None
) -> OpenPlace:
    """Makes a new place; a live one keeps its key in the keyring, or under the passphrase where there is none.

    `identity`: of a desk that joins a salon; fresh without one.
    """
    ring = system_ring() if mode == "live" else None
    given = passphrase if mode == "live" and ring is None else None
    return make_place(
        place,
        mode,
        schema=SCHEMA,
        zone=zone,
        clock=SystemClock(),
        identity=identity,
        ring=ring,
        passphrase=given,
        lock=lock,
    )


def open_demo(place: Place, lock: PlaceLock, world: ExitStack) -> tuple[OpenPlace, Actor]:
    """Opens the demo salon with its stand-ins, which `world` stops; and the owner who is signed in."""
    from desktop.commands.demo_data import fill_demo
    from desktop.services.practice import PracticeAuthority, PracticePrinter  # a live desk needs no stand-ins

    opened = open_existing(place, lock, None) if place.exists else make_first(place, lock, "practice", _ZONE, None)
    authority = world.enter_context(PracticeAuthority(place.directory / "practice"))
    printer = world.enter_context(PracticePrinter())
    demo = fill_demo(opened, authority, printer.address)
    return opened, demo.owner
