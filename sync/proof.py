"""What a device signs to prove itself: the same words on both ends."""

from __future__ import annotations


def words_to_sign(tenant: str, device: str, nonce: str) -> bytes:
    """The text that the device's key signs (Ed25519)."""
    return f"pult-sync 1 {tenant} {device} {nonce}".encode("ascii")
