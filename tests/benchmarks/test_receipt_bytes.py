"""A receipt of 40 lines with a logo and a QR code, document to bytes; beside python-escpos doing the same with its native QR code."""

import logging
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image as Pillow

from printing.bitmap import from_picture
from printing.document import Banner, Block, Column, Cut, Document, Image, Qr, Row, Rule, Table, Text
from printing.profiles import PROFILES
from printing.rendering import render
from tests.benchmarks.report import Row as Line
from tests.benchmarks.report import timed

CODE = "223175087923687075112234402528973166755123456781508151013321"


def logo() -> bytes:
    picture = Pillow.new("L", (384, 120), 255)
    picture.paste(0, (40, 20, 344, 100))
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def receipt() -> Document:
    blocks: list[Block] = [
        Image("logo"),
        Text("Salon Živa", align="centre", bold=True, wide=2, high=2),
        Text("Čopova ulica 5, 1000 Ljubljana", align="centre"),
        Text("ID za DDV: SI12345678", align="centre"),
        Rule(),
    ]
    blocks += [Row(f"Striženje in oblikovanje {number}", f"{number},50 A") for number in range(10, 34)]
    blocks += [
        Rule(),
        Row("SKUPAJ EUR", "522,00", bold=True, wide=2, high=2),
        Row("Kartica", "522,00"),
        Table(
            (Column(), Column("right"), Column("right"), Column("right")),
            (("Stopnja", "Osnova", "DDV", "Skupaj"), ("A 22 %", "427,87", "94,13", "522,00")),
            heading=True,
        ),
        Banner("KOPIJA 1"),
        Text("ZOI: a7e5f55e1dbb48b799268e1a6d8618a3"),
        Text("EOR: 12345678-1234-1234-1234-123456789012"),
        Qr(CODE, version=2),
        Text("Hvala in nasvidenje!", align="centre"),
        Cut(),
    ]
    return Document(tuple(blocks))


@pytest.fixture
def escpos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], object]:
    """The same paper by python-escpos; its traces outside (a cache folder, a handler on the root logger) are taken away again."""
    monkeypatch.setenv("ESCPOS_CAPABILITIES_PICKLE_DIR", str(tmp_path))
    handlers = list(logging.getLogger().handlers)
    from escpos.printer import Dummy

    logging.getLogger().handlers[:] = handlers
    picture = Pillow.open(BytesIO(logo()))
    texts = ["Čopova ulica 5, 1000 Ljubljana", "ID za DDV: SI12345678", "-" * 42]
    texts += [f"{f'Striženje in oblikovanje {number}':<34}{number},50 A" for number in range(10, 34)]
    texts += ["-" * 42, "Kartica 522,00", "Stopnja Osnova DDV Skupaj", "A 22 % 427,87 94,13 522,00", "=" * 42, "=" * 42]
    texts += ["ZOI: a7e5f55e1dbb48b799268e1a6d8618a3", "EOR: 12345678-1234-1234-1234-123456789012", "Hvala!"]

    def paper() -> bytes:
        printer = Dummy(profile="TM-T88V")
        printer.image(picture)
        for double in ("Salon Živa", "SKUPAJ EUR 522,00", "KOPIJA 1"):
            printer.set(bold=True, double_width=True, double_height=True)
            printer.text(double + "\n")
        printer.set(normal_textsize=True, bold=False)
        for text in texts:
            printer.text(text + "\n")
        printer.qr(CODE, native=True, size=4)
        printer.cut()
        return bytes(printer.output)

    return paper


def test_receipt_to_bytes(report: Callable[[Line], None], escpos: Callable[[], object]) -> None:
    document = receipt()
    profile = PROFILES["epson-tm-42"]
    images = {"logo": from_picture(logo(), profile.dots)}
    data = render(document, profile, images).data
    report(
        Line(
            what="receipt of 40 lines, logo and QR, document to bytes",
            timing=timed(lambda: render(document, profile, images), times=400, warm_up=20),
            floor=timed(escpos, times=60, warm_up=3),
            floor_name="python-escpos, native QR",
            ratio=0.2,
            p50=0.0005,
            facts=(f"{len(data)} bytes",),
        )
    )
