"""One-bit pictures."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from printing.bitmap import Bitmap, enlarge, from_grey, from_picture, shrink
from printing.errors import DocumentError

GREYS = st.integers(1, 40).flatmap(
    lambda width: st.tuples(
        st.just(width), st.lists(st.binary(min_size=width, max_size=width), min_size=1, max_size=12)
    )
)


def dots(bitmap: Bitmap) -> list[list[bool]]:
    return [[bitmap.dot(x, y) for x in range(bitmap.width)] for y in range(bitmap.height)]


@given(GREYS, st.integers(1, 6))
def test_dots_keep_their_place(grey: tuple[int, list[bytes]], factor: int) -> None:
    width, rows = grey
    bitmap = from_grey(b"".join(rows), width)
    assert dots(bitmap) == [[value < 128 for value in row] for row in rows]
    assert len(bitmap.rows) == bitmap.stride * bitmap.height
    large = enlarge(bitmap, factor)
    assert dots(large) == [[value < 128 for value in row for _ in range(factor)] for row in rows for _ in range(factor)]
    assert dots(shrink(large, width)) == dots(bitmap)


def picture(image: Image.Image, form: str = "PNG") -> bytes:
    file = BytesIO()
    image.save(file, form)
    return file.getvalue()


def test_a_grey_logo_is_not_dithered_and_transparent_is_white() -> None:
    image = Image.new("RGBA", (20, 10), (0, 0, 0, 0))
    image.paste((200, 200, 200, 255), (0, 0, 5, 10))
    image.paste((20, 20, 60, 255), (5, 0, 10, 10))
    assert dots(from_picture(picture(image), 576)) == [[False] * 5 + [True] * 5 + [False] * 10] * 10


def test_wide_pictures_are_made_to_fit() -> None:
    bitmap = from_picture(picture(Image.new("RGB", (2000, 500), "black"), "JPEG"), 384)
    assert (bitmap.width, bitmap.height) == (384, 96)
    assert all(all(row) for row in dots(bitmap))


@pytest.mark.parametrize("data", [b"", b"no picture", picture(Image.new("L", (9, 9)))[:40]])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(DocumentError):
        from_picture(data, 384)
