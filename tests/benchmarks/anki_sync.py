"""Anki's own sync of 20,000 notes, between two collections and its own server: what the sharing is measured against.

Anki lives in an environment of its own under ``build``, made at the first run from the package index; nothing of it is imported here.
Run by that environment's Python, this file is the measured program: ``anki_sync.py FOLDER NOTES``; it prints seconds as JSON.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VERSION = "26.9.3"


@dataclass(frozen=True)
class Took:
    """Seconds of the notes up, of the notes down, and of a sync without news."""

    push: float
    pull: float
    idle: float


def measure_anki(environment: Path, folder: Path, notes: int) -> Took | None:
    """None where Anki cannot be had."""
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists() and not _made(environment, python):
        return None
    folder.mkdir()
    words = [str(python), __file__, str(folder), str(notes)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=300)
    return Took(**json.loads(done.stdout))


def _made(environment: Path, python: Path) -> bool:
    uv, package = shutil.which("uv"), f"anki=={VERSION}"
    if uv is not None:
        steps = [[uv, "venv", "-q", environment], [uv, "pip", "install", "-q", "--python", python, package]]
    else:
        steps = [[sys.executable, "-m", "venv", environment], [python, "-m", "pip", "install", "-q", package]]
    if all(subprocess.run(step, check=False).returncode == 0 for step in steps):
        return True
    shutil.rmtree(environment, ignore_errors=True)
    return False


def main() -> None:
    folder, notes = Path(sys.argv[1]), int(sys.argv[2])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {"SYNC_USER1": "ana:geslo", "SYNC_BASE": str(folder), "SYNC_HOST": "127.0.0.1", "SYNC_PORT": str(port)}
    words = [sys.executable, "-m", "anki.syncserver"]
    server = subprocess.Popen(words, env=os.environ | own, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while socket.socket().connect_ex(("127.0.0.1", port)) != 0:
            time.sleep(0.02)
        print(json.dumps(measured(folder, notes, f"http://127.0.0.1:{port}/")))
    finally:
        server.terminate()
        server.wait()


def measured(folder: Path, notes: int, url: str) -> dict[str, float]:
    from anki.collection import Collection  # only that environment has it

    here, there = Collection(str(folder / "here.anki2")), Collection(str(folder / "there.anki2"))
    login = here.sync_login("ana", "geslo", url)
    add(here, 1)
    for collection, up in ((here, True), (there, False)):  # both begin alike; from here on only what is new moves
        collection.sync_collection(login, False)
        collection.close_for_full_sync()
        collection.full_upload_or_download(auth=login, server_usn=None, upload=up)
        collection.reopen(after_full_sync=True)
    add(here, notes)
    seconds = [took(collection, login) for collection in (here, there, there)]
    assert there.note_count() == notes + 1
    here.close()
    there.close()
    return dict(zip(("push", "pull", "idle"), seconds, strict=True))


def took(collection: Any, login: Any) -> float:
    started = time.perf_counter()
    collection.sync_collection(login, False)
    return time.perf_counter() - started


def add(collection: Any, count: int) -> None:
    from anki.collection import AddNoteRequest

    kind, deck = collection.models.by_name("Basic"), collection.decks.id("Default")
    requests = []
    for n in range(count):
        note = collection.new_note(kind)
        note["Front"] = f"Ana Novak {n}"
        note["Back"] = f"stranka{n}@primer.si sl Nova cesta {n % 200} {1000 + n % 9000} Ljubljana SI 2020-01-01"
        requests.append(AddNoteRequest(note=note, deck_id=deck))
    collection.add_notes(requests)


if __name__ == "__main__":
    main()
