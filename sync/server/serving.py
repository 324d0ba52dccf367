"""Runs the backend until it is told to stop: the web application and the measures beside it."""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from asyncio import sslproto
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn
from prometheus_client import start_http_server

from sync.server.app import Backend, build_app
from sync.server.certificates import KeyFiles, keep_renewed
from sync.server.connection import PatientConnection
from sync.server.measures import Measures
from sync.server.store import Store
from sync.server.watching import watch

#: A stream of pokes ends by itself when the server stops; this is the net under it.
_LAST_WORDS_SECONDS: Final = 2
_FILES: Final = 65_536
#: Bytes that a TLS connection reads at once.
_TLS_BUFFER: Final = 4 * 1024


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server listens. Without a certificate it speaks plain HTTP, for a proxy before it that speaks TLS.

    `proxies`: addresses whose word on the caller's address is believed. `metrics`: a port on the loopback, 0 for none.
    """

    host: str = "127.0.0.1"
    port: int = 8440
    certificate: Path | None = None
    key: Path | None = None
    proxies: str = ""
    metrics: int = 0


def now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def raise_limit() -> None:
    """As many open files and connections as the system allows: 1,024, which it begins with, are soon taken by streams and files of tenants."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def make_server(store: Store, address: Address, version: str) -> uvicorn.Server:
    """The web server, ready to be run; the caller closes the store after it."""
    # Each TLS connection holds a buffer of this size, 256 KB by itself: a quarter of a gigabyte for a thousand idle ones. What a desk
    # sends is mostly a few KB; a large push costs some more turns of the loop.
    sslproto.SSLProtocol.max_size = _TLS_BUFFER
    measures = Measures()
    if address.metrics:
        start_http_server(address.metrics, "127.0.0.1", measures.registry)
    return configure(Backend(store, now, version, measures), address)


class _Server(uvicorn.Server):
    """Watches what other servers write, for those who listen here, and whether the certificate was renewed.

    Ends the streams of pokes before it waits for the requests that are open: they would never end by themselves.
    """

    def __init__(self, config: uvicorn.Config, backend: Backend) -> None:
        super().__init__(config)
        self._backend = backend
        self._beside: list[asyncio.Task[None]] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._beside.append(asyncio.create_task(watch(self._backend)))
        if self.config.ssl is not None and self.config.ssl_certfile is not None:
            keys = KeyFiles(Path(self.config.ssl_certfile), Path(self.config.ssl_keyfile or self.config.ssl_certfile))
            self._beside.append(asyncio.create_task(keep_renewed(self.config.ssl, keys)))
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for task in self._beside:
            task.cancel()
        self._backend.pokes.shutdown()
        await super().shutdown(sockets)


def configure(
    backend: Backend, address: Address, connection: type[PatientConnection] = PatientConnection
) -> uvicorn.Server:
    """A backend on an address."""
    config = uvicorn.Config(
        build_app(backend),
        host=address.host,
        port=address.port,
        http=connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(address.proxies),
        forwarded_allow_ips=address.proxies or None,
        ssl_certfile=address.certificate,
        ssl_keyfile=address.key,
        timeout_graceful_shutdown=_LAST_WORDS_SECONDS,
        timeout_keep_alive=75,
    )
    return _Server(config, backend)
