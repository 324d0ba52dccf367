"""Where the backend keeps its data: transactions on the server's own tables and on those of one tenant.

Work is a plain function on a connection; it may be run again when the database asks for it, so it changes nothing but the database.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from sqlalchemy import Connection

R = TypeVar("R")


class Store(Protocol):
    """Blocking; safe to use from several threads. Work that writes is durable when the call returns."""

    def central(self, work: Callable[[Connection], R]) -> R:
        """Runs work in one transaction on the server's own tables."""
        ...

    def tenant(self, tenant: str, work: Callable[[Connection], R]) -> R:
        """Runs work in one transaction on a tenant's tables, as if it were alone with them. Raises `UnknownTenant`."""
        ...

    def read(self, tenant: str, work: Callable[[Connection], R]) -> R:
        """Runs work that only reads, on one state of a tenant's tables, beside those who write. Raises `UnknownTenant`."""
        ...

    def check(self) -> None:
        """Raises whatever keeps the server from its data."""
        ...

    def tenants(self) -> list[str]:
        """The ids of all tenants."""
        ...

    def names(self) -> list[tuple[str, str]]:
        """Ids and names of all tenants, by name."""
        ...

    def counters(self, tenants: Sequence[str]) -> dict[str, dict[str, int]]:
        """How far the scopes of some tenants are that another server may have written to, by tenant and scope.

        Nothing where this server is the only one on its data.
        """
        ...

    def make_tenant(self, tenant: str, name: str, now: int) -> None:
        """A new tenant (32 hex digits) without data."""
        ...

    def erase_tenant(self, tenant: str) -> None:
        """Everything of a tenant is gone. Raises `UnknownTenant`."""
        ...

    def close(self) -> None: ...
