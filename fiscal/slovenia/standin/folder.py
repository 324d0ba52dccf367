"""Keeps the stand-in's certificates in a folder, so that the next run of a practice meets the same authority.

The keys are worth nothing outside the folder's practice; they lie in the clear and a note beside them says so.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from fiscal.slovenia.standin.certificates import Authority, Identity, make_authority

_NOTE = "Certificates and keys of a stand-in for practice. They are worth nothing anywhere else.\n"
_TAXPAYER = "taxpayer"


def open_practice(folder: Path) -> tuple[Authority, Identity]:
    """The authority and the taxpayer of a folder; both are made when the folder holds none."""
    names = [field.name for field in fields(Authority)]
    if all((folder / f"{name}.pem").is_file() for name in (*names, _TAXPAYER)):
        loaded = {name: _load(folder / f"{name}.pem") for name in names}
        return Authority(**loaded), _load(folder / f"{_TAXPAYER}.pem")
    authority = make_authority()
    taxpayer = authority.taxpayer()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.txt").write_text(_NOTE, encoding="utf-8")
    for name in names:
        _save(folder / f"{name}.pem", getattr(authority, name))
    _save(folder / f"{_TAXPAYER}.pem", taxpayer)  # last: only a whole folder is taken for one
    return authority, taxpayer


def _save(file: Path, identity: Identity) -> None:
    file.touch(mode=0o600)
    file.write_bytes(identity.pem + identity.key_pem())


def _load(file: Path) -> Identity:
    pem = file.read_bytes()
    key = load_pem_private_key(pem[pem.index(b"-----BEGIN PRIVATE") :], None)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise ValueError(f"{file} holds no key of a stand-in")
    return Identity(x509.load_pem_x509_certificate(pem), key)
