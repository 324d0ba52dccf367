"""What can go wrong in printing, as one tree. Codes and values only: the interface translates."""

from __future__ import annotations


class PrintingError(Exception):
    """The base of every error that this package raises on purpose."""


class DocumentError(PrintingError):
    """A document cannot be printed as it stands: a code that does not fit, or stored data of an unknown version."""


class AddressError(PrintingError):
    """A printer's address cannot be read: neither ``tcp://HOST:PORT`` nor ``file:PATH``."""


class AlreadySpooled(PrintingError):
    """The same paper (kind, subject and copy number) is in the spool already, under another job."""

    def __init__(self, kind: str, copy_no: int) -> None:
        super().__init__(f"{kind} copy {copy_no} is in the spool already")
        self.kind = kind
        self.copy_no = copy_no


class PrinterFault(PrintingError):
    """The printer or the way to it failed. Temporary: the environment's fault, not ours.

    `code` is one of ``unreachable``, ``refused``, ``reset``, ``stalled``, ``aborted``, ``busy``, ``file``; `sent` counts the bytes that
    had been handed over by then.
    """

    def __init__(self, code: str, sent: int = 0, detail: str = "") -> None:
        super().__init__(f"{code} after {sent} bytes{': ' if detail else ''}{detail}")
        self.code = code
        self.sent = sent
        self.detail = detail
