"""The exceptions of `fiscal`: one tree; each carries a code and values, and says whether trying again can help.

The codes are bare names (``wrong_password``); whoever shows them finds the sentence under ``fiscal.<code>``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fiscal.port import Problem


class FiscalError(Exception):
    """The root of what this package raises on purpose."""

    code = "fiscal_error"
    temporary = False

    def __init__(self, code: str | None = None, **values: object) -> None:
        self.code = code or type(self).code
        self.values = values
        super().__init__(self.code)

    def __str__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        return f"{self.code}({values})"


class CertificateError(FiscalError):
    """A certificate file cannot be used."""

    code = "certificate_unusable"


class WrongPassword(CertificateError):
    """The password does not open the file (or its content is damaged, which looks the same)."""

    code = "wrong_password"


class TornFile(CertificateError):
    """The file is cut short or is no PKCS#12 file at all."""

    code = "torn_file"


class NoPrivateKey(CertificateError):
    """The file holds no RSA private key, or no certificate that belongs to it."""

    code = "no_private_key"


class CertificateExpired(CertificateError):
    """The certificate is past its last day; `values` carry `not_after`."""

    code = "certificate_expired"


class CertificateNotYetValid(CertificateError):
    """The certificate is not valid yet; `values` carry `not_before`."""

    code = "certificate_not_yet_valid"


class WrongTaxNumber(CertificateError):
    """The certificate was issued to another taxpayer; `values` carry `expected` and `found`."""

    code = "wrong_tax_number"


class NoTaxNumber(CertificateError):
    """The certificate names no taxpayer: it is no certificate for the verification of receipts."""

    code = "no_tax_number"


class WrongMode(FiscalError):
    """Practice met production or the other way round: a certificate, an address or a trust anchor of the other world."""

    code = "wrong_mode"


class CertificateOfOtherMode(CertificateError, WrongMode):
    """A production certificate on a practice database, or a test certificate on a live one."""

    code = "certificate_of_other_mode"


class AnchorUnknown(WrongMode):
    """A trust anchor of a live database is not one of the two known ones; `values` carry `fingerprint`."""

    code = "anchor_unknown"


class NoCredential(FiscalError):
    """There is no certificate to sign with at this moment."""

    code = "no_certificate"


class NotSealable(FiscalError):
    """The document must not be sealed: `problems` say why. A caller who asked `validate` first never sees this."""

    code = "not_sealable"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(problems=[problem.code for problem in problems])


class InvalidMessage(FiscalError):
    """A message breaks the authority's schema and was not sent; `values` carry `path` and `rule`."""

    code = "invalid_message"


class Unreachable(FiscalError):
    """No answer that can be trusted came back: silence, a page instead of data, a signature that does not hold."""

    code = "unreachable"
    temporary = True


class RefusedByAuthority(FiscalError):
    """The authority answered with an error; `code` is the authority's own, `values` carry `message`."""

    code = "refused"


class JournalDamaged(FiscalError):
    """A row of the journal cannot be read back; `values` carry `n`."""

    code = "journal_damaged"
