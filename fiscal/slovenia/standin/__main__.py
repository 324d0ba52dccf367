"""``python -m fiscal.slovenia.standin --folder DIR``: starts the stand-in for integrators, until interrupted.

Writes ``ca.pem`` (trust anchors) and ``client.p12`` (a taxpayer's certificate) into the folder and prints the address, the
password and the tax number.
"""

from __future__ import annotations

import argparse
import secrets
import signal
import sys
import threading
from pathlib import Path

from fiscal.slovenia.standin.certificates import TAX_NUMBER
from fiscal.slovenia.standin.server import StandIn


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m fiscal.slovenia.standin", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where ca.pem and client.p12 are written")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--tax-number", default=TAX_NUMBER)
    parser.add_argument("--password", help="of client.p12; made up if not given")
    parser.add_argument("--accept-any-premise", action="store_true", help="do not refuse unregistered premises (S006)")
    options = parser.parse_args()
    interrupted = threading.Event()
    # Set by name: a shell starts its background jobs with SIGINT ignored, and Python then leaves it ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: interrupted.set())
    password = options.password or secrets.token_urlsafe(12)
    options.folder.mkdir(parents=True, exist_ok=True)
    with StandIn(port=options.port, check_premises=not options.accept_any_premise) as furs:
        taxpayer = furs.admit(furs.authority.taxpayer(options.tax_number))
        (options.folder / "ca.pem").write_bytes(furs.authority.anchors_pem)
        file = options.folder / "client.p12"
        file.touch(mode=0o600)
        file.write_bytes(taxpayer.pkcs12(password, issuer=furs.authority.tax_ca))
        lines = (furs.url, f"password {password}", f"tax number {options.tax_number}", f"files in {options.folder}")
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
        while not interrupted.wait(0.5):  # a wait without end would not let signals through on every system
            pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
