"""The eight colour families that services and people choose from; the theme holds their shades for light and dark."""

from __future__ import annotations

from enum import StrEnum


class ColourFamily(StrEnum):
    """Names as in the theme's tokens (``service.<name>``)."""

    BLUE = "blue"
    ORANGE = "orange"
    TEAL = "teal"
    ROSE = "rose"
    OLIVE = "olive"
    VIOLET = "violet"
    UMBER = "umber"
    SLATE = "slate"
