"""What went wrong with the data, as far as another try may mend it: the database is away, busy or upgraded, the disk is full."""

from __future__ import annotations

import errno
from typing import Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from sync.server.schema import OtherVersion

#: Classes of SQLSTATE: the connection broke; the operator intervened; resources ran out; no place in the order; a system error.
_BUSY: Final = ("08", "57", "53", "40", "58")
_FULL: Final = "53100"
#: What SQLite says, in its own words: it gives the driver no code.
_SQLITE_FULL: Final = ("database or disk is full",)
_SQLITE_BUSY: Final = ("locked", "unable to open", "disk i/o error", "busy")


def code_of(error: BaseException) -> str | None:
    """``full``, ``busy``, or None for what is no such fault."""
    if isinstance(error, NoConnectionFree | ConnectionError | OtherVersion):
        return "busy"
    if isinstance(error, OSError):
        return "full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else None
    if not isinstance(error, DBAPIError):
        return None
    state = getattr(error.orig, "sqlstate", None)
    if state == _FULL:
        return "full"
    if error.connection_invalidated or (isinstance(state, str) and state.startswith(_BUSY)):
        return "busy"
    said = str(error.orig).lower()
    if type(error.orig).__module__.startswith("psycopg"):
        # without a state: the server was never reached
        return "busy" if state is None and type(error.orig).__name__ == "OperationalError" else None
    if any(one in said for one in _SQLITE_FULL):
        return "full"
    return "busy" if any(one in said for one in _SQLITE_BUSY) else None
