"""The look of the application: palette, one style sheet from the tokens, fonts and icons, for both themes.

Set once at start and again when the theme changes; single widgets never get a style sheet of their own.
"""

from __future__ import annotations

import re
import tempfile
from importlib import resources
from pathlib import Path
from string import Template

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from desktop.widgets.tokens import ThemeName, Tokens, load_tokens

_STROKE = re.compile(r'stroke-width="[^"]*"')
_FONTS = ("Inter-Regular.otf", "Inter-SemiBold.otf", "DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf")


class Theme:
    """The current look; widgets that paint ask it for colours, fonts and icons.

    Attributes:
        tokens: of the current theme.
        scale: of texts: 1.0, 1.15 or 1.3.
    """

    def __init__(self, name: ThemeName = "light", scale: float = 1.0) -> None:
        self.tokens: Tokens = load_tokens(name)
        self.scale = scale
        self._pixmaps: dict[tuple[str, str, int, float], QPixmap] = {}
        self._svg: dict[str, bytes] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="pult-look-", ignore_cleanup_errors=True)
        self._pictures = Path(self._folder.name)

    @property
    def name(self) -> ThemeName:
        return self.tokens.theme

    def apply(self, application: QApplication) -> None:
        """Gives the whole application this look."""
        load_fonts()
        application.setStyle("Fusion")
        hints = application.styleHints()
        hints.setColorScheme(Qt.ColorScheme.Dark if self.name == "dark" else Qt.ColorScheme.Light)
        application.setFont(self.font())
        application.setPalette(self.palette())
        application.setStyleSheet(self.style_sheet())

    def colour(self, name: str) -> QColor:
        """A colour by its dotted token name."""
        return QColor(self.tokens.colour(name))

    def font(self, size: float = 14, *, strong: bool = False, mono: bool = False) -> QFont:
        """A font of a pixel size, scaled; figures are tabular."""
        font = QFont()
        font.setFamilies(["DejaVu Sans Mono"] if mono else ["Inter", "Segoe UI", "Helvetica Neue", "DejaVu Sans"])
        font.setPixelSize(round(size * self.scale))
        font.setWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Normal)
        if not mono:
            font.setFeature(QFont.Tag("tnum"), 1)
        return font

    def icon(self, name: str, colour: str = "text.primary", size: int = 20) -> QIcon:
        """An icon in a token colour, sharp at 1, 1.5 and 2 times scale."""
        icon = QIcon()
        for ratio in (1.0, 1.5, 2.0):
            icon.addPixmap(self.pixmap(name, colour, size, ratio))
            icon.addPixmap(self.pixmap(name, "text.disabled", size, ratio), QIcon.Mode.Disabled)
        return icon

    def pixmap(self, name: str, colour: str = "text.primary", size: int = 20, ratio: float = 1.0) -> QPixmap:
        """An icon as a picture of `size` logical pixels."""
        key = (name, self.tokens.colour(colour), size, ratio)
        if key not in self._pixmaps:
            self._pixmaps[key] = self._render(*key)
        return self._pixmaps[key]

    def _render(self, name: str, colour: str, size: int, ratio: float) -> QPixmap:
        if name not in self._svg:
            self._svg[name] = resources.files("resources").joinpath("icons", f"{name}.svg").read_bytes()
        source = self._svg[name].decode().replace("currentColor", colour)
        source = _STROKE.sub('stroke-width="1.75"', source)
        renderer = QSvgRenderer(QByteArray(source.encode()))
        pixmap = QPixmap(QSize(round(size * ratio), round(size * ratio)))
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        renderer.render(painter, QRectF(0, 0, pixmap.width(), pixmap.height()))
        painter.end()
        pixmap.setDevicePixelRatio(ratio)
        return pixmap

    def palette(self) -> QPalette:
        """The palette behind what the style sheet does not name."""
        role = QPalette.ColorRole
        palette = QPalette()
        for where, token in (
            (role.Window, "surface.window"),
            (role.Base, "surface.field"),
            (role.AlternateBase, "surface.row_hover"),
            (role.Button, "surface.panel"),
            (role.Text, "text.primary"),
            (role.WindowText, "text.primary"),
            (role.ButtonText, "text.primary"),
            (role.PlaceholderText, "text.muted"),
            (role.Highlight, "accent.base"),
            (role.HighlightedText, "accent.on"),
            (role.Link, "text.link"),
            (role.Mid, "border.divider"),
            (role.Dark, "border.control"),
            (role.ToolTipBase, "text.primary"),
            (role.ToolTipText, "surface.panel"),
        ):
            palette.setColor(where, self.colour(token))
        for where in (role.Text, role.WindowText, role.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, where, self.colour("text.disabled"))
        return palette

    def style_sheet(self) -> str:
        """The application's style sheet, filled from the tokens."""
        template = resources.files("resources").joinpath("themes", "style.qss").read_text("utf-8")
        values = {name.replace(".", "_"): value for name, value in self.tokens.colours().items()}
        values["arrow_down"] = self._picture("chevron-down", "text.secondary", 16)
        values["check"] = self._picture("check", "accent.on", 16)
        return Template(template).substitute(values)

    def _picture(self, icon: str, colour: str, size: int) -> str:
        """A picture file for the style sheet, which knows no other way to an icon."""
        file = self._pictures / f"{icon}-{self.name}.png"
        self.pixmap(icon, colour, size, 2.0).save(str(file))
        return file.as_posix()


def load_fonts() -> None:
    """Adds the fonts of `resources` to the application, once."""
    if "Inter" in QFontDatabase.families() and "DejaVu Sans Mono" in QFontDatabase.families():
        return
    for name in _FONTS:
        data = resources.files("resources").joinpath("fonts", name).read_bytes()
        QFontDatabase.addApplicationFontFromData(QByteArray(data))
