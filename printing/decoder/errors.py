"""What the strict decoder says about bytes that a printer would get wrong."""

from __future__ import annotations


class DecodeError(Exception):
    """Bytes that are no known command, or a command that a printer would ignore or misprint."""
