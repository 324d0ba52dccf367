"""What commands take to reach the tax authority, and how it is put into a database."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass, field
from pathlib import Path

from desktop.access import Actor
from desktop.database.database import Database
from desktop.database.secrets import SecretStore
from desktop.errors import FinalFault, InvalidInput
from desktop.register.fiscal_line import add_certificate, set_fiscal_line

PASSWORD_ENV = "PULT_CERTIFICATE_PASSWORD"


@dataclass(frozen=True, slots=True)
class FiscalArguments:
    """Address, trust anchors and certificate as they were given; None where they were not."""

    url: str | None = None
    anchors: bytes | None = None
    certificate: bytes | None = None
    password: str = field(default="", repr=False)


def add_fiscal_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--certificate", type=Path, metavar="FILE.p12", help="the taxpayer's certificate and key")
    parser.add_argument(
        "--certificate-password-env",
        metavar="NAME",
        default=PASSWORD_ENV,
        help=f"the environment variable that holds its password ({PASSWORD_ENV})",
    )
    parser.add_argument("--fiscal-url", metavar="URL", help="address of the authority, https://host:port")
    parser.add_argument("--fiscal-ca", type=Path, metavar="PEM", help="what is trusted: for TLS and for the answers")


def read_fiscal_arguments(arguments: Namespace) -> FiscalArguments:
    """Reads the files that were named. Raises `FinalFault` ``fiscal.file`` for one that cannot be read."""
    return FiscalArguments(
        arguments.fiscal_url,
        _read(arguments.fiscal_ca),
        _read(arguments.certificate),
        os.environ.get(arguments.certificate_password_env, ""),
    )


def set_up_line(database: Database, secrets: SecretStore, actor: Actor, given: FiscalArguments) -> None:
    """Stores what was given in the database. Raises `InvalidInput` naming what cannot be used."""
    if given.url is not None or given.anchors is not None:
        if given.url is None:
            raise InvalidInput("fiscal-url", "entry.required")
        database.write_now(actor, set_fiscal_line, given.url, given.anchors)
    if given.certificate is not None:
        database.write_now(actor, add_certificate, given.certificate, given.password, secrets)


def _read(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise FinalFault("fiscal.file", path=str(path), reason=error.strerror or "") from error
