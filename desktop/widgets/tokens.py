"""The design tokens: colours of both themes, sizes and type, read from `resources/themes/tokens.json`. No Qt."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal

ThemeName = Literal["light", "dark"]


class Tokens:
    """The tokens of one theme; a name is dotted: ``surface.panel``, ``service.blue.edge``, ``control.height``."""

    def __init__(self, theme: ThemeName, content: Mapping[str, Any]) -> None:
        self.theme = theme
        self._content = content

    def colour(self, name: str) -> str:
        """A colour as ``#RRGGBB``; raises `KeyError` for a name that the theme lacks."""
        found: Any = self._content[self.theme]
        for part in name.split("."):
            found = found[part]
        return str(found)

    def colours(self) -> dict[str, str]:
        """All colours of the theme by dotted name."""
        found: dict[str, str] = {}

        def walk(prefix: str, part: Any) -> None:
            if isinstance(part, Mapping):
                for key, value in part.items():
                    walk(f"{prefix}.{key}" if prefix else key, value)
            else:
                found[prefix] = str(part)

        walk("", self._content[self.theme])
        return found

    def size(self, name: str) -> float:
        """A size in pixels: ``calendar.row_15min``."""
        found: Any = self._content
        for part in name.split("."):
            found = found[part]
        return float(found)

    def contrast_pairs(self) -> list[tuple[str, str, float]]:
        """Foreground, background and least ratio of the pairs that must hold."""
        return [(one["fg"], one["bg"], float(one["min"])) for one in self._content["contrast"]["pairs"]]


@cache
def _content() -> Mapping[str, Any]:
    file = resources.files("resources").joinpath("themes", "tokens.json")
    content: Mapping[str, Any] = json.loads(file.read_text("utf-8"))
    return content


def load_tokens(theme: ThemeName) -> Tokens:
    """The tokens of a theme."""
    return Tokens(theme, _content())


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two colours (WCAG 2.2), 1 … 21."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    def linear(part: int) -> float:
        value = part / 255
        return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
