"""Commands to paper: a printer's memory of modes, the lines it prints and the dots it burns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from printing.decoder.commands import Bars, Characters, Code, Command, CutPaper, Raster, Simple, commands
from printing.decoder.errors import DecodeError
from printing.decoder.tables import TABLES

if TYPE_CHECKING:
    from PIL import Image

#: Characters that another international set replaces.
_NATIONAL = set("#$@[\\]^`{|}~")
_BAR_KINDS = {67: "EAN13", 68: "EAN8", 69: "Code39", 73: "Code128"}
_LEVELS = {48: "L", 49: "M", 50: "Q", 51: "H"}


@dataclass(frozen=True, slots=True)
class Model:
    """The printer that reads: its family's code tables, its paper, and what its firmware can do."""

    family: str = "epson"
    columns: int = 48
    dots: int = 576
    native_qr: bool = True
    native_bars: bool = True
    cutter: bool = True
    character_height: int = 24
    spacing: int = 30


@dataclass(frozen=True, slots=True)
class Cell:
    """A printed character."""

    character: str
    bold: bool = False
    invert: bool = False
    wide: int = 1
    high: int = 1


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line of characters, or of dots if `dots` is set (a picture or code at `x`), `height` dots high."""

    height: int
    cells: tuple[Cell, ...] = ()
    dots: Image.Image | None = None
    x: int = 0

    @property
    def text(self) -> str:
        """The characters, each once."""
        return "".join(cell.character for cell in self.cells)


@dataclass
class Sheet:
    """A piece of paper up to a cut."""

    lines: list[PrintedLine] = field(default_factory=list)
    cut: bool = False

    @property
    def text(self) -> str:
        """The text lines; pictures and codes leave none."""
        return "\n".join(line.text.rstrip(" ") for line in self.lines if line.dots is None)


class Machine:
    """A printer fresh from the switch: in Kanji mode, with unknown modes until ESC @, as the worst clones are."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.sheets: list[Sheet] = [Sheet()]
        self.kicks: list[tuple[int, int, int]] = []  # connector pin, milliseconds on, milliseconds off
        self.tables = TABLES[model.family]
        self._kanji = True
        self._line: list[Cell] = []
        self._qr_data = b""
        self._initialised = False
        self._reset()

    def run(self, stream: bytes) -> None:
        """Works off a whole stream. Raises DecodeError."""
        self.obey(commands(stream))
        if self._line:
            raise DecodeError("the stream ends inside a line")

    def obey(self, todo: Iterable[Command]) -> None:
        """Works off commands. Raises DecodeError."""
        for command in todo:
            if isinstance(command, Characters):
                self._print(command.data)
            elif isinstance(command, Raster):
                self._raster(command)
            elif isinstance(command, Code):
                self._code(command)
            elif isinstance(command, Bars):
                self._bars(command)
            elif isinstance(command, CutPaper):
                self._cut(command)
            else:
                self._simple(command)

    def drop_line(self) -> None:
        """Forgets characters that no line feed has printed: their connection broke."""
        self._line = []

    @property
    def _sheet(self) -> Sheet:
        return self.sheets[-1]

    def _reset(self) -> None:
        self._table = 0
        self._international: int | None = None
        self._bold = self._invert = False
        self._wide = self._high = 1
        self._align = 0
        self._spacing = self.model.spacing
        self._qr_module = 3
        self._qr_level = "L"
        self._bar_height, self._bar_width, self._bar_text = 162, 3, 0

    def _simple(self, command: Simple) -> None:
        name, n = command.name, command.arguments[0] if command.arguments else 0
        if name == "LF":
            self._line_feed()
        elif name == "ESC @":
            self._at_line_start(name)
            self._reset()
            self._initialised = True
        elif name == "FS .":
            self._kanji = False
        elif name == "ESC t":
            if n not in self.tables:
                raise DecodeError(f"{self.model.family} has no code table {n}")
            self._table = n
        elif name == "ESC R":
            self._international = n
        elif name == "ESC a":
            self._at_line_start(name)
            self._align = self._choice(name, n, {0: 0, 1: 1, 2: 2, 48: 0, 49: 1, 50: 2})
        elif name == "ESC E":
            self._bold = bool(self._choice(name, n, {0: 0, 1: 1}))
        elif name == "GS B":
            self._invert = bool(self._choice(name, n, {0: 0, 1: 1}))
        elif name == "GS !":
            self._wide, self._high = (n >> 4) + 1, (n & 15) + 1
            if self._wide > 8 or self._high > 8:
                raise DecodeError(f"GS ! {n}")
        elif name == "ESC 2":
            self._spacing = self.model.spacing
        elif name == "ESC 3":
            self._spacing = n
        elif name == "ESC J":
            self._at_line_start(name)
            self._feed(n)
        elif name == "ESC d":
            self._at_line_start(name)
            self._feed(n * self._spacing)
        elif name == "ESC p":
            self._kick(command.arguments)
        elif name in ("GS h", "GS w", "GS H"):
            self._bar_setting(name, n)
        elif name not in ("DLE EOT", "GS r", "GS a", "GS I"):  # questions; the virtual printer answers them
            raise DecodeError(f"{name} is not wanted on our papers")

    def _print(self, data: bytes) -> None:
        if not self._initialised:
            raise DecodeError("text before ESC @")
        if self._kanji and any(byte >= 0x80 for byte in data):
            raise DecodeError("letters while Kanji mode is on")
        codec = self.tables[self._table]
        try:
            text = data.decode(codec)
        except UnicodeDecodeError as error:
            raise DecodeError(f"{data.hex(' ')} is not in {codec}") from error
        for character in text:
            if not character.isprintable():
                raise DecodeError(f"U+{ord(character):04X} is no printable character")
            if character in _NATIONAL and self._international != 0:
                raise DecodeError(f"{character} without international set 0")
            self._line.append(Cell(character, self._bold, self._invert, self._wide, self._high))
        if sum(cell.wide for cell in self._line) > self.model.columns:
            raise DecodeError(
                f"a line wider than {self.model.columns} columns: {''.join(c.character for c in self._line)!r}"
            )

    def _line_feed(self) -> None:
        tallest = max((cell.high for cell in self._line), default=1)
        height = max(self._spacing, tallest * self.model.character_height)
        self._sheet.lines.append(PrintedLine(height, tuple(self._line)))
        self._line = []

    def _feed(self, dots: int) -> None:
        self._sheet.lines.append(PrintedLine(dots, dots=_blank(1, max(dots, 1))))

    def _raster(self, command: Raster) -> None:
        from PIL import Image, ImageOps

        self._at_line_start("GS v 0")
        if command.mode:
            raise DecodeError(f"GS v 0 in mode {command.mode}")
        picture = Image.frombytes("1", (command.width * 8, command.height), command.data).convert("L")
        self._stamp(ImageOps.invert(picture))

    def _code(self, command: Code) -> None:
        self._at_line_start("GS ( k")
        if command.symbology != 49 or not self.model.native_qr:
            raise DecodeError(f"this printer draws no codes of symbology {command.symbology}")
        data = command.data
        if command.fn == 65:
            if data != b"2\x00":
                raise DecodeError(f"QR model {data.hex(' ')}")
        elif command.fn == 67 and len(data) == 1 and 1 <= data[0] <= 16:
            self._qr_module = data[0]
        elif command.fn == 69 and len(data) == 1 and data[0] in _LEVELS:
            self._qr_level = _LEVELS[data[0]]
        elif command.fn == 80 and data[:1] == b"0" and len(data) > 1:
            self._qr_data = data[1:]
        elif command.fn == 81 and data == b"0" and self._qr_data:
            self._draw("QRCode", self._qr_data, self._qr_module, None, ec_level=self._qr_level)
        else:
            raise DecodeError(f"GS ( k {command.fn} {data[:8].hex(' ')}")

    def _bars(self, command: Bars) -> None:
        self._at_line_start("GS k")
        if not self.model.native_bars or command.kind not in _BAR_KINDS:
            raise DecodeError(f"this printer draws no barcode {command.kind}")
        if self._bar_text:
            raise DecodeError("the printer would add its own text to the barcode")
        data = command.data
        if command.kind == 73:
            if not data.startswith(b"{B"):
                raise DecodeError("Code 128 without its code set")
            data = data[2:].replace(b"{{", b"{")
        self._draw(_BAR_KINDS[command.kind], data, self._bar_width, self._bar_height)

    def _draw(self, kind: str, data: bytes, module: int, height: int | None, **options: str) -> None:
        """Draws a code as the firmware would: its own version, no quiet zone."""
        import zxingcpp
        from PIL import Image

        try:
            code = zxingcpp.create_barcode(data.decode(), getattr(zxingcpp, kind), **options)
            drawn = zxingcpp.write_barcode_to_image(code, add_quiet_zones=False)
        except ValueError as error:
            raise DecodeError(f"{kind}: {error}") from error
        picture = Image.fromarray(drawn)
        size = (picture.width * module, height if height is not None else picture.height * module)
        self._stamp(
            picture.crop((0, 0, picture.width, 1 if height else picture.height)).resize(size, Image.Resampling.NEAREST)
        )

    def _stamp(self, picture: Image.Image) -> None:
        free = self.model.dots - picture.width
        if free < 0:
            raise DecodeError(f"{picture.width} dots on a paper of {self.model.dots}")
        self._sheet.lines.append(PrintedLine(picture.height, dots=picture, x=(0, free // 2, free)[self._align]))

    def _bar_setting(self, name: str, n: int) -> None:
        if name == "GS h" and n:
            self._bar_height = n
        elif name == "GS w" and 1 <= n <= 6:
            self._bar_width = n
        elif name == "GS H" and n <= 3:
            self._bar_text = n
        else:
            raise DecodeError(f"{name} {n}")

    def _cut(self, command: CutPaper) -> None:
        self._at_line_start("GS V")
        if not self.model.cutter:
            raise DecodeError("this printer has no knife")
        if command.feed is None:
            raise DecodeError("cut through the last lines: not fed to the knife")
        self._sheet.cut = True
        self.sheets.append(Sheet())

    def _kick(self, arguments: tuple[int, ...]) -> None:
        pin, on, off = arguments
        if pin not in (0, 1, 48, 49) or not on or off < on:
            raise DecodeError(f"ESC p {arguments}")
        self.kicks.append((2 if pin % 48 == 0 else 5, on * 2, off * 2))

    def _at_line_start(self, name: str) -> None:
        if self._line:
            raise DecodeError(f"{name} in the middle of a line")

    @staticmethod
    def _choice(name: str, n: int, choices: dict[int, int]) -> int:
        if n not in choices:
            raise DecodeError(f"{name} {n}")
        return choices[n]


def _blank(width: int, height: int) -> Image.Image:
    from PIL import Image

    return Image.new("L", (width, height), 255)
