"""A file that is no longer the only one of its device gets a device of its own.

A restored backup or a copy would give numbers that were given already, so it stops sharing. With a new device it begins anew: a chain of
its own, no number series until one is set up, everything fetched again, and everything that it holds uploaded as state.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, delete, insert, update

from desktop.database.feed import DeviceStamp
from desktop.database.state import UploadReached, note
from sync import tables


def renew_device(connection: Connection, device: UUID) -> None:
    """Stamps the file for another device and forgets how far it had shared. The file has to be opened anew after it."""
    connection.execute(update(DeviceStamp).values(device_id=device))
    for table in (tables.cursor, tables.progress):
        connection.execute(delete(table))
    connection.execute(insert(tables.progress), [{"name": "paired", "value": 1}, {"name": "acknowledged", "value": 0}])
    note(connection, UploadReached("", False, ""))
