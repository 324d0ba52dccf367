"""A disk that loses power: records what SQLite writes through a VFS and deals out what a cut may leave.

A write is durable once its file was synced. Of the writes since, a cut keeps any subset, torn at any sector of 512 bytes, in
any order. A file that was deleted or truncated since its last sync may come back.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

SECTOR = 512


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a file: write (offset, data), truncate (offset is the size), sync, delete or an acknowledgement."""

    kind: str
    file: str = ""
    offset: int = 0
    data: bytes = b""


@dataclass
class Recording:
    """What happened on the disk since the recording began, over the files that were there before."""

    before: dict[str, bytes] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)

    def acknowledged(self, point: int) -> int:
        """How many commits had returned before a cut at this step."""
        return sum(1 for step in self.steps[:point] if step.kind == "ack")

    def after_cut(self, point: int, chance: random.Random) -> dict[str, bytes]:
        """The files that a power cut before step `point` may leave."""
        durable = {name: bytearray(data) for name, data in self.before.items()}
        pending: dict[str, list[Step]] = {}
        for step in self.steps[:point]:
            if step.kind == "sync":
                for write in pending.pop(step.file, []):
                    _apply(durable, write)
            elif step.kind != "ack":
                pending.setdefault(step.file, []).append(step)
        for writes in pending.values():
            for write in _survivors(writes, chance):
                _apply(durable, write)
        return {name: bytes(data) for name, data in durable.items()}


def _apply(files: dict[str, bytearray], step: Step) -> None:
    if step.kind == "delete":
        files.pop(step.file, None)
        return
    content = files.setdefault(step.file, bytearray())
    if step.kind == "truncate":
        del content[step.offset :]
        return
    end = step.offset + len(step.data)
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    content[step.offset : end] = step.data


def _survivors(writes: list[Step], chance: random.Random) -> list[Step]:
    """Any subset of the sectors of writes that were not synced, in any order."""
    keep = chance.choice((0.0, 0.3, 0.7, 1.0))
    sectors: list[Step] = []
    for write in writes:
        if write.kind != "write":
            if chance.random() < keep:
                sectors.append(write)
            continue
        for start in range(0, len(write.data), SECTOR):
            if chance.random() < keep:
                sectors.append(Step("write", write.file, write.offset + start, write.data[start : start + SECTOR]))
    if chance.random() < 0.5:
        chance.shuffle(sectors)
    return sectors


class RecordingDisk(apsw.VFS):
    """A VFS that passes everything on to the real disk and remembers it while `recording` is set."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "")
        self.name = name
        self.recording: Recording | None = None

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        return _RecordingFile(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        self.note(Step("delete", Path(filename).name))
        super().xDelete(filename, syncdir)

    def note(self, step: Step) -> None:
        if self.recording is not None:
            self.recording.steps.append(step)

    def start(self, folder: Path) -> Recording:
        """Begins a recording over the files that lie in a folder now."""
        self.recording = Recording({path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()})
        return self.recording


class _RecordingFile(apsw.VFSFile):
    def __init__(self, disk: RecordingDisk, name: Any, flags: list[int]) -> None:
        self._disk = disk
        self._file = Path(name.filename() if isinstance(name, apsw.URIFilename) else name or "temporary").name
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.note(Step("write", self._file, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:
        self._disk.note(Step("truncate", self._file, size))
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:
        super().xSync(flags)
        self._disk.note(Step("sync", self._file))


def cuts(recording: Recording, count: int, seed: int) -> Iterator[tuple[int, dict[str, bytes]]]:
    """`count` cuts spread over all steps, each step at least once where `count` allows; (step, files left)."""
    chance = random.Random(seed)
    points = list(range(len(recording.steps) + 1))
    chosen = [
        points[index * len(points) // count] if count < len(points) else points[index % len(points)]
        for index in range(count)
    ]
    for point in chosen:
        yield point, recording.after_cut(point, chance)
