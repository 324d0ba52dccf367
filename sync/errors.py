"""What can go wrong in syncing: one tree, each class with its sentence; codes and values for who shows them."""

from __future__ import annotations


class SyncError(Exception):
    """Anything that syncing cannot do."""


class ManifestError(SyncError):
    """A manifest that contradicts itself, or does not follow the one before it."""


class Unlawful(SyncError):
    """What was sent breaks a rule of the protocol or the manifest; sending it again will not help."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code, values)
        self.code = code
        self.values = values

    def __str__(self) -> str:
        told = ", ".join(f"{name} {value}" for name, value in self.values.items())
        return f"{self.code} ({told})" if told else self.code


class UnknownTenant(SyncError):
    """No tenant of that id on this server."""
