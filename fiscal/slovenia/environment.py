"""Practice and live: which hosts, certificates and trust anchors belong to which world, and that they never meet.

Practice databases use FURS's test environment or a stand-in; live ones use production and nothing else.
Source: FURS technical specification v3.2, section 6.1 (addresses) and section 2 (issuers, trust anchors).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from fiscal.errors import WrongMode

ZONE: Final = ZoneInfo("Europe/Ljubljana")

PRODUCTION_URL: Final = "https://blagajne.fu.gov.si:9003"
TEST_URL: Final = "https://blagajne-test.fu.gov.si:9002"
_PRODUCTION_HOST: Final = "blagajne.fu.gov.si"

INVOICE_PATH: Final = "/v1/cash_registers/invoices"
PREMISE_PATH: Final = "/v1/cash_registers/invoices/register"
ECHO_PATH: Final = "/v1/cash_registers/echo"


class Mode(StrEnum):
    """What a database was made for, for ever."""

    PRACTICE = "practice"
    LIVE = "live"

    @property
    def signer(self) -> str:
        """The common name of the certificate that signs the authority's answers."""
        return "DavPotRac" if self is Mode.LIVE else "DavPotRacTEST"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where messages go: scheme, host and port without a path.

    Raises:
        WrongMode: practice with the production host, live with any other address, or an address that is no plain
            ``https://host[:port]``.
    """

    url: str
    mode: Mode

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", self.url.rstrip("/"))
        parts = urlsplit(self.url)
        plain = parts.scheme == "https" and parts.hostname and not (parts.path or parts.query or parts.username)
        if not plain:
            raise WrongMode("address_unusable", url=self.url)
        host = (parts.hostname or "").rstrip(".").lower()
        if self.mode is Mode.LIVE and self.url.lower() != PRODUCTION_URL:
            raise WrongMode(url=self.url, mode=self.mode.value)
        if self.mode is Mode.PRACTICE and (host == _PRODUCTION_HOST or host.endswith("." + _PRODUCTION_HOST)):
            raise WrongMode(url=self.url, mode=self.mode.value)
