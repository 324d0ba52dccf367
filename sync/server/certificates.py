"""A certificate that is renewed on the disk is used from the next connection on, without a restart."""

from __future__ import annotations

import asyncio
import logging
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SECONDS: Final = 60.0
_log = logging.getLogger("sync.server")


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """A certificate with its chain and its key, as PEM."""

    certificate: Path
    key: Path

    def changed_at(self) -> tuple[int, int]:
        """When each was written last, in nanoseconds. Raises OSError."""
        return self.certificate.stat().st_mtime_ns, self.key.stat().st_mtime_ns

    def load_into(self, context: ssl.SSLContext) -> None:
        """Raises OSError (`ssl.SSLError` is one) when they are not whole or do not belong together; the context is then as before."""
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.certificate, self.key)  # tried on another one
        context.load_cert_chain(self.certificate, self.key)


async def keep_renewed(context: ssl.SSLContext, files: KeyFiles, seconds: float = SECONDS) -> None:
    """Looks at the files again and again, until it is cancelled. What cannot be used is logged once and tried again when it changes."""
    known = files.changed_at()
    while True:
        await asyncio.sleep(seconds)
        try:
            found = files.changed_at()
            if found == known:
                continue
            known = found
            files.load_into(context)
        except OSError:
            _log.exception("the renewed certificate cannot be used")
        else:
            _log.warning("the certificate was renewed")
