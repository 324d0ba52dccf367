"""Just enough of HTTP/1.1 over TLS with client certificates for the stand-in: requests with a length, kept connections."""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from fiscal.slovenia.standin.certificates import Authority

_LARGEST: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """A request; names of header fields in lower case."""

    method: str
    path: str
    fields: dict[str, str]
    body: bytes

    @property
    def is_json(self) -> bool:
        return self.fields.get("content-type", "").lower().startswith("application/json")


def server_context(authority: Authority, admitted: Iterable[x509.Certificate]) -> ssl.SSLContext:
    """TLS 1.2 or newer; a client must show a certificate of the taxpayers' authority, or one of the admitted ones."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # for admitted certificates of other issuers
    trusted = [authority.tax_ca.certificate, *admitted]
    context.load_verify_locations(cadata="".join(one.public_bytes(Encoding.PEM).decode() for one in trusted))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "server.pem"
        server = authority.server
        file.write_bytes(server.key_pem() + server.pem + authority.intermediate.pem)
        context.load_cert_chain(file)
    return context


async def read_request(reader: asyncio.StreamReader) -> Request:
    """Reads the next request. Raises `EOFError` or `OSError` when the other side is gone, `ValueError` for rubbish."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    length = int(fields.get("content-length", "0"))
    if length > _LARGEST:
        raise ValueError("request is too long")
    return Request(method, path, fields, await reader.readexactly(length))


async def send_response(
    writer: asyncio.StreamWriter,
    body: bytes,
    *,
    status: str = "200 OK",
    kind: str = "application/json; charset=UTF-8",
    pause: float | None = None,
) -> bool:
    """Sends a response, if `pause` is given a byte at a time with so many seconds between them; always True."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode("ascii")
    if pause is None:
        writer.write(head + body)  # in one piece: two small ones wait for the other side's delayed acknowledgement
    else:
        writer.write(head)
        for place in range(len(body)):
            writer.write(body[place : place + 1])
            await writer.drain()
            await asyncio.sleep(pause)
    await writer.drain()
    return True
