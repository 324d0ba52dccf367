"""The stand-in's server: HTTPS with client certificates on loopback, in a thread of its own.

The endpoints are those of the FURS technical specification v3.2, section 6.1: invoices, premises, echo. An invoice that is sent
again gets a new confirmation, and the last one counts, as the authority says of changed invoices.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from types import TracebackType
from typing import Any, Final, Self
from uuid import uuid4

from cryptography import x509

from fiscal.slovenia.standin.certificates import Authority, Identity, make_authority
from fiscal.slovenia.standin.envelope import BadEnvelope, open_envelope, sign_envelope, signature_holds
from fiscal.slovenia.standin.faults import Fault, Planned
from fiscal.slovenia.standin.https import Request, read_request, send_response, server_context
from fiscal.slovenia.standin.names import java_name
from fiscal.slovenia.standin.rules import remarks, structure_errors

INVOICES: Final = "/v1/cash_registers/invoices"
PREMISES: Final = "/v1/cash_registers/invoices/register"
ECHO: Final = "/v1/cash_registers/echo"
_KINDS: Final = {INVOICES: "InvoiceRequest", PREMISES: "BusinessPremiseRequest"}
_ANSWERS: Final = {INVOICES: "InvoiceResponse", PREMISES: "BusinessPremiseResponse"}
_ZERO: Final = "00000000-0000-0000-0000-000000000000"
_PAGE: Final = b"<html><head><title>Request Rejected</title></head><body>The requested URL was rejected.</body></html>"
_TEXTS: Final = {
    "S001": "Sporočilo ni v skladu s shemo XML",
    "S002": "Sporočilo ni v skladu s shemo JSON",
    "S003": "Neveljaven elektronski podpis",
    "S004": "Neustrezen identifikator digitalnega potrdila",
    "S005": "Davčna številka v sporočilu ni enaka davčni številki v digitalnem potrdilu",
    "S006": "Podatki o poslovnem prostoru niso posredovani",
    "S007": "Digitalno potrdilo je preklicano",
    "S008": "Digitalno potrdilo je poteklo",
    "S100": "Sistemska napaka pri obdelavi sporočila",
}


@dataclass(frozen=True, slots=True)
class Received:
    """A message as it arrived and what became of it.

    Attributes:
        header, payload: decoded; numbers with decimals as `Decimal`. Empty when they could not be read.
        eor: the confirmation, if it was an accepted invoice.
        code: the error code, if it was refused.
        remarks: what was accepted though it looks wrong.
    """

    path: str
    header: dict[str, Any]
    payload: dict[str, Any]
    raw: bytes
    eor: str | None = None
    code: str | None = None
    reasons: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def message_id(self) -> str:
        """The message id, or zeros."""
        inner = next(iter(self.payload.values()), None)
        header = inner.get("Header") if isinstance(inner, dict) else None
        found = header.get("MessageID") if isinstance(header, dict) else None
        return found if isinstance(found, str) else _ZERO

    @property
    def invoice(self) -> dict[str, Any]:
        """The invoice of an invoice message."""
        found: dict[str, Any] = self.payload["InvoiceRequest"]["Invoice"]
        return found


@dataclass
class StandIn:
    """The stand-in as a context manager: serves while inside.

    Attributes:
        authority: its certificates; made anew unless given.
        received: every message in the order of arrival, echoes and messages lost to a fault excepted.
        arrived: how many requests came in, whatever became of them.
        premises: tax number and mark of the registered premises; `closed` those that were closed.
        check_premises: refuse invoices of premises that are not registered (S006).
        strict_names: refuse (S003) a header whose names are not written as the authority's own samples write them.
    """

    authority: Authority = field(default_factory=make_authority)
    port: int = 0
    check_premises: bool = True
    strict_names: bool = True
    received: list[Received] = field(default_factory=list)
    arrived: int = 0
    premises: set[tuple[int, str]] = field(default_factory=set)
    closed: set[tuple[int, str]] = field(default_factory=set)
    revoked: set[int] = field(default_factory=set)
    url: str = ""

    def __post_init__(self) -> None:
        self._taxpayers: dict[int, x509.Certificate] = {}
        self._faults: list[Planned] = []
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    def admit(self, taxpayer: Identity) -> Identity:
        """Makes a taxpayer's certificate known; messages of unknown ones are refused (S004)."""
        self.admit_certificate(taxpayer.certificate)
        return taxpayer

    def admit_certificate(self, certificate: x509.Certificate) -> None:
        """The same for a certificate of any issuer, before the start: it is itself trusted for TLS."""
        self._taxpayers[certificate.serial_number] = certificate

    def plan(self, fault: Fault, *, times: int | None = 1, code: str = "S100", seconds: float = 0.0) -> None:
        """Switches a fault on for the next `times` requests (None: until `clear`); plans queue up."""
        with self._lock:
            self._faults.append(Planned(fault, times, code, seconds))

    def clear(self) -> None:
        """Takes all faults away."""
        with self._lock:
            self._faults.clear()

    @property
    def accepted(self) -> list[Received]:
        """The invoices that were confirmed."""
        return [one for one in self.received if one.eor is not None]

    def start(self) -> None:
        """Starts serving, unless it does; after a `stop` on the same port again. Raises `OSError` when that is taken."""
        if self._thread is not None:
            return
        self._ready.clear()
        self._thread = threading.Thread(target=self._serve, name="FURS stand-in", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Stops serving: connections break, nothing listens any more. What was received stays."""
        thread, self._thread = self._thread, None
        if thread is not None and self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _serve(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits in __enter__
            self._failure = error
            self._ready.set()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        busy: set[asyncio.Task[None]] = set()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            busy.add(task)
            try:
                await self._talk(reader, writer)
            except (OSError, EOFError, ValueError, ssl.SSLError, asyncio.LimitOverrunError, asyncio.CancelledError):
                pass  # the other side went away, or the server stops
            finally:
                busy.discard(task)
                writer.transport.abort()

        server = await asyncio.start_server(
            connected, "127.0.0.1", self.port, ssl=server_context(self.authority, self._taxpayers.values())
        )
        self.port = server.sockets[0].getsockname()[1]
        self.url = f"https://localhost:{self.port}"
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await self._answer(await read_request(reader), writer):
            pass

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        """Answers one request; False when the connection is to be broken."""
        self.arrived += 1
        path, body = request.path, request.body
        if path not in (*_KINDS, ECHO):
            return await send_response(writer, _PAGE, kind="text/html")
        if request.method != "POST" or not request.is_json:
            return await send_response(writer, b"", status="415 Unsupported Media Type")
        if path == ECHO:
            return await self._echo(body, writer)
        planned = self._next_fault()
        fault = planned.fault if planned else None
        if fault in (Fault.SILENCE, Fault.RESET_BEFORE):
            if fault is Fault.SILENCE:
                await asyncio.sleep(3600)
            return False
        if fault is Fault.HTML:
            return await send_response(writer, _PAGE, kind="text/html")
        if fault is Fault.UNAVAILABLE:
            return await send_response(writer, b"", status="503 Service Unavailable")
        if fault is Fault.RUBBISH:
            return await send_response(writer, b"\xff\xfe\x00{")
        if fault is Fault.NO_TOKEN:
            return await send_response(writer, b'{"result":"ok"}')
        message = self._judge(path, body, planned)
        self.received.append(message)
        if fault is Fault.RESET_AFTER:
            return False
        answer = json.dumps({"token": self._token(path, message, fault)}).encode()
        if planned is not None and fault is Fault.SLOW:
            await asyncio.sleep(planned.seconds)
        pause = planned.seconds if planned is not None and fault is Fault.DRIP else None
        return await send_response(writer, answer, pause=pause)

    async def _echo(self, body: bytes, writer: asyncio.StreamWriter) -> bool:
        planned = self._next_fault()
        if planned is not None and planned.fault is Fault.SILENCE:
            await asyncio.sleep(3600)
        if planned is not None and planned.fault is Fault.HTML:
            return await send_response(writer, _PAGE, kind="text/html")
        try:
            text = json.loads(body)["EchoRequest"]
        except (ValueError, KeyError, TypeError):
            return await send_response(writer, b"", status="400 Bad Request")
        return await send_response(writer, json.dumps({"EchoResponse": text}).encode())

    def _next_fault(self) -> Planned | None:
        with self._lock:
            if not self._faults:
                return None
            planned = self._faults[0]
            if planned.times is not None:
                planned.times -= 1
                if planned.times <= 0:
                    self._faults.pop(0)
            return planned

    def _judge(self, path: str, body: bytes, planned: Planned | None) -> Received:
        try:
            wrapper = json.loads(body)
            token = wrapper["token"]
            if list(wrapper) != ["token"] or not isinstance(token, str):
                raise KeyError("token")
            header, raw = open_envelope(token)
            payload = json.loads(raw, parse_float=Decimal)
        except (ValueError, KeyError, TypeError, BadEnvelope) as error:
            return Received(path, {}, {}, body, code="S002", reasons=(str(error),))
        if not isinstance(payload, dict):
            return Received(path, header, {}, raw, code="S002", reasons=("payload is no object",))
        message = Received(path, header, payload, raw)

        def refused(code: str, *reasons: str) -> Received:
            return Received(path, header, payload, raw, code=code, reasons=reasons)

        if planned is not None and planned.fault in (Fault.ERROR, Fault.ZERO_MESSAGE_ID):
            return refused(planned.code, "planned")
        certificate = self._taxpayers.get(header["serial"]) if type(header.get("serial")) is int else None
        if certificate is None:
            return refused("S004", f"serial {header.get('serial')!r}")
        if header.get("alg") != "RS256" or not signature_holds(token, certificate):
            return refused("S003", "signature")
        wrong = [name for name, value in _names(certificate).items() if header.get(name) != value]
        if self.strict_names and wrong:
            return refused("S003", *wrong)
        if certificate.serial_number in self.revoked:
            return refused("S007")
        if certificate.not_valid_after_utc < datetime.now(UTC):
            return refused("S008")
        errors = structure_errors(payload, _KINDS[path])
        if errors:
            return refused("S002", *errors)
        return self._accept(message, certificate, refused)

    def _accept(self, message: Received, certificate: x509.Certificate, refused: Callable[..., Received]) -> Received:
        content = next(iter(message.payload.values()))
        is_invoice = message.path == INVOICES
        body = content["Invoice" if is_invoice else "BusinessPremise"]
        units = certificate.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATIONAL_UNIT_NAME)
        if str(body["TaxNumber"]) != str(units[1].value):
            return refused("S005")
        mark = body["InvoiceIdentifier"]["BusinessPremiseID"] if is_invoice else body["BusinessPremiseID"]
        premise = (body["TaxNumber"], mark)
        if not is_invoice:
            self.premises.add(premise)
            if "ClosingTag" in body:
                self.closed.add(premise)
            return message
        if self.check_premises and (premise not in self.premises or premise in self.closed):
            return refused("S006")
        return Received(
            message.path,
            message.header,
            message.payload,
            message.raw,
            eor=str(uuid4()),
            remarks=tuple(remarks(body)),
        )

    def _token(self, path: str, message: Received, fault: Fault | None) -> str:
        message_id = message.message_id
        if fault is Fault.WRONG_MESSAGE_ID:
            message_id = str(uuid4())
        elif fault is Fault.ZERO_MESSAGE_ID:
            message_id = _ZERO
        moment = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
        content: dict[str, Any] = {"Header": {"MessageID": message_id, "DateTime": moment}}
        if message.code is not None:
            text = _TEXTS.get(message.code.upper(), "Napaka")
            content["Error"] = {"ErrorCode": message.code, "ErrorMessage": text}
        elif message.eor is not None:
            content["UniqueInvoiceID"] = message.eor
        payload = json.dumps({_ANSWERS[path]: content}, ensure_ascii=False).encode()
        authority = self._rogue if fault is Fault.ROGUE_SIGNER else self.authority
        signer = authority.signer
        if fault is Fault.OTHER_SIGNER:
            signer = self._other_signer
        elif fault is Fault.EXPIRED_SIGNER:
            signer = self._expired_signer
        token = sign_envelope(payload, signer, (authority.intermediate,))
        if fault is Fault.BROKEN_SIGNATURE:
            header, _, signature = token.split(".")
            content["UniqueInvoiceID"] = str(uuid4())
            changed = sign_envelope(json.dumps({_ANSWERS[path]: content}).encode(), signer, ()).split(".")[1]
            token = f"{header}.{changed}.{signature}"
        return token

    @cached_property
    def _rogue(self) -> Authority:
        return make_authority()

    @cached_property
    def _other_signer(self) -> Identity:
        return self.authority.answer_signer("blagajne-test.fu.gov.si")

    @cached_property
    def _expired_signer(self) -> Identity:
        now = datetime.now(UTC)
        return self.authority.answer_signer(not_before=now - timedelta(9), not_after=now - timedelta(1))


def _names(certificate: x509.Certificate) -> dict[str, str]:
    return {"subject_name": java_name(certificate.subject), "issuer_name": java_name(certificate.issuer)}
