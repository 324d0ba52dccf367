"""Deciding an exclusive claim: whether a row holds the places that it asks for, as the row stands after merging.

What a device sends with a change are the places of the row as that device sees it. Somebody else may have moved or called off the row
meanwhile: so they count only with the field that decides them, and whether the row asks for any is read from the merged row.
"""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Sequence

from sync.manifest import Collection
from sync.merge import RowState
from sync.operations import Place
from sync.server.standing import RowKey, Standing


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
