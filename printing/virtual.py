"""A printer made of software: listens on loopback, answers status questions, has faults on demand, and reads strictly what it gets.

``python -m printing.virtual --port 9100 --pictures DIR`` prints papers as text to the terminal and as PNG files into a folder. It shares
no code with what drives a printer: its answers are written here from the manual, its reading is `printing.decoder`.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import socket
import struct
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from printing.decoder.canvas import draw
from printing.decoder.commands import Command, Parser, Simple
from printing.decoder.errors import DecodeError
from printing.decoder.machine import Machine, Model, Sheet
from printing.decoder.tables import TABLES

_TICK = 0.02
_MOST_KEPT = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with the printer. `paper_lines` is how many lines of paper are left, `reset_after` breaks each connection after so
    many bytes, `bytes_per_second` slows reading down, `deaf` accepts connections and never reads, `silent` prints but never answers,
    `garbage` answers nonsense, `automatic` sends status unasked at the begin of each connection.
    """

    paper_out: bool = False
    cover_open: bool = False
    paper_lines: int | None = None
    reset_after: int | None = None
    bytes_per_second: int | None = None
    deaf: bool = False
    silent: bool = False
    garbage: bool = False
    automatic: bool = False


MODES: Mapping[str, Faults] = {
    "fine": Faults(),
    "paper-out": Faults(paper_out=True),
    "cover-open": Faults(cover_open=True),
    "slow": Faults(bytes_per_second=1000),
    "half-dead": Faults(deaf=True),
    "silent": Faults(silent=True),
    "reset": Faults(reset_after=500),
    "garbage": Faults(garbage=True),
    "automatic": Faults(automatic=True),
}


class VirtualPrinter:
    """Serves one connection after the other on its own thread, as a counter printer does; others wait.

    `faults` may be replaced while it runs (close the cover, put in paper): what waited is printed then. `on_sheet` is called on the
    printer's thread with each finished paper. `errors` are the strict decoder's words about what was sent; such a connection's rest is
    ignored.
    """

    def __init__(
        self,
        model: Model | None = None,
        faults: Faults | None = None,
        *,
        port: int = 0,
        on_sheet: Callable[[Sheet], None] | None = None,
    ) -> None:
        self.model = model or Model()
        self.faults = faults or Faults()
        self.errors: list[str] = []
        self.connections = 0
        self.received = bytearray()
        self._on_sheet = on_sheet
        self._machine = Machine(self.model)
        self._told = 0
        self._waiting: deque[Command] = deque()
        self._stop = threading.Event()
        self._server = socket.create_server(("127.0.0.1", port))
        self._server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # printers take in little ahead of the paper
        self._server.settimeout(_TICK)
        self.port: int = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, name="virtual printer", daemon=True)

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    @property
    def sheets(self) -> list[Sheet]:
        """The papers with anything on them, the last one perhaps not cut off yet."""
        return [sheet for sheet in list(self._machine.sheets) if sheet.lines]

    @property
    def kicks(self) -> int:
        """How often the drawer was opened."""
        return len(self._machine.kicks)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        self._server.close()

    def __enter__(self) -> VirtualPrinter:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def put_in_paper(self) -> None:
        """Ends the lack of paper."""
        self.faults = replace(self.faults, paper_out=False, paper_lines=None)

    def _serve(self) -> None:
        while not self._stop.is_set():
            self._work_off(None)
            try:
                connection, _ = self._server.accept()
            except TimeoutError:
                continue
            self.connections += 1
            with connection, contextlib.suppress(ConnectionError):
                self._serve_one(connection)
            self._tell(rest=not self._waiting)

    def _serve_one(self, connection: socket.socket) -> None:
        connection.settimeout(_TICK)
        if not self._waiting:
            self._machine.drop_line()
        parser = Parser()
        sound = True
        taken = 0
        if self.faults.automatic:
            self._answer(connection, self._automatic())
        while not self._stop.is_set():
            self._work_off(connection)
            faults = self.faults
            if faults.deaf:
                time.sleep(_TICK)
                continue
            try:
                data = connection.recv(64 if faults.bytes_per_second else 4096)
            except TimeoutError:
                continue
            if not data:
                break
            if faults.bytes_per_second:
                time.sleep(len(data) / faults.bytes_per_second)
            taken += len(data)
            if faults.reset_after is not None and taken >= faults.reset_after:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return  # closing now resets the connection
            if len(self.received) < _MOST_KEPT:
                self.received += data
            if sound:
                sound = self._take(connection, parser, data)
        if sound:
            try:
                parser.finish()
            except DecodeError as error:
                self.errors.append(str(error))
        self._work_off(None)

    def _take(self, connection: socket.socket, parser: Parser, data: bytes) -> bool:
        try:
            for command in parser.feed(data):
                if isinstance(command, Simple) and command.name == "DLE EOT":  # answered at once, whatever waits
                    self._answer(connection, self._realtime(command.arguments[0]))
                else:
                    self._waiting.append(command)
        except DecodeError as error:
            self.errors.append(str(error))
            return False
        self._work_off(connection)
        return True

    def _work_off(self, connection: socket.socket | None) -> None:
        """Prints what waits, as far as paper and cover allow."""
        while self._waiting and not (self.faults.paper_out or self.faults.cover_open):
            command = self._waiting.popleft()
            if isinstance(command, Simple) and command.name in ("GS r", "GS a", "GS I"):
                if connection is not None:
                    self._answer(connection, self._buffered(command))
                continue
            try:
                self._machine.obey((command,))
            except DecodeError as error:
                self.errors.append(str(error))
            left = self.faults.paper_lines
            if left is not None and command == Simple("LF"):
                self.faults = replace(self.faults, paper_lines=left - 1, paper_out=left <= 1)
        self._tell(rest=False)

    def _tell(self, *, rest: bool) -> None:
        """Hands out finished papers: cut ones, and at the end of a connection what was printed without a cut."""
        sheets = self._machine.sheets
        while self._told < len(sheets):
            sheet = sheets[self._told]
            if not sheet.cut:
                if not (rest and sheet.lines):
                    return
                sheets.append(Sheet())
            self._told += 1
            if self._on_sheet is not None:
                self._on_sheet(sheet)

    def _answer(self, connection: socket.socket, answer: bytes) -> None:
        if not self.faults.silent and not self.faults.deaf:
            connection.sendall(b"\xa5\xff\x80\xe7"[: len(answer)] if self.faults.garbage else answer)

    def _realtime(self, question: int) -> bytes:
        out, cover = self.faults.paper_out, self.faults.cover_open
        bits = {
            1: 0x08 if out or cover else 0,
            2: (0x04 if cover else 0) | (0x20 if out else 0),
            3: 0,
            4: 0x6C if out else 0,
        }.get(question)
        return b"" if bits is None else bytes((0x12 | bits,))

    def _buffered(self, command: Simple) -> bytes:
        if command.name == "GS r":
            return bytes((0x0C if self.faults.paper_out else 0x00,))
        if command.name == "GS a":
            return self._automatic() if command.arguments[0] else b""
        return b"_virtual printer\0"

    def _automatic(self) -> bytes:
        out, cover = self.faults.paper_out, self.faults.cover_open
        first = 0x10 | (0x08 if out or cover else 0) | (0x20 if cover else 0)
        return bytes((first, 0x00, 0x0C if out else 0x00, 0x0F))


class _Log:
    """Writes each paper as text to a stream and as a picture into a folder."""

    def __init__(self, model: Model, pictures: Path | None, font: Path | None) -> None:
        self._model = model
        self._pictures = pictures
        self._font = font
        self._count = 0

    def __call__(self, sheet: Sheet) -> None:
        self._count += 1
        sys.stdout.write(f"--- paper {self._count} ---\n{sheet.text}\n")
        sys.stdout.flush()
        if self._pictures is not None:
            self._pictures.mkdir(parents=True, exist_ok=True)
            draw(sheet, self._model, self._font).save(self._pictures / f"paper-{self._count:04}.png")


def main(arguments: list[str] | None = None) -> int:
    """The command: runs until interrupted. Exit code 0, or 1 if anything was sent that a printer would misprint."""
    parser = argparse.ArgumentParser(
        prog="python -m printing.virtual", description="A virtual receipt printer on loopback."
    )
    parser.add_argument("--port", type=int, default=9100)
    parser.add_argument("--mode", choices=sorted(MODES), default="fine")
    parser.add_argument("--family", choices=sorted(TABLES), default="epson")
    parser.add_argument("--columns", type=int, default=48)
    parser.add_argument("--dots", type=int, default=576)
    parser.add_argument("--pictures", type=Path, help="folder for a PNG of each paper")
    parser.add_argument("--font", type=Path, help="monospaced font file for the pictures")
    options = parser.parse_args(arguments)
    model = Model(family=options.family, columns=options.columns, dots=options.dots)
    log = _Log(model, options.pictures, options.font)
    with VirtualPrinter(model, MODES[options.mode], port=options.port, on_sheet=log) as printer:
        sys.stdout.write(f"virtual printer ({options.mode}) on {printer.address}\n")
        sys.stdout.flush()
        stopped = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        while not stopped.wait(0.5):  # a wait without end would not let signals through on every system
            pass
    for error in printer.errors:
        sys.stderr.write(f"misprint: {error}\n")
    return 1 if printer.errors else 0


if __name__ == "__main__":
    sys.exit(main())
