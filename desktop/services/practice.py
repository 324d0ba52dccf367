"""A practice world on this computer: a stand-in of the tax authority and a virtual receipt printer, both real servers.

Used by the demo salon and by rehearsals on practice databases; the certificates lie beside the database.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

from cryptography.x509 import load_der_x509_certificate

from desktop.register.fiscal_line import read_certificate
from fiscal.slovenia.standin.folder import open_practice
from fiscal.slovenia.standin.server import StandIn
from printing.virtual import VirtualPrinter

PASSWORD = "practice"  # protects nothing: the key lies beside it in the clear


class PracticeAuthority:
    """The stand-in of the tax authority of one data directory, with its taxpayer."""

    def __init__(self, folder: Path) -> None:
        authority, taxpayer = open_practice(folder)
        self._furs = StandIn(authority)
        self._furs.admit(taxpayer)
        self.certificate = taxpayer.pkcs12(PASSWORD, issuer=authority.tax_ca)
        self.password = PASSWORD
        self.anchors = authority.anchors_pem

    def admit(self, data: bytes, password: str) -> None:
        """Makes a taxpayer's own PKCS#12 file known, before the start. Raises `InvalidInput` as `add_certificate`."""
        self._furs.admit_certificate(load_der_x509_certificate(read_certificate(data, password).der))

    @property
    def url(self) -> str:
        """Its address; only while it runs."""
        return self._furs.url

    def __enter__(self) -> Self:
        self._furs.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._furs.stop()


class PracticePrinter:
    """A virtual receipt printer on loopback, 80 mm."""

    profile = "epson-tm-80"

    def __init__(self) -> None:
        self._printer = VirtualPrinter()

    @property
    def address(self) -> str:
        """``tcp://HOST:PORT``; only while it runs."""
        return self._printer.address

    def __enter__(self) -> Self:
        self._printer.__enter__()
        return self

    def __exit__(self, *_error: object) -> None:
        self._printer.__exit__(None, None, None)
