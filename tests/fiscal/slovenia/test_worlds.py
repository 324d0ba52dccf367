"""What belongs to practice and what to live work: addresses, anchors, and the key on the disk."""

from __future__ import annotations

import base64
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from fiscal.channel import Patience
from fiscal.errors import WrongMode
from fiscal.records import ReplyRecord
from fiscal.slovenia.certificate import Credential
from fiscal.slovenia.client import client_context
from fiscal.slovenia.environment import PRODUCTION_URL, TEST_URL, Endpoint, Mode
from fiscal.slovenia.standin.certificates import Authority
from fiscal.slovenia.trust import Anchors
from tests.fiscal.world import OFFICIAL

SHORT = Patience(connect=2.0, total=1.0)
LONG = Patience(connect=20.0, total=60.0)
SCHEMA = OFFICIAL / "schema" / "FiscalVerificationSchema.v3.2-derived.json"


def test_practice_and_live_addresses_never_meet() -> None:
    assert Endpoint(PRODUCTION_URL + "/", Mode.LIVE).url == PRODUCTION_URL
    Endpoint(TEST_URL, Mode.PRACTICE)
    for url, mode in (
        (PRODUCTION_URL, Mode.PRACTICE),
        ("https://BLAGAJNE.fu.gov.si.:443", Mode.PRACTICE),
        ("https://x.blagajne.fu.gov.si", Mode.PRACTICE),
        (TEST_URL, Mode.LIVE),
        ("https://localhost:9003", Mode.LIVE),
        ("http://localhost", Mode.PRACTICE),
        ("https://user@localhost", Mode.PRACTICE),
        ("https://localhost/path", Mode.PRACTICE),
        ("localhost", Mode.PRACTICE),
    ):
        with pytest.raises(WrongMode):
            Endpoint(url, mode)


def test_live_takes_only_the_known_anchors(authority: Authority) -> None:
    with pytest.raises(WrongMode):
        Anchors.from_pem(authority.anchors_pem, Mode.LIVE)


@pytest.mark.skipif(not OFFICIAL.exists(), reason="the authority's certificates are not here")
def test_the_real_anchors_are_the_known_ones() -> None:
    names = ("nodehoster_production_si-trust-root.crt", "nodehoster_production_sigov-ca2.xcert.crt")
    pem = b"".join(_pem(OFFICIAL / "certs" / name) for name in names)
    assert len(Anchors.from_pem(pem, Mode.LIVE).certificates) == 2


@pytest.mark.skipif(not OFFICIAL.exists(), reason="the authority's certificates are not here")
def test_a_real_chain_leads_to_the_anchors() -> None:
    """A server certificate of the authority, as of a day when it was valid, stands in for its signer."""
    certs = OFFICIAL / "certs"
    leaf = x509.load_pem_x509_certificate(_pem(certs / "thermidor_blagajne.fu.gov.si.cer"))
    anchors = Anchors.from_pem(_pem(certs / "nodehoster_production_sigov-ca2.xcert.crt"), Mode.LIVE)
    at = datetime(2021, 6, 1, tzinfo=UTC)
    assert anchors.signer_key([leaf], common_name="blagajne.fu.gov.si", at=at).key_size == 2048


def _pem(path: Path) -> bytes:
    data = path.read_bytes()
    if data.lstrip().startswith(b"-----BEGIN"):
        return data
    return b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(data) + b"-----END CERTIFICATE-----\n"


def test_the_key_touches_the_disk_only_encrypted(
    credential: Credential, authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Watches what is written where, by the real functions, and that nothing stays."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    seen: list[bytes] = []
    modes: list[int] = []
    load = ssl.SSLContext.load_cert_chain

    def watch(self: ssl.SSLContext, certfile: Path, keyfile: Any = None, password: Any = None) -> None:
        seen.append(Path(certfile).read_bytes())
        modes.extend((Path(certfile).stat().st_mode & 0o777, Path(certfile).parent.stat().st_mode & 0o777))
        load(self, certfile, keyfile, password)

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", watch)
    client_context(credential, Anchors.from_pem(authority.anchors_pem, Mode.PRACTICE))
    assert modes == [0o600, 0o700]
    with pytest.raises(TypeError, match="encrypted"):
        load_pem_private_key(seen[0], None)
    assert list(tmp_path.iterdir()) == []


def test_the_journal_form_of_an_answer_is_the_answer(credential: Credential) -> None:
    """`ReplyRecord` without its certificates gives back the very token; see `fiscal.slovenia.verify`."""
    record = ReplyRecord(message_id="1", header="{}", payload="{}", signature=b"x")
    assert msgspec.json.decode(msgspec.json.encode(record), type=ReplyRecord) == record
