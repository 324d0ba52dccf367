"""The backend running for real: uvicorn in a thread, TLS with a certificate of the test's own, on the loopback."""

from __future__ import annotations

import ipaddress
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sync.server.app import Backend
from sync.server.connection import PatientConnection
from sync.server.measures import Measures
from sync.server.serving import Address, configure
from sync.server.store import Store


class RunningServer:
    """A server with a clock that tests may set: `shift` milliseconds are added to the time."""

    def __init__(
        self,
        store: Store,
        folder: Path,
        port: int = 0,
        connection: type[PatientConnection] = PatientConnection,
        proxies: str = "",
    ) -> None:
        self.store, self.shift = store, 0
        certificate, key = make_certificate(folder)
        self.trust = ssl.create_default_context(cafile=str(certificate))
        self.backend = Backend(store, self._now, "test", Measures())
        address = Address(port=port, certificate=certificate, key=key, proxies=proxies)
        self._server = configure(self.backend, address, connection)
        self._thread = threading.Thread(target=self._server.run, name="backend")
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError("the server did not start")
            time.sleep(0.005)
        self.port = int(self._server.servers[0].sockets[0].getsockname()[1])
        self.url = f"https://127.0.0.1:{self.port}"

    def _now(self) -> int:
        return time.time_ns() // 1_000_000 + self.shift

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive(), "the server does not stop"


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for the loopback and its key, as PEM files in `folder`; made once."""
    paths = folder / "server.pem", folder / "server.key.pem"
    if paths[0].exists():
        return paths
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths
