"""What goes to a connection goes in small pieces.

OpenSSL encrypts into a buffer of the connection, which grows to the longest that was written at once and never shrinks: a page of a
megabyte, written whole, would cost a megabyte for as long as the desk is connected.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

PIECE: Final = 8 * 1024


class InPieces(asyncio.Transport):
    """A transport that writes in pieces of at most `PIECE` bytes."""

    def __init__(self, whole: asyncio.Transport) -> None:
        super().__init__()
        self._whole = whole

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        view = memoryview(data)
        for first in range(0, len(view), PIECE):
            self._whole.write(view[first : first + PIECE])

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._whole.get_extra_info(name, default)

    def is_closing(self) -> bool:
        return self._whole.is_closing()

    def close(self) -> None:
        self._whole.close()

    def abort(self) -> None:
        self._whole.abort()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._whole.set_protocol(protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._whole.get_protocol()

    def is_reading(self) -> bool:
        return self._whole.is_reading()

    def pause_reading(self) -> None:
        self._whole.pause_reading()

    def resume_reading(self) -> None:
        self._whole.resume_reading()

    def get_write_buffer_size(self) -> int:
        return self._whole.get_write_buffer_size()

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._whole.get_write_buffer_limits()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._whole.set_write_buffer_limits(high, low)

    def can_write_eof(self) -> bool:
        return self._whole.can_write_eof()

    def write_eof(self) -> None:
        self._whole.write_eof()
