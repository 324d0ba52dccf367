"""What a printer says about itself: DLE EOT, GS r and automatic status, parsed from one byte stream. Unknown is None, never "fine"."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of a printer; None where it has not said. `drawer_high` is the level of the drawer's pin 3: whether that means
    open or shut differs by drawer.
    """

    offline: bool | None = None
    cover_open: bool | None = None
    paper_out: bool | None = None
    paper_low: bool | None = None
    error: bool | None = None
    drawer_high: bool | None = None

    @property
    def blocked(self) -> str | None:
        """Why it cannot print: ``cover_open``, ``paper_out``, ``error`` or ``offline``; None where nothing is known against it."""
        if self.cover_open:
            return "cover_open"
        if self.paper_out:
            return "paper_out"
        if self.error:
            return "error"
        return "offline" if self.offline else None

    @property
    def ready(self) -> bool:
        """Whether it has answered everything and can print."""
        said = (self.offline, self.cover_open, self.paper_out, self.error)
        return None not in said and self.blocked is None


UNKNOWN = Status()


class StatusReader:
    """Reads a printer's side of the conversation. Never raises on what a printer sends; `garbage` counts the bytes without sense.

    A realtime answer does not say which question it belongs to: announce each with `asked`, and ask the next when it is answered or
    given up (`gave_up`).
    """

    def __init__(self) -> None:
        self.status = UNKNOWN
        self.garbage = 0
        self.answers = 0  # realtime answers understood
        self.processed = 0  # answers to GS r: all before it was worked off
        self._questions: deque[int] = deque()
        self._sensor_questions = 0
        self._automatic: list[int] = []
        self._in_block = 0

    def asked(self, question: int) -> None:
        """DLE EOT `question` (1 to 4) has been sent."""
        self._questions.append(question)

    def gave_up(self) -> None:
        """No answer to the realtime questions is expected any more; one that comes late counts as garbage."""
        self._questions.clear()

    def asked_processed(self) -> None:
        """GS r has been sent."""
        self._sensor_questions += 1

    def feed(self, data: bytes) -> None:
        """Takes what has arrived, in any pieces."""
        for byte in data:
            self._byte(byte)

    def _byte(self, byte: int) -> None:
        if self._in_block:  # a name or the like: up to a zero byte, at most 80 bytes
            self._in_block = 0 if byte == 0 else self._in_block - 1
        elif byte in (0x11, 0x13):  # flow control may stand anywhere
            pass
        elif self._automatic and byte & 0x90 == 0x00:
            self._automatic.append(byte)
            if len(self._automatic) == 4:
                self._apply_automatic(*self._automatic)
                self._automatic = []
        elif byte & 0x93 == 0x12:
            self._break_automatic()
            if self._questions:
                self.answers += 1
                self._apply(self._questions.popleft(), byte)
            else:
                self.garbage += 1
        elif byte & 0x93 == 0x10:
            self._break_automatic()
            self._automatic = [byte]
        elif byte in (0x35, 0x37, 0x3B, 0x3D, 0x5F):
            self._break_automatic()
            self._in_block = 80
        elif byte & 0x90 == 0x00 and self._sensor_questions:
            self._sensor_questions -= 1
            self.processed += 1
            self.status = replace(self.status, paper_low=bool(byte & 0x03), paper_out=bool(byte & 0x0C))
        else:
            self._break_automatic()
            self.garbage += 1

    def _break_automatic(self) -> None:
        self.garbage += len(self._automatic)
        self._automatic = []

    def _apply(self, question: int, byte: int) -> None:
        now = self.status
        if question == 1:
            self.status = replace(now, drawer_high=bool(byte & 0x04), offline=bool(byte & 0x08))
        elif question == 2:
            stopped = bool(byte & 0x20)
            self.status = replace(
                now,
                cover_open=bool(byte & 0x04),
                paper_out=stopped or now.paper_out,
                error=bool(byte & 0x40) or now.error,
            )
        elif question == 3:
            self.status = replace(now, error=bool(byte & 0x6C) or bool(now.error))
        elif question == 4:
            out = byte & 0x60 == 0x60
            self.status = replace(now, paper_low=byte & 0x0C == 0x0C, paper_out=out or bool(now.paper_out))

    def _apply_automatic(self, first: int, second: int, third: int, _reserved: int) -> None:
        self.status = Status(
            offline=bool(first & 0x08),
            cover_open=bool(first & 0x20),
            paper_out=bool(third & 0x0C),
            paper_low=bool(third & 0x03),
            error=bool(second & 0x2C) or bool(second & 0x40),
            drawer_high=bool(first & 0x04),
        )
