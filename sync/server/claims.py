"""Deciding claims: whether a row holds what it asks for, as the row stands after merging, and the word about it in the row.

An exclusive claim asks for places in time.

What a device sends with a change are the places of the row as that device sees it. Somebody else may have moved or called off the row
meanwhile: so they count only with the field that decides them, and whether the row asks for any is read from the merged row.
"""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Sequence
from typing import Final

from sync.manifest import Collection
from sync.merge import RowState, Stamp
from sync.operations import Place
from sync.server.standing import RowKey, Standing

#: Who writes the state of a claim: later than any device at the same clock.
SERVER: Final = "f" * 32


def hold(
    standing: Standing,
    collection: Collection,
    key: RowKey,
    row: RowState,
    written: Some[str],
    places: Sequence[Place] | None,
) -> bool:
    """Whether a row has all that it asks for; `written`: the fields of it that a change set, `places`: what came with them."""
    assert collection.places_of is not None
    if places is not None and set(collection.fields_of(collection.places_of)) & set(written):
        standing.ask_places(key, places)
    return standing.hold_places(key[1], () if collection.is_free(row.values) else standing.asked_places(key))


def decided(collection: Collection, row: RowState, held: bool, operation: str) -> RowState:
    """The row with the word about its claim, where its collection has a field for it.

    The word is later than all that it judges, and than the word before it, however far behind the clock of the operation is.
    """
    if collection.state is None:
        return row
    stamp = Stamp(max(one.clock for one in row.stamps.values()), SERVER, operation)
    before = row.stamps.get(collection.state)
    if before is not None and stamp <= before:
        stamp = stamp._replace(clock=before.clock + 1)
    word = "confirmed" if held else "conflict"
    return RowState(row.values | {collection.state: word}, row.stamps | {collection.state: stamp})
