"""What the encoder sends, read by the decoder that was written apart from it: letters, attributes, codes and pictures on the paper."""

from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from printing.bitmap import from_grey
from printing.decoder.canvas import draw
from printing.decoder.commands import Parser, Raster, Simple, commands
from printing.decoder.errors import DecodeError
from printing.decoder.machine import Cell, Machine, Model
from printing.document import Barcode, Document, Image, Qr, Row, Text
from printing.escpos_encoder import STRIP_ROWS, drawer_kick
from printing.grid import Grid, Line
from printing.profiles import PROFILES, Profile
from printing.rendering import render
from tests.printing.papers import FURS_CODE, LETTERS, every_block
from tests.printing.test_layout import BLOCKS, LOGO

FAMILIES = {
    "epson-tm-80": "epson",
    "epson-tm-42": "epson",
    "epson-tm-58": "epson",
    "epson-tm-t88ii": "epson-t88ii",
    "epson-tm-t88iii": "epson-t88iii",
    "epson-tm-t88iv": "epson-t88iv",
    "epson-tm-u220": "epson-u220",
    "bixolon-80": "bixolon",
    "bixolon-legacy": "bixolon-legacy",
    "citizen-80": "citizen",
    "star-escpos-80": "star",
    "xprinter-80": "xprinter",
    "fujitsu-80": "xprinter",
    "pos-58": "pos",
    "pos-80": "pos",
    "rongta-80": "rongta",
    "wincor-th230": "wincor",
    "kefar-80": "kefar",
}
#: Families whose memory holds no Latin-2 table: letters are replaced there, and that is told.
WITHOUT_LATIN2 = {"epson-tm-t88iii", "epson-tm-u220", "bixolon-legacy"}


def machine(profile: Profile) -> Machine:
    return Machine(
        Model(
            family=FAMILIES[profile.name],
            columns=profile.columns,
            dots=profile.dots,
            native_qr=profile.native_qr,
            native_bars=profile.native_bars,
            cutter=profile.cut != "none",
            character_height=profile.cell_height,
            spacing=profile.spacing,
        )
    )


def cells(line: Line) -> list[Cell]:
    found: list[Cell] = []
    for span in line.spans:
        found += [Cell(" ")] * (span.column - sum(cell.wide for cell in found))
        style = span.style
        found += [Cell(character, style.bold, style.invert, style.wide, style.high) for character in span.text]
    return found


def check_lines(grid: Grid, printer: Machine) -> None:
    """Every line of the grid is on the paper, character by character with its looks, and nothing else is."""
    printed = [line for sheet in printer.sheets for line in sheet.lines if line.dots is None]
    expected = [item for item in grid.items if isinstance(item, Line)]
    assert [list(line.cells) for line in printed] == [cells(line) for line in expected]
    assert [line.height for line in printed] == [grid.height(line) for line in expected]


@pytest.mark.parametrize("name", PROFILES)
def test_every_block_on_every_printer(name: str) -> None:
    profile = PROFILES[name]
    rendered = render(every_block(), profile, {"logo": LOGO})
    printer = machine(profile)
    printer.run(rendered.data)
    check_lines(rendered.grid, printer)
    picture = draw(printer.sheets[0], printer.model)
    read = {code.format: code.text for code in zxingcpp.read_barcodes(picture)}
    assert read[zxingcpp.QRCode] == FURS_CODE
    assert read[zxingcpp.EAN13] == "4006381333931"
    assert printer.sheets[0].cut == (profile.cut != "none")


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("language", LETTERS)
def test_every_letter_on_every_printer(name: str, language: str) -> None:
    profile = PROFILES[name]
    for letter in sorted(set(LETTERS[language]) - {" "}):
        rendered = render(Document((Text(letter),)), profile)
        printer = machine(profile)
        printer.run(rendered.data)
        printed = printer.sheets[0].text
        if printed == letter:
            assert rendered.grid.lost == ""
        else:
            assert name in WITHOUT_LATIN2
            assert printed.isascii()
            assert printed.isalpha()
            assert rendered.grid.lost == letter


@pytest.mark.parametrize("name", PROFILES)
def test_the_euro_sign_is_itself_or_eur(name: str) -> None:
    rendered = render(Document((Row("Čopova", "12,50 €"),)), PROFILES[name])
    printer = machine(PROFILES[name])
    printer.run(rendered.data)
    assert printer.sheets[0].text.endswith(("12,50 €", "12,50 EUR"))
    assert "€" not in rendered.grid.lost
    if name in ("epson-tm-80", "xprinter-80", "pos-58", "epson-tm-t88iii"):
        assert printer.sheets[0].text.endswith("€")


def test_the_native_code_is_version_2_with_modules_of_lawful_size() -> None:
    profile = PROFILES["epson-tm-80"]
    printer = machine(profile)
    printer.run(render(Document((Qr(FURS_CODE, version=2),)), profile).data)
    (code,) = [line for line in printer.sheets[0].lines if line.dots is not None and line.dots.width > 1]
    assert code.dots is not None
    assert code.dots.width % 25 == 0
    assert code.dots.width >= 12 * profile.dots_per_mm
    before = printer.sheets[0].lines[0].height
    assert before >= max(4 * code.dots.width // 25, 2 * profile.dots_per_mm)


@pytest.mark.parametrize("native", [True, False])
def test_long_codes_and_barcodes_are_read_back(native: bool) -> None:
    profile = PROFILES["epson-tm-80" if native else "epson-tm-u220"]
    url = "https://porezna.gov.hr/rn?jir=12345678-1234-1234-1234-123456789012&datv=20261121_0930&izn=1035,00"
    for block, expected in (
        (Qr(url), url),
        (Qr("Čevljar đ"), "Čevljar đ"),
        (Barcode("code128", "BON-{42}"), "BON-{42}"),
        (Barcode("code39", "PULT42"), "PULT42"),
        (Barcode("ean8", "96385074"), "96385074"),
    ):
        printer = machine(profile)
        printer.run(render(Document((block,)), profile).data)
        (read,) = zxingcpp.read_barcodes(draw(printer.sheets[0], printer.model))
        assert read.text == expected


def test_pictures_come_in_strips_and_dot_for_dot() -> None:
    tall = from_grey(bytes((x * 7 + y * 13) % 256 for y in range(300) for x in range(200)), 200)
    profile = PROFILES["epson-tm-58"]
    data = render(Document((Image("tall", align="left"),)), profile, {"tall": tall}).data
    strips = [command for command in commands(data) if isinstance(command, Raster)]
    assert [strip.height for strip in strips] == [128, 128, 44]
    assert max(strip.height for strip in strips) <= STRIP_ROWS
    printer = machine(profile)
    printer.run(data)
    drawn = draw(printer.sheets[0], printer.model)
    top = [[drawn.getpixel((32 + x, 32 + y)) == 0 for x in range(200)] for y in range(300)]
    assert top == [[tall.dot(x, y) for x in range(200)] for y in range(300)]


@settings(max_examples=150)
@given(st.lists(BLOCKS, max_size=5).map(tuple), st.sampled_from(sorted(PROFILES)))
def test_no_data_becomes_a_command(blocks: Any, name: str) -> None:
    rendered = render(Document(blocks), PROFILES[name])
    printer = machine(PROFILES[name])
    printer.run(rendered.data)
    check_lines(rendered.grid, printer)
    assert printer.kicks == []
    assert len(printer.sheets) == 1


def test_a_name_cannot_open_the_drawer() -> None:
    profile = PROFILES["epson-tm-80"]
    printer = machine(profile)
    printer.run(
        render(Document((Row("ime\x1bp\x00\x32\x32", "1,00"), Text("\x10\x14\x01\x00\x05\x1dV\x00"))), profile).data
    )
    assert printer.kicks == []
    assert printer.sheets[0].text.splitlines()[0].startswith("imep22")


def test_the_drawer_opens_by_its_own_bytes() -> None:
    for pin in (2, 5):
        printer = machine(PROFILES["epson-tm-80"])
        printer.run(drawer_kick(PROFILES["epson-tm-80"], pin))
        assert printer.kicks == [(pin, 100, 100)]
    with pytest.raises(ValueError):
        drawer_kick(PROFILES["epson-tm-80"], 3)


@pytest.mark.parametrize(
    "stream",
    [
        b"\x1b@abc\x1bm",  # legacy cut, not known
        b"\x1b@abc\x07\n",  # bell
        b"\x1b@abc\x7f\n",
        b"abc\n",  # no reset
        b"\x1b@\xe8\n",  # Kanji mode
        b"\x1b@\x1c.\x1bt\x63\n",  # no such table
        b"\x1b@\x1c.a#b\n",  # international set not chosen
        b"\x1b@abc\x1dVB\x00",  # cut in a line
        b"\x1b@abc",  # line not ended
        b"\x1b@" + b"x" * 49 + b"\n",
        b"\x1b@\x1dv0\x00\x49\x00\x01\x00" + bytes(73),  # 584 dots on 576
        b"\x1b@\x1dv0\x00\x02\x00\x02\x00abc",  # ends inside the picture
        b"\x1b@\x1d(L\x02\x0002",
        b"\x1b@\x1d(k\x03\x001Q0",  # nothing stored
        b"\x1b@\x1dV\x00",  # not fed to the knife
        b"\x10\x14\x01\x00\x05",  # real-time drawer kick
    ],
)
def test_the_decoder_is_strict(stream: bytes) -> None:
    with pytest.raises(DecodeError):
        Machine(Model()).run(stream)


@given(st.binary(max_size=200))
def test_the_parser_ends_or_refuses_whatever_comes(stream: bytes) -> None:
    try:
        whole = list(commands(stream))
    except DecodeError:
        return
    parser = Parser()
    pieces = [command for byte in stream for command in parser.feed(bytes((byte,)))]
    assert [c for c in pieces if isinstance(c, Simple)] == [c for c in whole if isinstance(c, Simple)]


def test_golden_bytes() -> None:
    """The very bytes of one paper, in lines of 32; a change here changes what every printer gets."""
    data = render(every_block(), PROFILES["epson-tm-80"], {"logo": LOGO}).data
    golden = Path(__file__).parent / "golden" / "every_block_epson-tm-80.hex"
    assert [data[i : i + 32].hex(" ") for i in range(0, len(data), 32)] == golden.read_text(
        encoding="ascii"
    ).splitlines()
