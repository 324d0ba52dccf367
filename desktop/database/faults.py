"""What the database's own errors mean to a person: one place that maps them to environment faults."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

from desktop.errors import Environment, FinalFault, TemporaryFault

_FULL = {"SQLITE_FULL"}
_BUSY = {"SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_BUSY_SNAPSHOT"}
_DAMAGED = {"SQLITE_CORRUPT", "SQLITE_NOTADB"}


def error_name(error: BaseException) -> str:
    """SQLite's name of an error (``SQLITE_FULL`` …), or an empty text."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    return str(getattr(origin, "sqlite_errorname", "") or "")


def fault_of(error: BaseException) -> Environment | None:
    """The environment fault behind a database error, or None when the error is ours."""
    name = error_name(error)
    if name in _FULL:
        return TemporaryFault("database.full")
    if name in _BUSY:
        return TemporaryFault("database.busy")
    if name in _DAMAGED:
        return FinalFault("database.damaged")
    if name.startswith("SQLITE_READONLY"):
        return FinalFault("database.read_only")
    if name.startswith(("SQLITE_IOERR", "SQLITE_CANTOPEN")):
        return TemporaryFault("database.unreadable", reason=name)
    return None
