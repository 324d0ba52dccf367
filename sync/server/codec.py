"""Bodies: strict decoding of what comes, zstd both ways, with a limit on what a body may grow to.

Litestar would decode loosely (``"5"`` for 5), so the bodies that devices send are decoded here.
"""

from __future__ import annotations

from collections.abc import Generator
from io import BytesIO
from typing import Any, Final, TypeVar

import msgspec
import zstandard
from litestar.dto import AbstractDTO, DTOFieldDefinition
from litestar.enums import ScopeType
from litestar.middleware.compression.facade import CompressionFacade
from litestar.openapi.spec import Reference, Schema
from litestar.types import ASGIApp, HTTPRequestEvent, Receive, Scope, Send
from litestar.typing import FieldDefinition

from sync.errors import ManifestError, Unlawful

T = TypeVar("T")
ENCODING: Final = "zstd"
MOST_SENT: Final = 4_000_000
MOST_UNPACKED: Final = 32_000_000
#: What is read of whom nothing is known yet, and of every other request but the two that carry a salon's data.
MOST_SMALL: Final = 1_000_000
_LARGE: Final = frozenset({"/v1/push", "/v1/state"})
_LEVEL: Final = 3
#: Four bytes of zstd may stand for 128 KB: so much is unpacked before the size is looked at again, 8 MB at most.
_STEP: Final = 256
#: What an unpacker may hold of what was before; zstd's own levels up to 19 need no more.
MOST_WINDOW: Final = 8 * 1024 * 1024


class Strict(AbstractDTO[T]):
    """The body as a structure, read strictly. Raises `Unlawful` ``malformed``."""

    def decode_bytes(self, value: bytes) -> Any:
        return decode(value, self.model_type)

    @classmethod
    def create_for_field_definition(
        cls, field_definition: FieldDefinition, handler_id: str, backend_cls: Any = None
    ) -> None:
        """Nothing to prepare: the structure is its own form on the wire."""

    @classmethod
    def create_openapi_schema(
        cls, field_definition: FieldDefinition, handler_id: str, schema_creator: Any
    ) -> Reference | Schema:
        described: Reference | Schema = schema_creator.for_field_definition(field_definition)
        return described

    @classmethod
    def generate_field_definitions(cls, model_type: type[Any]) -> Generator[DTOFieldDefinition, None, None]:
        yield from ()

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:
        return False


def decode(body: bytes, kind: type[T]) -> T:
    """A structure from JSON; raises `Unlawful` ``malformed`` with the decoder's reason."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ManifestError) as error:
        raise Unlawful("malformed", reason=str(error)[:300]) from error


def unpack(body: bytes, most: int = MOST_UNPACKED) -> bytes:
    """A zstd body unpacked. Raises `Unlawful` ``malformed`` (not zstd, or cut off) and ``too_large``."""
    decompressor = zstandard.ZstdDecompressor(max_window_size=MOST_WINDOW).decompressobj()
    parts, size = [], 0
    try:
        for start in range(0, len(body), _STEP):  # in small steps, so that a bomb is noticed before it is there
            part = decompressor.decompress(body[start : start + _STEP])
            size += len(part)
            if size > most:
                raise Unlawful("too_large", most=most)
            parts.append(part)
    except zstandard.ZstdError as error:
        raise Unlawful("malformed", reason="not zstd") from error
    if not decompressor.eof or decompressor.unused_data:
        raise Unlawful("malformed", reason="cut off")
    return b"".join(parts)


class Unpacking:
    """ASGI middleware: hands on request bodies whole and unpacked; what is wrong with them is raised from reading them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] not in ("POST", "PUT"):
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        packed = headers.get(b"content-encoding", b"").strip().lower()
        body: bytes | None = None
        large = scope["path"] in _LARGE

        async def whole() -> HTTPRequestEvent:
            nonlocal body
            if body is None:
                body = await _read(receive, MOST_SENT if large else MOST_SMALL)
                if packed == ENCODING.encode():
                    body = unpack(body, MOST_UNPACKED if large else MOST_SMALL)
                elif packed not in (b"", b"identity"):
                    raise Unlawful("malformed", reason="unknown content-encoding")
            return {"type": "http.request", "body": body, "more_body": False}

        scope["headers"] = [one for one in scope["headers"] if one[0] not in (b"content-encoding", b"content-length")]
        await self.app(scope, whole, send)


async def _read(receive: Receive, most: int) -> bytes:
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise Unlawful("malformed", reason="cut off")
        size += len(message["body"])
        if size > most:
            raise Unlawful("too_large", most=most)
        parts.append(message["body"])
        more = message["more_body"]
    return b"".join(parts)


class Packing(CompressionFacade):
    """Replies in zstd, for Litestar's own middleware."""

    encoding = ENCODING

    def __init__(self, buffer: BytesIO, compression_encoding: Any, config: Any) -> None:
        self._buffer = buffer
        self._compressor = zstandard.ZstdCompressor(level=_LEVEL).compressobj()

    def write(self, body: bytes, final: bool = False) -> None:
        self._buffer.write(self._compressor.compress(body))

    def close(self) -> None:
        self._buffer.write(self._compressor.flush())
