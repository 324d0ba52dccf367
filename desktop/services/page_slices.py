"""A long page in slices, each a page of its own: what a person waits for goes between them (feed rules, section 6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from sync.wire import Page

#: So many rows are written before it is asked whether somebody wants to write: at most some 20 ms of new rows, and few statements of
#: many rows (`desktop.database.synced_table.TOGETHER`). See tests/benchmarks/test_sync_beside_work.py.
SLICE_ROWS: Final = 400


def slices(page: Page, most: int = SLICE_ROWS) -> Iterator[Page]:
    """Pages of at most `most` rows with the envelopes that they name, each with the cursor behind its last row."""
    if len(page.rows) <= most:
        yield page
        return
    for first in range(0, len(page.rows), most):
        rows = page.rows[first : first + most]
        if first + most >= len(page.rows):
            cursor, more = page.cursor, page.more
        else:
            cursor, more = rows[-1].seq, True
        named = {stamp.operation for row in rows for stamp in row.stamps.values()}
        envelopes = tuple([one for one in page.envelopes if one.id in named])
        yield msgspec.structs.replace(page, rows=rows, envelopes=envelopes, cursor=cursor, more=more)
