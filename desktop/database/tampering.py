"""Triggers of the feed that are not as they were generated: refused, named, recorded.

They are what makes every write seen and the ledgers insert only, so a file without them is no evidence of anything any more.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from desktop.access import SYSTEM
from desktop.action import Action
from desktop.clock import Clock
from desktop.database.connection import FeedState, make_engine, open_connection
from desktop.database.database import read_desk
from desktop.database.door import Door
from desktop.database.events import record_event
from desktop.database.schema import Schema
from desktop.database.triggers import PREFIX
from desktop.errors import FinalFault, PultError

_log = logging.getLogger(__name__)


def refuse_tampering(stored: Mapping[str, str], generated: Mapping[str, str]) -> None:
    """Raises `FinalFault` ``database.tampered`` (trigger) for a trigger of the feed that is not as it was generated.

    Names carry the version of their generator; those of another version are not judged. Triggers of derived tables carry
    none: what they keep can be rebuilt, so they are renewed instead.
    """
    of_the_feed = {name for name in stored if name.startswith("feed_")}
    if of_the_feed and not any(name.startswith(PREFIX) for name in of_the_feed):
        return
    for name in sorted(generated.keys() | stored.keys()):
        if name.startswith(PREFIX) and stored.get(name) != generated.get(name):
            _log.error("the trigger %s is not as it was generated", name)
            raise FinalFault("database.tampered", trigger=name)


def record_tampering(path: Path, key: bytes, schema: Schema, clock: Clock, trigger: str) -> None:
    """Writes an event into the ledger of a file that is about to be refused; what cannot be written is only logged."""
    state = FeedState()
    engine = make_engine(open_connection(path, key, state, schema.functions()), writes=True)
    try:
        with Session(engine) as session:
            desk = read_desk(session)
        Door(engine, state, desk, clock).write(tampering_found, SYSTEM, (trigger,))
    except (DBAPIError, PultError):
        _log.exception("the tampering could not be recorded")
    finally:
        engine.dispose()


def tampering_found(session: Session, action: Action, trigger: str) -> None:
    """The event of a trigger that is missing or has another text."""
    record_event(session, action, "database.tampered", details={"trigger": trigger})
