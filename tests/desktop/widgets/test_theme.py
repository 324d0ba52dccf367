"""The look: every promised contrast holds in both themes, and the style sheet leaves no name unfilled."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QApplication, QPushButton

from desktop.widgets.theme import Theme
from desktop.widgets.tokens import ThemeName, contrast, load_tokens

THEMES: tuple[ThemeName, ...] = ("light", "dark")


@pytest.mark.parametrize("name", THEMES)
def test_every_pair_has_the_contrast_that_is_promised(name: ThemeName) -> None:
    tokens = load_tokens(name)
    pairs = tokens.contrast_pairs()
    assert len(pairs) > 20
    weak = [
        (front, back, least, round(contrast(tokens.colour(front), tokens.colour(back)), 2))
        for front, back, least in pairs
        if contrast(tokens.colour(front), tokens.colour(back)) < least
    ]
    assert weak == []


def test_the_contrast_is_the_one_of_the_guidelines() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)
    assert contrast("#123456", "#123456") == 1


def test_both_themes_have_the_same_names() -> None:
    light, dark = (set(load_tokens(name).colours()) for name in THEMES)
    assert light == dark


@pytest.mark.parametrize("name", THEMES)
def test_the_style_sheet_is_filled_and_understood(qapp: QApplication, name: ThemeName) -> None:
    theme = Theme(name)
    sheet = theme.style_sheet()
    assert "$" not in sheet
    theme.apply(qapp)  # Qt warns of a sheet that it cannot read, and a warning fails the test
    button = QPushButton("x")
    button.setProperty("kind", "primary")
    button.resize(120, 40)
    picture = button.grab().toImage()
    assert picture.pixelColor(8, 20).name().upper() == theme.tokens.colour("accent.base").upper()


def test_a_name_that_the_theme_lacks_is_an_error() -> None:
    with pytest.raises(KeyError):
        load_tokens("light").colour("surface.nowhere")


def test_the_fonts_come_with_the_program(theme: Theme) -> None:
    assert {"Inter", "DejaVu Sans Mono"} <= set(QFontDatabase.families())
    assert Theme("light", 1.3).font(14).pixelSize() == 18


def test_an_icon_takes_the_colour_of_its_token(theme: Theme) -> None:
    image = theme.pixmap("x", "danger.base", 20, 2.0).toImage()
    inks = {image.pixelColor(x, y).name() for x in range(40) for y in range(40) if image.pixelColor(x, y).alpha() > 250}
    assert inks == {theme.colour("danger.base").name()}
