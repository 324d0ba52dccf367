"""Signed envelopes as the authority reads and writes them; by a JOSE library, not by the client's code."""

from __future__ import annotations

import base64
import functools
from collections.abc import Mapping
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from fiscal.slovenia.standin.certificates import Identity


class _Registry(jws.JWSRegistry):
    """The protocol's headers carry names and certificates: longer than the library expects, and members of their own."""

    max_header_length = 64 * 1024
    max_payload_length = 8 * 1024 * 1024


_REGISTRY: Final = _Registry(algorithms=["RS256"], strict_check_header=False)


class BadEnvelope(Exception):
    """The text is no envelope at all."""


def open_envelope(token: str) -> tuple[dict[str, Any], bytes]:
    """Header and payload, the signature not looked at. Raises `BadEnvelope`."""
    try:
        found = jws.extract_compact(token.encode("ascii"), registry=_REGISTRY)
    except (JoseError, ValueError) as error:
        raise BadEnvelope(str(error)) from None
    return found.headers(), found.payload


def signature_holds(token: str, certificate: x509.Certificate) -> bool:
    """Whether the token is signed with RS256 by the key of `certificate`."""
    try:
        jws.deserialize_compact(token, _public_key(certificate), algorithms=["RS256"], registry=_REGISTRY)
    except (JoseError, ValueError):
        return False
    return True


def sign_envelope(payload: bytes, signer: Identity, chain: tuple[Identity, ...]) -> str:
    """Signs an answer; the header carries the certificates as ``x5c`` and names in the authority's own manner."""
    header: Mapping[str, Any] = {
        "alg": "RS256",
        "subject_name": "CN=DavPotRacTEST + OID.2.5.4.5=1, OU=systems, O=state authorities, C=SI",
        "issuer_name": "CN=SIGOV-CA, O=Republika Slovenija, C=SI",
        "serial": signer.certificate.serial_number,
        "x5c": [base64.b64encode(one.der).decode("ascii") for one in (signer, *chain)],
    }
    key = _private_key(signer)
    return jws.serialize_compact(dict(header), payload, key, algorithms=["RS256"], registry=_REGISTRY)


@functools.lru_cache(maxsize=64)
def _public_key(certificate: x509.Certificate) -> RSAKey:
    return RSAKey.import_key(certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


@functools.lru_cache(maxsize=64)
def _private_key(signer: Identity) -> RSAKey:
    # Kept, because the library checks the primes at each import: 50 ms.
    return RSAKey.import_key(signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
