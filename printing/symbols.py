"""The patterns of QR codes and barcodes, by zxing-cpp. Loaded when the first code is printed."""

from __future__ import annotations

from typing import cast

from printing.bitmap import Bitmap, from_grey
from printing.document import BarcodeKind, ErrorCorrection
from printing.errors import DocumentError


def qr_pattern(data: str, version: int, level: ErrorCorrection) -> tuple[Bitmap, bool]:
    """The modules of a QR code without quiet zone, one dot a module, and whether `version` is the smallest that fits.

    `version` 0 takes the smallest. The encoder picks the densest mode, so digits go in numeric mode. Raises DocumentError if the data
    does not fit the version and level.
    """
    import zxingcpp

    if not data:
        raise DocumentError("a QR code needs data")

    def make(asked: dict[str, int]) -> Bitmap:
        try:
            code = zxingcpp.create_barcode(data, zxingcpp.QRCode, ec_level=level, **asked)
            image = zxingcpp.write_barcode_to_image(code, add_quiet_zones=False)
        except ValueError as error:
            raise DocumentError(f"QR code: {error}") from error
        return _packed(image)

    smallest = make({})
    size = 17 + 4 * version
    if not version or smallest.width == size:
        return smallest, True
    if smallest.width > size:
        raise DocumentError(f"QR code: {len(data)} characters do not fit version {version}-{level}")
    return make({"version": version}), False


def bar_pattern(kind: BarcodeKind, data: str) -> Bitmap:
    """The bars of a linear barcode, one dot a module and one dot high, without quiet zone. Raises DocumentError on unfit data."""
    import zxingcpp

    formats = {
        "ean13": zxingcpp.EAN13,
        "ean8": zxingcpp.EAN8,
        "code39": zxingcpp.Code39,
        "code128": zxingcpp.Code128,
    }
    try:
        code = zxingcpp.create_barcode(data, formats[kind])
        image = zxingcpp.write_barcode_to_image(code, add_quiet_zones=False)
    except ValueError as error:
        raise DocumentError(f"barcode: {error}") from error
    line = _packed(image)
    return Bitmap(line.width, 1, line.rows[: line.stride])


def _packed(image: object) -> Bitmap:
    view = memoryview(cast("bytes", image))  # it has the buffer protocol; its stub does not say so
    width = view.shape[1] if view.shape else 0
    if view.nbytes == 0 or not width:
        raise DocumentError("code is empty")
    return from_grey(view.tobytes(), width)
