"""The line to FURS: signed JSON over mutual TLS, one try at a time.

Source: FURS technical specification v3.2, sections 2, 6, 8 and 9. TLS 1.2 and 1.3 against the given anchors only. What
cannot be believed (silence, a page with status 200, a signature that does not hold) counts as unreachable.
"""

from __future__ import annotations

import asyncio
import secrets
import ssl
import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from fiscal.channel import BACKGROUND, Answer, Patience, Prepared, Verdict
from fiscal.errors import CertificateError, NoCredential, Unreachable
from fiscal.records import FailureRecord, RequestRecord
from fiscal.slovenia.certificate import Credential
from fiscal.slovenia.environment import ECHO_PATH, INVOICE_PATH, PREMISE_PATH, Endpoint
from fiscal.slovenia.jws import sign_message
from fiscal.slovenia.messages import echo_request, invoice_request, premise_request
from fiscal.slovenia.premises import Premise
from fiscal.slovenia.register import choose_credential
from fiscal.slovenia.reply import read_reply
from fiscal.slovenia.trust import Anchors

if TYPE_CHECKING:
    import httpx

_LATER: Final = frozenset({"S100"})
_LARGEST_ANSWER: Final = 1024 * 1024
_KEPT_OF_RUBBISH: Final = 4096
_ANSWERS: Final = {INVOICE_PATH: "InvoiceResponse", PREMISE_PATH: "BusinessPremiseResponse"}


def client_context(credential: Credential, anchors: Anchors) -> ssl.SSLContext:
    """The TLS settings: version 1.2 or newer, these anchors alone, the taxpayer's certificate shown to the server.

    `ssl` takes a client key from a file only. So the key goes through one, encrypted with a password that exists for this
    call alone, readable by this user alone and gone afterwards: if the program dies in between, what stays on the disk
    cannot be opened by anybody.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # an intermediate authority among the anchors is enough
    context.load_verify_locations(cadata=anchors.pem)
    password = secrets.token_hex(32)
    key = credential.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password.encode()))
    certificate = x509.load_der_x509_certificate(credential.der).public_bytes(Encoding.PEM)
    with tempfile.TemporaryDirectory(prefix="pult-") as folder:  # made with mode 0700
        file = Path(folder) / "client.pem"
        file.touch(mode=0o600)
        file.write_bytes(key + certificate)
        context.load_cert_chain(file, password=password)
    return context


class FursClient:
    """A `fiscal.channel.Channel` to FURS or its stand-in.

    Args:
        credentials: loaded certificates; at each message the one that holds then is chosen.
        clock: gives the present instant (aware).
        proxy: address of a proxy, if the network has one; the environment's settings are not looked at.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        credentials: Sequence[Credential],
        anchors: Anchors,
        clock: Callable[[], datetime],
        *,
        proxy: str | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._credentials = tuple(credentials)
        self._anchors = anchors
        self._clock = clock
        self._proxy = proxy
        self._http: httpx.AsyncClient | None = None
        self._shown: Credential | None = None

    @property
    def url(self) -> str:
        """The address that messages go to."""
        return self._endpoint.url

    def certificate(self) -> str:
        """The fingerprint of the certificate that signs now. Raises `NoCredential`, `CertificateError`."""
        return self._credential(self._clock()).facts.fingerprint

    def prepare(self, payload: bytes, *, late: bool, now: datetime) -> Prepared:
        """Signs a stored ``Invoice`` under a fresh message id.

        Raises:
            NoCredential, CertificateError: nothing to sign with.
            InvalidMessage: it breaks the schema.
        """
        message_id = str(uuid4())
        message = invoice_request(payload, message_id=message_id, sent_at=now, late=late)
        return self._sign(message_id, INVOICE_PATH, message, now, late=late)

    def prepare_premise(self, premise: Premise, *, now: datetime) -> Prepared:
        """Signs the registration, change or closing of a premise. Raises as `prepare` does."""
        message_id = str(uuid4())
        return self._sign(message_id, PREMISE_PATH, premise_request(premise, message_id=message_id, sent_at=now), now)

    async def send(self, prepared: Prepared, patience: Patience = BACKGROUND) -> Answer:
        """Sends once and reads the answer; every fault of the world comes back as an `Answer`."""
        path = prepared.record.path
        received = b""
        try:
            received = await self._post(path, prepared.body, patience)
            reply = read_reply(
                received,
                kind=_ANSWERS[path],
                message_id=prepared.message_id,
                anchors=self._anchors,
                signer=self._endpoint.mode.signer,
                at=self._clock(),
            )
        except Unreachable as fault:
            values = ", ".join(f"{name}: {value}" for name, value in fault.values.items())
            body = received[:_KEPT_OF_RUBBISH].decode("utf-8", "replace")
            record = FailureRecord(message_id=prepared.message_id, detail=values[:1000], body=body)
            return Answer(Verdict.UNREACHABLE, record, code=fault.code, message=values[:1000] or None)
        if reply.code is None:
            verdict = Verdict.CONFIRMED
        else:
            verdict = Verdict.LATER if reply.code in _LATER else Verdict.REFUSED
        return Answer(
            verdict,
            reply.record,
            confirmation=reply.eor,
            code=reply.code,
            message=reply.message,
            certificates=reply.certificates,
        )

    async def echo(self, text: str = "furs", patience: Patience = BACKGROUND) -> None:
        """Asks the authority to say `text` again: proves the line and mutual TLS, nothing more.

        Raises `Unreachable` when it does not.
        """
        import msgspec

        received = await self._post(ECHO_PATH, echo_request(text), patience)
        try:
            answer = msgspec.json.decode(received, type=dict[str, str])
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError):
            raise Unreachable("not_json") from None
        if answer.get("EchoResponse") != text:
            raise Unreachable("not_understood")

    async def aclose(self) -> None:
        http, self._http = self._http, None
        if http is not None:
            await http.aclose()

    def _credential(self, now: datetime) -> Credential:
        return choose_credential(self._credentials, mode=self._endpoint.mode, tax_number=None, at=now)

    def _sign(self, message_id: str, path: str, message: bytes, now: datetime, *, late: bool = False) -> Prepared:
        credential = self._credential(now)
        signed = sign_message(credential, message)
        record = RequestRecord(
            path=path, header=signed.header.decode(), payload=message.decode(), signature=signed.signature, late=late
        )
        body = b'{"token":"' + signed.token.encode("ascii") + b'"}'
        return Prepared(message_id, body, record, (credential.facts.fingerprint, credential.der))

    async def _client(self) -> httpx.AsyncClient:
        """One client with its kept connections; a new one when another certificate has taken over."""
        import httpx

        credential = self._credential(self._clock())
        if self._http is None or self._shown is not credential:
            await self.aclose()
            self._shown = credential
            self._http = httpx.AsyncClient(
                base_url=self._endpoint.url,
                verify=client_context(credential, self._anchors),
                trust_env=False,
                proxy=self._proxy,
                headers={"Content-Type": "application/json; charset=UTF-8", "Accept": "application/json"},
                limits=httpx.Limits(max_connections=4, keepalive_expiry=60),
            )
        return self._http

    async def _post(self, path: str, body: bytes, patience: Patience) -> bytes:
        import httpx

        try:
            client = await self._client()
        except (NoCredential, CertificateError) as error:
            raise Unreachable(error.code, **error.values) from None
        timeout = httpx.Timeout(patience.total, connect=patience.connect)
        try:
            async with (
                asyncio.timeout(patience.total),
                client.stream("POST", path, content=body, timeout=timeout) as response,
            ):
                received = bytearray()
                async for piece in response.aiter_bytes():
                    received += piece
                    if len(received) > _LARGEST_ANSWER:
                        raise Unreachable("answer_too_large")
                if response.status_code != 200:
                    raise Unreachable("http_status", status=response.status_code)
                return bytes(received)
        except (TimeoutError, httpx.TimeoutException):
            raise Unreachable("timeout") from None
        except httpx.ConnectError as error:
            code = "tls_failed" if isinstance(error.__cause__, ssl.SSLError) or "SSL" in str(error) else "no_connection"
            raise Unreachable(code, detail=str(error)[:300]) from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise Unreachable("connection_lost", detail=f"{type(error).__name__}: {error}"[:300]) from None
