"""What the operator sees: counters for Prometheus and a log line for each request, with ids and sizes, never contents."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPReceiveMessage, HTTPScope, Message, Receive, Scope, Send
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from sync.wire import Verdict

_log = logging.getLogger("sync.server.requests")
#: What a log line may carry: nothing of a salon's contents has one of these names.
FIELDS: Final = ("method", "path", "status", "code", "tenant", "device", "milliseconds", "received", "sent", "address")


class Measures:
    """The measures of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter("pult_requests", "Requests answered", ["path", "status"], registry=self.registry)
        self._seconds = Histogram("pult_request_seconds", "Time to the answer", ["path"], registry=self.registry)
        self._operations = Counter("pult_operations", "Operations judged", ["outcome"], registry=self.registry)
        self._rows = Counter("pult_rows_pulled", "Rows handed out", registry=self.registry)
        self._listeners = Gauge("pult_listeners", "Devices that hold a stream of pokes open", registry=self.registry)

    def pushed(self, verdicts: Sequence[Verdict]) -> None:
        for one in verdicts:
            self._operations.labels(one.outcome.value).inc()

    def pulled(self, rows: int) -> None:
        self._rows.inc(rows)

    @contextmanager
    def listening(self) -> Iterator[None]:
        self._listeners.inc()
        try:
            yield
        finally:
            self._listeners.dec()

    def middleware(self, app: ASGIApp) -> ASGIApp:
        """ASGI middleware: measures each request and writes its line."""

        async def measured(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != ScopeType.HTTP:
                await app(scope, receive, send)
                return
            began, told = time.perf_counter(), {"status": 0, "received": 0, "sent": 0}

            async def taking() -> HTTPReceiveMessage:
                message: HTTPReceiveMessage = await receive()  # type: ignore[assignment]  # of HTTP, as the scope says
                if message["type"] == "http.request":
                    told["received"] += len(message["body"])
                return message

            async def giving(message: Message) -> None:
                if message["type"] == "http.response.start":
                    told["status"] = message["status"]
                elif message["type"] == "http.response.body":
                    told["sent"] += len(message["body"])
                await send(message)

            try:
                await app(scope, taking, giving)
            finally:
                self._note(scope, told, time.perf_counter() - began)

        return measured

    def _note(self, scope: HTTPScope, told: dict[str, int], seconds: float) -> None:
        # the route, not what was asked for: a label for each part of each snapshot would fill the memory
        path = scope.get("path_template") or "unknown"
        self._requests.labels(path, str(told["status"])).inc()
        if scope["path"] != "/v1/pokes":
            self._seconds.labels(path).observe(seconds)
        state = scope.get("state", {})
        client = scope.get("client")
        line: dict[str, object] = {
            "method": scope["method"],
            "path": path,
            "milliseconds": round(seconds * 1000, 1),
            "address": client[0] if client else "",
            **told,
            **{name: state[name] for name in ("tenant", "device", "code") if name in state},
        }
        _log.info("request", extra={"fields": line})


class JsonLines(logging.Formatter):
    """A log record as one line of JSON with the time, the logger and the allowed fields."""

    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, "fields", {})
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **{name: fields[name] for name in FIELDS if name in fields},
        }
        if record.exc_info:
            kind, _error, trace = record.exc_info
            line["error"] = kind.__name__ if kind else ""  # its words could quote a salon's contents
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            if trace is not None:
                line["where"] = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
        return msgspec.json.encode(line).decode()
