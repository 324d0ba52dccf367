"""Trust anchors and what is built on them: the chain of the certificate that signs the authority's answers.

Source: FURS technical specification v3.2, section 2: server and signer certificates are issued by SIGOV-CA below
SI-TRUST Root and change every few years, so the authorities are trusted, never a leaf. The signer is known by its common
name, or any other certificate of SIGOV-CA could sign receipts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import verification
from cryptography.x509.oid import NameOID

from fiscal.errors import AnchorUnknown, FiscalError
from fiscal.slovenia.environment import Mode

#: The two authorities above production (SHA-256 of the DER form): SI-TRUST Root and SIGOV-CA.
PRODUCTION_ANCHORS: Final = frozenset(
    {
        "fad540811afae0dc767cdf6572a088fa3ce8493dd82b3b869a67d10aab4e8124",
        "986373dda59fd09384b0a47c8e3155ab7424ecda5dd82db2e2a43fbd7591434e",
    }
)


class Untrusted(FiscalError):
    """A chain does not lead to the anchors, or its end is not the authority's signer."""

    code = "untrusted_signer"


class AnchorsUnreadable(FiscalError):
    """A file of trust anchors holds no certificate in PEM form."""

    code = "anchors_unreadable"


@dataclass(frozen=True, slots=True)
class _Verified:
    """The end of a chain that leads to the anchors, and between which instants all of the chain is valid."""

    key: RSAPublicKey
    names: list[str]
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Anchors:
    """The certificates that everything is checked against, TLS and answers alike."""

    certificates: tuple[x509.Certificate, ...]
    _verified: dict[tuple[x509.Certificate, ...], _Verified] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @classmethod
    def from_pem(cls, data: bytes, mode: Mode) -> Anchors:
        """Reads anchors; a live database takes the two known ones and nothing else.

        Raises:
            AnchorsUnreadable: no certificate in `data`.
            AnchorUnknown: live, and one of them is not known.
        """
        try:
            certificates = x509.load_pem_x509_certificates(data)
        except ValueError:
            raise AnchorsUnreadable from None
        for one in certificates:
            fingerprint = hashlib.sha256(one.public_bytes(Encoding.DER)).hexdigest()
            if mode is Mode.LIVE and fingerprint not in PRODUCTION_ANCHORS:
                raise AnchorUnknown(fingerprint=fingerprint)
        return cls(tuple(certificates))

    @property
    def pem(self) -> str:
        return "".join(one.public_bytes(Encoding.PEM).decode("ascii") for one in self.certificates)

    def signer_key(self, chain: Sequence[x509.Certificate], *, common_name: str, at: datetime) -> RSAPublicKey:
        """The key of the first certificate of `chain`, once all of this holds at `at`: the chain leads to an anchor, every
        issuer may issue, the first is not kept from signing data and carries `common_name`.

        Raises `Untrusted` with the reason.
        """
        if not chain:
            raise Untrusted(reason="no_certificate")
        verified = self._verified.get(tuple(chain))
        if verified is None or not verified.not_before <= at <= verified.not_after:
            verified = self._verified[tuple(chain)] = self._verify(chain, at)
        if verified.names != [common_name]:
            raise Untrusted(reason="common_name", found=", ".join(verified.names))
        return verified.key

    def _verify(self, chain: Sequence[x509.Certificate], at: datetime) -> _Verified:
        leaf = chain[0]
        try:
            names = [str(one.value) for one in leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
            path = _verifier(self.certificates, at).verify(leaf, list(chain[1:])).chain
            key = leaf.public_key()
        except Exception as error:  # noqa: BLE001 - certificates are parsed as they are read; strange ones raise anything
            raise Untrusted(reason="chain", detail=f"{type(error).__name__}: {error}"[:200]) from None
        if not isinstance(key, RSAPublicKey):
            raise Untrusted(reason="no_rsa_key")
        not_before = max(one.not_valid_before_utc for one in path)
        return _Verified(key, names, not_before, min(one.not_valid_after_utc for one in path))


def _verifier(anchors: Sequence[x509.Certificate], at: datetime) -> verification.ClientVerifier:
    # The profile of web servers does not fit government certificates (no subject alternative name, usages of their own),
    # so everything is permitted but what matters here is demanded.
    authority = (
        verification.ExtensionPolicy.permit_all()
        .require_present(x509.BasicConstraints, verification.Criticality.AGNOSTIC, _may_issue)
        .may_be_present(x509.KeyUsage, verification.Criticality.AGNOSTIC, _may_sign_certificates)
    )
    signer = verification.ExtensionPolicy.permit_all().may_be_present(
        x509.KeyUsage, verification.Criticality.AGNOSTIC, _may_sign_data
    )
    return (
        verification.PolicyBuilder()
        .store(verification.Store(list(anchors)))
        .time(at)
        .extension_policies(ee_policy=signer, ca_policy=authority)
        .build_client_verifier()
    )


def _may_issue(policy: verification.Policy, one: x509.Certificate, extension: x509.BasicConstraints) -> None:
    if not extension.ca:
        raise ValueError("issuer is no authority")


def _may_sign_certificates(policy: verification.Policy, one: x509.Certificate, extension: x509.KeyUsage | None) -> None:
    if extension is not None and not extension.key_cert_sign:
        raise ValueError("issuer may not issue")


def _may_sign_data(policy: verification.Policy, one: x509.Certificate, extension: x509.KeyUsage | None) -> None:
    # Without the extension a key may be used for anything (RFC 5280, section 4.2.1.3).
    if extension is not None and not extension.digital_signature:
        raise ValueError("signer may not sign data")
