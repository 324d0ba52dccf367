"""A desk as a process of its own: shares through the wire, writes what it is told, and may be killed at any moment.

Usage: desk_process.py <folder> <url> <PEM file> <code or -> <tenant> <shop> <device>. Commands come on the standard input, one a line:
``write <seed> <count>``, ``settle`` (prints a digest of all shared rows), ``quit``. Each is answered by one line.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text

from desktop.access import SYSTEM
from desktop.clock import SystemClock
from desktop.customers.customers import CustomerEntry, add_customer, change_customer, show_customer
from desktop.database.database import Database
from desktop.database.new_file import Stamp, make_file
from desktop.database.secrets import FileSecrets
from desktop.database.version import HEAD
from desktop.ids import new_id
from desktop.schema import SCHEMA
from desktop.services.pairing import look
from desktop.services.sharing import Sharing
from desktop.sharing.pairing import PairingEntry
from desktop.sync_manifest import build_manifest
from sync.client.http_line import HttpLine
from tests.desk import KEY, START

#: Seconds of silence after which an answer counts as none: half-open lines are noticed within a test.
PATIENCE = 2.0


async def main(words: list[str]) -> None:
    folder, url, trust, code = Path(words[0]), words[1], Path(words[2]).read_text(), words[3]
    tenant, shop, device = (UUID(hex=one) for one in words[4:7])
    path = folder / "pult.db"
    if not path.exists():
        folder.mkdir(exist_ok=True)
        make_file(path, KEY, SCHEMA, Stamp(new_id(), "practice", tenant, shop, device, "Europe/Ljubljana", HEAD, START))
    database = Database(path, KEY, SCHEMA, SystemClock())
    connect = partial(HttpLine, patience=PATIENCE)
    sharing = Sharing(database, FileSecrets(folder / "secrets", KEY), lambda _status: None, connect=connect)
    if code == "-":
        await sharing.start()
    else:
        entry = PairingEntry(url, code, folder.name, trust)
        await sharing.pair(SYSTEM, entry, await look(entry, connect))
    say("ready")
    loop = asyncio.get_running_loop()
    while True:
        line = (await loop.run_in_executor(None, sys.stdin.readline)).split()
        if not line or line[0] == "quit":
            break
        if line[0] == "write":
            await write(database, random.Random(int(line[1])), int(line[2]))
            say("written")
        else:
            say(digest(database) if await sharing.agreed(60) else f"stuck {sharing.status}")
    await sharing.shutdown()
    database.close()


async def write(database: Database, dice: random.Random, count: int) -> None:
    """Adds and edits customers, as many as told."""
    for _ in range(count):
        known = database.run_on_reader(customers).result()
        if len(known) < 5 or dice.random() < 0.3:
            await database.write(SYSTEM, add_customer, CustomerEntry(f"S{dice.randint(1, 999)}", "Novak"))
            continue
        chosen = dice.choice(known)
        entry = (await database.read(SYSTEM, show_customer, chosen)).entry
        changed = replace(entry, **{dice.choice(("notes", "alert", "town")): f"x{dice.randint(1, 999)}"})
        if changed != entry:
            await database.write(SYSTEM, change_customer, chosen, entry, changed)


def customers(engine: Engine) -> list[UUID]:
    with engine.connect() as connection:
        return [UUID(bytes=one) for one in connection.execute(text("SELECT id FROM customer ORDER BY id")).scalars()]


def digest(database: Database) -> str:
    """SHA-256 over all rows of all shared tables, and how many customers there are."""

    def read(engine: Engine) -> str:
        found: dict[str, Any] = {}
        with engine.connect() as connection:
            for one in build_manifest(SCHEMA).collections:
                rows = connection.execute(text(f'SELECT * FROM "{one.name}" ORDER BY id')).mappings()
                found[one.name] = [{name: str(value) for name, value in sorted(row.items())} for row in rows]
        whole = hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()
        return f"{whole} {len(found['customer'])}"

    return database.run_on_reader(read).result()


def say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
