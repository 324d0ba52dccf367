"""The ways to a printer, against real sockets and files."""

import errno
import multiprocessing
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from printing.errors import AddressError, PrinterFault
from printing.transports.address import FileAddress, TcpAddress, open_transport, parse_address
from printing.transports.base import Timings
from printing.transports.lock import PrinterLock

FAST = Timings(connect=1.0, write=0.5, answer=0.3, confirm=1.0, confirm_silent=0.3, drain=1.0, lock=0.2)


def never() -> bool:
    return False


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("tcp://192.168.1.50", TcpAddress("192.168.1.50", 9100)),
        (" tcp://printer.local:9101 ", TcpAddress("printer.local", 9101)),
        ("tcp://[::1]:9100", TcpAddress("::1", 9100)),
        ("file:/tmp/paper.bin", FileAddress(Path("/tmp/paper.bin"))),
        ("file:paper.bin", FileAddress(Path("paper.bin"))),
        ("file:///var/spool/moj%20papir.bin", FileAddress(Path("/var/spool/moj papir.bin"))),
    ],
)
def test_addresses(text: str, address: object) -> None:
    parsed = parse_address(text)
    assert parsed == address
    assert parse_address(str(parsed)) == parsed


@pytest.mark.parametrize(
    "text", ["", "printer", "http://x", "tcp://", "tcp://x:0", "tcp://x:99999", "tcp://x/y", "file:"]
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(AddressError):
        parse_address(text)


class Listener:
    """A server whose one connection is handled by a function on a thread."""

    def __init__(self, handle: Callable[[socket.socket], None]) -> None:
        self.error: BaseException | None = None
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = TcpAddress("127.0.0.1", self._server.getsockname()[1])
        self._handle = handle
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        connection, _ = self._server.accept()
        with connection:
            try:
                self._handle(connection)
            except OSError as error:
                self.error = error

    def join(self) -> None:
        self._thread.join()
        self._server.close()


def read_to_end(connection: socket.socket, into: bytearray) -> None:
    while data := connection.recv(65536):
        into += data


def test_unread_status_bytes_lose_nothing() -> None:
    """The measured loss: the printer talks unasked, reads slowly, and the sender closes as soon as its last byte is taken."""
    got = bytearray()

    def slow_printer(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        connection.sendall(b"\x10\x00\x00\x0f")
        time.sleep(0.2)
        while data := connection.recv(2000):
            got.extend(data)
            connection.sendall(b"\x10\x00\x00\x0f")
            time.sleep(0.002)

    data = bytes(range(256)) * 800
    listener = Listener(slow_printer)
    transport = open_transport(listener.address, FAST)
    transport.send(data, never)
    transport.close()
    listener.join()
    assert listener.error is None
    assert got == data


def test_the_same_with_a_plain_close_does_lose() -> None:
    """Shows that the case above is one: a socket closed in the ordinary way resets the connection."""
    got = bytearray()

    def printer(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        connection.sendall(b"\x10\x00\x00\x0f")
        time.sleep(0.5)
        read_to_end(connection, got)

    listener = Listener(printer)
    plain = socket.create_connection((listener.address.host, listener.address.port))
    plain.settimeout(0.2)
    data = bytes(4_000_000)
    time.sleep(0.1)
    try:
        while data:
            data = data[plain.send(data[:65536]) :]
    except TimeoutError:
        pass  # the printer is busy; what was taken so far would be enough
    plain.close()
    listener.join()
    assert isinstance(listener.error, ConnectionResetError)


def test_a_printer_that_does_not_read_stalls() -> None:
    done = threading.Event()
    listener = Listener(lambda connection: done.wait(10) and None)
    transport = open_transport(listener.address, FAST)
    with pytest.raises(PrinterFault) as caught:
        transport.send(bytes(50_000_000), never)
    assert caught.value.code == "stalled"
    assert caught.value.sent > 0
    done.set()
    transport.close()
    listener.join()


def test_a_broken_connection_tells_how_much_had_gone() -> None:
    def breaking(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")

    listener = Listener(breaking)
    transport = open_transport(listener.address, FAST)
    with pytest.raises(PrinterFault) as caught:
        transport.send(bytes(50_000_000), never)
    assert caught.value.code == "reset"
    assert 0 < caught.value.sent < 50_000_000
    transport.close()
    transport.close()
    listener.join()


def test_writing_can_be_broken_off() -> None:
    done = threading.Event()
    listener = Listener(lambda connection: done.wait(10) and None)
    transport = open_transport(listener.address, Timings(write=60, drain=0.1))
    abort = threading.Event()
    threading.Timer(0.3, abort.set).start()
    with pytest.raises(PrinterFault) as caught:
        transport.send(bytes(50_000_000), abort.is_set)
    assert caught.value.code == "aborted"
    done.set()
    transport.close()
    listener.join()


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(PrinterFault) as caught:
        open_transport(TcpAddress("127.0.0.1", port), FAST)
    assert (caught.value.code, caught.value.sent) == ("refused", 0)


def test_files_are_appended_to(tmp_path: Path) -> None:
    address = FileAddress(tmp_path / "papers.bin")
    for piece in (b"one", b"two" * 5000):
        transport = open_transport(address, FAST)
        transport.send(piece, never)
        assert transport.receive(0.1) == b""
        transport.close()
        transport.close()
    assert address.path.read_bytes() == b"one" + b"two" * 5000


def test_a_file_that_cannot_be_opened_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(PrinterFault) as caught:
        open_transport(FileAddress(tmp_path / "missing" / "papers.bin"), FAST)
    assert (caught.value.code, caught.value.sent) == ("file", 0)
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.__cause__.errno == errno.ENOENT


def _hold(folder: Path, ready: "multiprocessing.synchronize.Event") -> None:
    PrinterLock(folder, "tcp://printer:9100", 1.0)
    ready.set()
    time.sleep(60)


def test_one_sender_per_printer_across_processes(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    other = context.Process(target=_hold, args=(tmp_path, ready))
    other.start()
    try:
        assert ready.wait(30)
        with pytest.raises(PrinterFault) as caught:
            PrinterLock(tmp_path, "tcp://printer:9100", 0.2)
        assert caught.value.code == "busy"
        PrinterLock(tmp_path, "tcp://another:9100", 0.2).release()
    finally:
        other.kill()
        other.join()
    lock = PrinterLock(tmp_path, "tcp://printer:9100", 5.0)  # free with the death of its holder
    lock.release()
    lock.release()
