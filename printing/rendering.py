"""Document to the very bytes that go to a printer, and the grid they print. Pure: what was sent can be made again."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from printing.bitmap import Bitmap
from printing.document import Document
from printing.errors import DocumentError
from printing.escpos_encoder import encode
from printing.grid import Grid
from printing.layout import layout
from printing.profiles import Profile

_NO_IMAGES: Mapping[str, Bitmap] = {}


class Rendered(msgspec.Struct, frozen=True):
    """`data` for the printer, `grid` for screen, picture and text."""

    data: bytes
    grid: Grid


def render(document: Document, profile: Profile, images: Mapping[str, Bitmap] = _NO_IMAGES) -> Rendered:
    """Lay the document out for this printer and encode it. Raises DocumentError where a code cannot be printed."""
    if document.tables:
        if document.tables >= len(profile.charsets):
            raise DocumentError(f"{profile.name} has no set {document.tables} of code tables")
        profile = profile.adjusted(charset=profile.charsets[document.tables])
    grid = layout(document, profile.paper, images)
    return Rendered(encode(grid, profile), grid)
