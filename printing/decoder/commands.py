"""Bytes to commands, as they arrive: `Parser.feed` takes any cut of the stream and gives the commands that are complete."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from printing.decoder.errors import DecodeError

#: No command carries more than this many bytes of data.
MAX_DATA = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Characters:
    """Bytes 20 to 7E and 80 to FF, to be read by the selected code table."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Simple:
    """A command with a fixed number of one-byte arguments; `name` is the manual's."""

    name: str
    arguments: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Raster:
    """GS v 0: `width` in bytes, `height` in dots, set bits are black. `mode` doubles (1 width, 2 height, 3 both)."""

    mode: int
    width: int
    height: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Code:
    """GS ( k with its function number `fn` (for QR: 65 model, 67 size, 69 level, 80 store, 81 print) and parameters."""

    symbology: int
    fn: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Bars:
    """GS k, form B: the kind's number and its data."""

    kind: int
    data: bytes


@dataclass(frozen=True, slots=True)
class CutPaper:
    """GS V: `full` or partial, after feeding to the knife plus `feed` dots (None: no feed at all)."""

    full: bool
    feed: int | None


Command = Characters | Simple | Raster | Code | Bars | CutPaper

#: Commands of fixed length: prefix to (name, number of argument bytes).
_FIXED = {
    b"\x1b@": ("ESC @", 0),
    b"\x1b2": ("ESC 2", 0),
    b"\x1b3": ("ESC 3", 1),
    b"\x1b!": ("ESC !", 1),
    b"\x1b-": ("ESC -", 1),
    b"\x1bE": ("ESC E", 1),
    b"\x1bG": ("ESC G", 1),
    b"\x1bJ": ("ESC J", 1),
    b"\x1bM": ("ESC M", 1),
    b"\x1bR": ("ESC R", 1),
    b"\x1ba": ("ESC a", 1),
    b"\x1bd": ("ESC d", 1),
    b"\x1bp": ("ESC p", 3),
    b"\x1bt": ("ESC t", 1),
    b"\x1c&": ("FS &", 0),
    b"\x1c.": ("FS .", 0),
    b"\x1d!": ("GS !", 1),
    b"\x1dB": ("GS B", 1),
    b"\x1dH": ("GS H", 1),
    b"\x1dI": ("GS I", 1),
    b"\x1da": ("GS a", 1),
    b"\x1df": ("GS f", 1),
    b"\x1dh": ("GS h", 1),
    b"\x1dr": ("GS r", 1),
    b"\x1dw": ("GS w", 1),
    b"\x10\x04": ("DLE EOT", 1),
    b"\x10\x05": ("DLE ENQ", 1),
}
_CUTS = {0: True, 48: True, 1: False, 49: False}
_FEEDING_CUTS = {65: True, 66: False}


class _Incomplete(Exception):
    """The rest of the command has not arrived yet."""


class Parser:
    """Keeps what is not yet a whole command. Raises DecodeError on bytes that begin no known command."""

    def __init__(self) -> None:
        self._buffer = b""
        self._position = 0
        self._offset = 0  # of the buffer's first byte in the stream

    def feed(self, data: bytes) -> list[Command]:
        """The commands that are complete with these bytes."""
        self._buffer += data
        self._position = 0
        found: list[Command] = []
        try:
            while self._position < len(self._buffer):
                start = self._position
                try:
                    found.append(self._command())
                except _Incomplete:
                    self._position = start
                    break
        finally:
            self._offset += self._position
            self._buffer = self._buffer[self._position :]
        return found

    def finish(self) -> None:
        """Raises DecodeError if the stream ended inside a command."""
        if self._buffer:
            raise DecodeError(f"the stream ends inside a command at byte {self._offset}: {self._buffer[:16].hex(' ')}")

    def _take(self, count: int) -> bytes:
        taken = self._buffer[self._position : self._position + count]
        if len(taken) < count:
            raise _Incomplete
        self._position += count
        return taken

    def _number(self) -> int:
        return int.from_bytes(self._take(2), "little")

    def _command(self) -> Command:
        start = self._position
        first = self._buffer[start]
        if 0x20 <= first <= 0x7E or first >= 0x80:
            end = start + 1
            while end < len(self._buffer) and (0x20 <= self._buffer[end] <= 0x7E or self._buffer[end] >= 0x80):
                end += 1
            return Characters(self._take(end - start))
        if first == 0x0A:
            self._take(1)
            return Simple("LF")
        if first not in (0x10, 0x1B, 0x1C, 0x1D):
            raise self._unknown(start)
        prefix = self._take(2)
        if prefix in _FIXED:
            name, count = _FIXED[prefix]
            return Simple(name, tuple(self._take(count)))
        if prefix == b"\x1dv":
            return self._raster(start)
        if prefix == b"\x1d(":
            return self._code(start)
        if prefix == b"\x1dk":
            kind, length = self._take(2)
            if not 65 <= kind <= 79:
                raise self._unknown(start)
            return Bars(kind, self._take(length))
        if prefix == b"\x1dV":
            mode = self._take(1)[0]
            if mode in _CUTS:
                return CutPaper(_CUTS[mode], None)
            if mode in _FEEDING_CUTS:
                return CutPaper(_FEEDING_CUTS[mode], self._take(1)[0])
        raise self._unknown(start)

    def _raster(self, start: int) -> Raster:
        zero, mode = self._take(2)
        if zero != 0x30 or mode not in (0, 1, 2, 3, 48, 49, 50, 51):
            raise self._unknown(start)
        width, height = self._number(), self._number()
        if not width or not height or width * height > MAX_DATA:
            raise DecodeError(f"a picture of {width} x {height} at byte {self._offset + start}")
        return Raster(mode % 48, width, height, self._take(width * height))

    def _code(self, start: int) -> Code:
        if self._take(1) != b"k":
            raise self._unknown(start)
        length = self._number()
        if length < 2:
            raise self._unknown(start)
        body = self._take(length)
        return Code(body[0], body[1], body[2:])

    def _unknown(self, start: int) -> DecodeError:
        return DecodeError(f"no command at byte {self._offset + start}: {self._buffer[start : start + 8].hex(' ')}")


def commands(data: bytes) -> Iterator[Command]:
    """All commands of a whole stream. Raises DecodeError, also where it ends inside one."""
    parser = Parser()
    yield from parser.feed(data)
    parser.finish()
