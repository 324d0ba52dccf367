"""Printer addresses as people write them: ``tcp://HOST[:PORT]`` (IPv6 in brackets, port 9100) or ``file:PATH``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from printing.errors import AddressError
from printing.transports.base import Timings, Transport
from printing.transports.file import FileTransport
from printing.transports.tcp import TcpTransport

RAW_PORT = 9100


@dataclass(frozen=True, slots=True)
class TcpAddress:
    """A printer on the network; `port` 1 to 65535."""

    host: str
    port: int = RAW_PORT

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"tcp://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class FileAddress:
    """A file or device file."""

    path: Path

    def __str__(self) -> str:
        return f"file:{self.path}"


Address = TcpAddress | FileAddress


def parse_address(text: str) -> Address:
    """Raises AddressError on anything else than the two forms."""
    text = text.strip()
    if text.startswith("file:"):
        path = text.removeprefix("file:")
        if path.startswith("//"):
            path = unquote(urlsplit(text).path)
        if not path or "\0" in path:
            raise AddressError("file: needs a path")
        return FileAddress(Path(path))
    if text.startswith("tcp://"):
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise AddressError(f"not an address: {error}") from error
        if not host or port == 0 or parts.path not in ("", "/") or parts.query or parts.fragment or parts.username:
            raise AddressError("tcp:// needs a host and perhaps a port")
        return TcpAddress(host, RAW_PORT if port is None else port)
    raise AddressError("a printer's address begins with tcp:// or file:")


def open_transport(address: Address, timings: Timings) -> Transport:
    """Raises PrinterFault if the printer cannot be reached; blocks at most about `timings.connect`."""
    if isinstance(address, TcpAddress):
        return TcpTransport(address.host, address.port, timings)
    return FileTransport(address.path)
