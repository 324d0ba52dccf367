"""The desktop's exceptions: two families, each with a code that the interface translates.

`Refused` is an answer to the person at the counter: the request breaks a rule. `Environment` is the fault of the world
around the program (disk, printer, authority); it says whether trying again can help. Everything else is a bug of ours and
is left to crash loudly.

A code is a dotted lower-case name, for example ``appointments.slot_taken``; the sentence is found under
``refused.<code>`` or ``fault.<code>`` in the translations, filled with `values`.
"""

from __future__ import annotations


class PultError(Exception):
    """The root of what this program raises on purpose."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values

    def __str__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        return f"{self.code}({values})"


class Refused(PultError):
    """The request breaks a rule of the trade or of the law; nothing was stored."""


class InvalidInput(Refused):
    """A field holds something that cannot be accepted; `field` names it as the request does."""

    def __init__(self, field: str, code: str, **values: object) -> None:
        super().__init__(code, **values)
        self.field = field

    def __str__(self) -> str:
        return f"{self.field}: {super().__str__()}"


class NotPermitted(Refused):
    """The actor's role lacks the permission; `values` carry `permission`."""


class Environment(PultError):
    """The world around the program failed; `temporary` says whether trying again can help."""

    temporary = False


class TemporaryFault(Environment):
    """Trying again later can help: disk full, database busy, device off."""

    temporary = True


class FinalFault(Environment):
    """Trying again cannot help: wrong key, damaged file, newer schema."""
