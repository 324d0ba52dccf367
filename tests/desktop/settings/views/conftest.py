"""The counter and screen of the sales views: settings show what a counter prints."""

from tests.desktop.sales.views.conftest import context, counter, screen, screen_of

__all__ = ["context", "counter", "screen", "screen_of"]
