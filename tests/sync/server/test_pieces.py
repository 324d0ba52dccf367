"""Long answers go to a connection in pieces, whole and in order."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from sync.server.pieces import PIECE, InPieces


class Whole(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))


def test_a_long_write_goes_in_pieces_and_nothing_is_lost() -> None:
    whole = Whole()
    pieces = InPieces(whole)
    content = bytes(range(256)) * 300
    for data in (content, bytearray(content), memoryview(content), b"", b"x"):
        whole.written.clear()
        pieces.write(data)
        assert b"".join(whole.written) == bytes(data)
        assert all(0 < len(one) <= PIECE for one in whole.written)
    whole.written.clear()
    pieces.writelines([b"a" * PIECE, b"b"])
    assert b"".join(whole.written) == b"a" * PIECE + b"b"


async def test_what_it_is_asked_it_asks_the_transport() -> None:
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    whole = cast("asyncio.Transport", writer.transport)
    pieces = InPieces(whole)
    assert pieces.get_extra_info("peername") == ("127.0.0.1", port)
    assert pieces.get_protocol() is whole.get_protocol()
    assert pieces.get_write_buffer_size() == 0
    pieces.set_write_buffer_limits(high=10, low=5)
    assert pieces.get_write_buffer_limits() == whole.get_write_buffer_limits() == (5, 10)
    pieces.pause_reading()
    assert not whole.is_reading()
    assert not pieces.is_reading()
    pieces.resume_reading()
    assert pieces.is_reading()
    assert pieces.can_write_eof()
    pieces.close()
    assert whole.is_closing()
    assert pieces.is_closing()
    server.close()
    await server.wait_closed()
