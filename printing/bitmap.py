"""One-bit pictures in printer order: a set bit is a black dot, eight dots a byte, the leftmost the highest bit."""

from __future__ import annotations

from io import BytesIO

import msgspec

from printing.errors import DocumentError

#: Pictures over this many pixels are refused before they are unpacked.
MAX_PIXELS = 40_000_000


class Bitmap(msgspec.Struct, frozen=True, gc=False):
    """`width` and `height` in dots; `rows` holds `height` times `stride` bytes, unused bits at a row's end are 0."""

    width: int
    height: int
    rows: bytes

    @property
    def stride(self) -> int:
        """Bytes in a row."""
        return (self.width + 7) // 8

    def dot(self, x: int, y: int) -> bool:
        """Whether the dot is black."""
        return bool(self.rows[y * self.stride + x // 8] >> (7 - x % 8) & 1)


def from_grey(grey: bytes, width: int, threshold: int = 128) -> Bitmap:
    """The bitmap of a picture of one byte a dot, rows of `width` bytes; what is darker than `threshold` is black."""
    digits = grey.translate(b"1" * threshold + b"0" * (256 - threshold))
    stride = (width + 7) // 8
    spare = stride * 8 - width
    rows = [
        (int(digits[start : start + width], 2) << spare).to_bytes(stride, "big")
        for start in range(0, len(digits), width)
    ]
    return Bitmap(width, len(rows), b"".join(rows))


def enlarge(bitmap: Bitmap, factor: int) -> Bitmap:
    """Every dot as a square of `factor` dots."""
    if factor == 1:
        return bitmap
    stride = bitmap.stride
    width = bitmap.width * factor
    spread = str.maketrans({"0": "0" * factor, "1": "1" * factor})
    new_stride = (width + 7) // 8
    out = []
    for start in range(0, len(bitmap.rows), stride):
        bits = format(int.from_bytes(bitmap.rows[start : start + stride], "big"), f"0{stride * 8}b")[: bitmap.width]
        row = (int(bits.translate(spread), 2) << (new_stride * 8 - width)).to_bytes(new_stride, "big")
        out.append(row * factor)
    return Bitmap(width, bitmap.height * factor, b"".join(out))


def shrink(bitmap: Bitmap, width: int) -> Bitmap:
    """The bitmap at most `width` dots wide, by leaving dots out; one that is narrow enough comes back as it is."""
    if bitmap.width <= width:
        return bitmap
    height = max(1, bitmap.height * width // bitmap.width)
    columns = [x * bitmap.width // width for x in range(width)]
    grey = bytearray()
    for y in range(height):
        start = y * bitmap.height // height * bitmap.stride
        digits = format(int.from_bytes(bitmap.rows[start : start + bitmap.stride], "big"), f"0{bitmap.stride * 8}b")
        grey += bytes(0 if digits[x] == "1" else 255 for x in columns)
    return from_grey(bytes(grey), width)


def from_picture(data: bytes, width: int, *, threshold: int = 128) -> Bitmap:
    """A picture file (PNG, JPEG, …) as a bitmap at most `width` dots wide; smaller ones keep their size.

    Dots darker than `threshold` (0 to 255) are black: a threshold, because dithering makes logos fuzzy. What is transparent is white.
    Raises DocumentError if the data is no picture or too large.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(BytesIO(data)) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise DocumentError("picture too large")
            upright = ImageOps.exif_transpose(opened).convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DocumentError(f"not a picture: {error}") from error
    paper = Image.new("RGBA", upright.size, "white")
    grey = Image.alpha_composite(paper, upright).convert("L")
    if grey.width > width:
        grey = grey.resize((width, max(1, round(grey.height * width / grey.width))), Image.Resampling.LANCZOS)
    return from_grey(grey.tobytes(), grey.width, threshold)
