"""A practice database in a data directory of its own, opened the way the program opens it."""

from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from desktop.access import PERMISSIONS, Actor, Role
from desktop.action import Action
from desktop.database.feed import Setting
from desktop.database.opening import OpenPlace, make_place, open_place
from desktop.database.place import Place
from desktop.ids import natural_id, new_id
from desktop.schema import SCHEMA
from tests.desk import TestClock

LJUBLJANA = ZoneInfo("Europe/Ljubljana")
OWNER = Actor(new_id(), "Test owner", PERMISSIONS[Role.OWNER])
PASSPHRASE = "žametna noč 7"


def set_value(session: Session, action: Action, key: str, value: object) -> None:
    """A use case that changes one row."""
    identity = natural_id(action.desk.tenant, key)
    found = session.get(Setting, identity)
    if found is None:
        session.add(Setting(id=identity, key=key, value=value))
    else:
        found.value = value


def get_value(session: Session, action: Action, key: str) -> object:
    found = session.get(Setting, natural_id(action.desk.tenant, key))
    return None if found is None else found.value


def write(opened: OpenPlace, key: str, value: object) -> None:
    opened.database.write_now(OWNER, set_value, key, value)


def read(opened: OpenPlace, key: str) -> object:
    return opened.database.read_now(OWNER, get_value, key)


def make(directory: Path) -> OpenPlace:
    return make_place(Place(directory), "practice", schema=SCHEMA, zone=LJUBLJANA, clock=TestClock())


def reopen(directory: Path) -> OpenPlace:
    return open_place(Place(directory), schema=SCHEMA, clock=TestClock())
