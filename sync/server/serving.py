"""Runs the backend until it is told to stop: the web application, the measures beside it, the log."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
import time
from asyncio import sslproto
from dataclasses import dataclass
from logging.handlers import TimedRotatingFileHandler
from pathlib import Path
from typing import Final

import uvicorn
from prometheus_client import start_http_server

from sync.server.app import Backend, build_app
from sync.server.measures import JsonLines, Measures
from sync.server.store import Store
from sync.server.watching import watch

#: Log files are kept this many days, and no longer than a year.
LOG_DAYS: Final = 365
#: A stream of pokes ends by itself when the server stops; this is the net under it.
_LAST_WORDS_SECONDS: Final = 2
#: Twice what a TLS record may hold.
_TLS_BUFFER: Final = 32 * 1024


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


def make_server(store: Store, address: Address, version: str) -> uvicorn.Server:
    """The web server, ready to be run; the caller closes the store after it."""
    # Each TLS connection holds a buffer of this size, 256 KB by itself: a quarter of a gigabyte for a thousand idle ones.
    sslproto.SSLProtocol.max_size = _TLS_BUFFER
    measures = Measures()
    if address.metrics:
        start_http_server(address.metrics, "127.0.0.1", measures.registry)
    return configure(Backend(store, now, version, measures), address)


class _Server(uvicorn.Server):
    """Watches what other servers write, for those who listen here.

    Ends the streams of pokes before it waits for the requests that are open: they would never end by themselves.
    """

    def __init__(self, config: uvicorn.Config, backend: Backend) -> None:
        super().__init__(config)
        self._backend = backend
        self._watching: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._watching = asyncio.create_task(watch(self._backend))
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._watching is not None:
            self._watching.cancel()
        self._backend.pokes.shutdown()
        await super().shutdown(sockets)


def configure(backend: Backend, address: Address) -> uvicorn.Server:
    """A backend on an address."""
    config = uvicorn.Config(
        build_app(backend),
        host=address.host,
        port=address.port,
        http="httptools",
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


def set_up_log(folder: Path | None) -> None:
    """JSON lines to a file a day in `folder`, or to the standard error."""
    handler: logging.Handler
    if folder is None:
        handler = logging.StreamHandler(sys.stderr)
    else:
        folder.mkdir(parents=True, exist_ok=True)
        handler = TimedRotatingFileHandler(
            folder / "pult-server.log", when="midnight", backupCount=LOG_DAYS, utc=True, encoding="utf-8"
        )
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in ("uvicorn.error", "uvicorn.access"):  # the access log writes addresses with all that is asked for
        logging.getLogger(name).setLevel(logging.WARNING)
