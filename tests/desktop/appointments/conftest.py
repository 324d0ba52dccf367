"""The salon that the tests of this room share."""

from tests.desktop.appointments.salon import salon

__all__ = ["salon"]
