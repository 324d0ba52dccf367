"""What is to be printed, as frozen blocks: no widths, no bytes, no printer. Stored as JSON with a schema version.

Texts are data: control characters in them never reach a printer (`charset` strips them), and a line break counts as a space. Who wants
two lines writes two blocks.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from printing.errors import DocumentError

#: The version of the stored form; raised when a block changes so that older programs could not read it.
SCHEMA_VERSION = 1

Align = Literal["left", "centre", "right"]
Scale = Literal[1, 2]
ErrorCorrection = Literal["L", "M", "Q", "H"]
BarcodeKind = Literal["ean13", "ean8", "code39", "code128"]


class Run(msgspec.Struct, frozen=True, gc=False):
    """A piece of a text with an emphasis of its own."""

    text: str
    bold: bool = False
    invert: bool = False


class Text(msgspec.Struct, frozen=True, tag="text"):
    """A paragraph, wrapped at spaces. `wide` and `high` double a character's width or height."""

    text: str | tuple[Run, ...]
    align: Align = "left"
    bold: bool = False
    invert: bool = False
    wide: Scale = 1
    high: Scale = 1


class Row(msgspec.Struct, frozen=True, gc=False, tag="row"):
    """A text on the left and an amount on the right. The text wraps; the amount never does and stands on the last line.

    `indent` is in cells and applies to the left text. `wide` is given up where the row would not fit on one line.
    """

    left: str
    right: str = ""
    bold: bool = False
    wide: Scale = 1
    high: Scale = 1
    indent: Annotated[int, msgspec.Meta(ge=0, le=16)] = 0


class Column(msgspec.Struct, frozen=True, gc=False):
    """A column of a table: `width` in cells, or 0 for as wide as its widest cell. `wraps` marks the ones that may give way."""

    align: Align = "left"
    width: Annotated[int, msgspec.Meta(ge=0, le=255)] = 0
    wraps: bool = False


class Table(msgspec.Struct, frozen=True, tag="table"):
    """Rows of cells under common columns, for example the VAT rates of a receipt. Cells of columns that do not wrap stay whole."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    heading: bool = False  # the first row is a heading and bold


class Rule(msgspec.Struct, frozen=True, gc=False, tag="rule"):
    """A line across the paper, made of one character."""

    character: Annotated[str, msgspec.Meta(min_length=1, max_length=1)] = "-"


class Space(msgspec.Struct, frozen=True, gc=False, tag="space"):
    """Empty lines."""

    lines: Annotated[int, msgspec.Meta(ge=1, le=32)] = 1


class Banner(msgspec.Struct, frozen=True, gc=False, tag="banner"):
    """A mark nobody can overlook, between two thick rules: KOPIJA 1, practice, cancelled."""

    text: str


class Qr(msgspec.Struct, frozen=True, gc=False, tag="qr"):
    """A QR code. `version` 0 is the smallest that fits (size in modules is 17 + 4 * version).

    `module` is the least module size in dots and `millimetres` the least size of the symbol without its quiet zone. The defaults are
    those of the code on a Slovenian receipt (rules on the ZDavPR, articles 5 and 6: at least 4 x 4 dots, 12 x 12 mm, quiet zone of
    4 modules and 2 mm); that one is version 2, level M, 60 digits.
    """

    data: str
    version: Annotated[int, msgspec.Meta(ge=0, le=40)] = 0
    level: ErrorCorrection = "M"
    module: Annotated[int, msgspec.Meta(ge=1, le=16)] = 4
    millimetres: Annotated[int, msgspec.Meta(ge=0, le=80)] = 12
    align: Align = "centre"


class Image(msgspec.Struct, frozen=True, gc=False, tag="image"):
    """A picture the printing side knows by `key`, for example the salon's logo. An unknown key prints nothing."""

    key: str
    align: Align = "centre"


class Barcode(msgspec.Struct, frozen=True, gc=False, tag="barcode"):
    """A linear barcode with its text below. `height` in millimetres, `module` (narrowest bar) in dots."""

    kind: BarcodeKind
    data: str
    height: Annotated[int, msgspec.Meta(ge=3, le=40)] = 10
    module: Annotated[int, msgspec.Meta(ge=2, le=6)] = 2
    align: Align = "centre"
    text: bool = True


class Cut(msgspec.Struct, frozen=True, gc=False, tag="cut"):
    """Feed to the knife and cut; printers without one only feed."""


Block = Text | Row | Table | Rule | Space | Banner | Qr | Image | Barcode | Cut


class Document(msgspec.Struct, frozen=True):
    """Blocks in printing order. `title` names it to people (window, file), `locale` is the language of its texts.

    `tables` picks one of the printer's sets of code tables (`Profile.charsets`); only a trial strip has another than 0, the one in use.
    """

    blocks: tuple[Block, ...]
    title: str = ""
    locale: str = "sl"
    tables: Annotated[int, msgspec.Meta(ge=0, le=31)] = 0


class _Stored(msgspec.Struct, frozen=True):
    version: int
    document: Document


class _Version(msgspec.Struct):
    version: int


def to_json(document: Document) -> str:
    """The stored form of a document; the same document always gives the same text."""
    return msgspec.json.encode(_Stored(SCHEMA_VERSION, document), order="deterministic").decode()


def from_json(text: str) -> Document:
    """The document of a stored form. Raises DocumentError on a version this program does not know and on anything malformed."""
    try:
        version = msgspec.json.decode(text, type=_Version).version
        if version != SCHEMA_VERSION:
            raise DocumentError(f"stored document of version {version}, known is {SCHEMA_VERSION}")
        return msgspec.json.decode(text, type=_Stored).document
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise DocumentError(f"stored document cannot be read: {error}") from error
