"""Python's garbage collection, kept on the thread of the window.

Left alone, the collector runs on whichever thread happens to allocate. A view that lies in a reference cycle is then destroyed by a
thread of the database, and Qt, which lets widgets be touched by the window's thread alone, ends the program with a segmentation
fault. So automatic collection is off while there are widgets, and the window's thread asks here, again and again, whether it is due.
"""

from __future__ import annotations

import gc

PERIOD_MS = 500
"""How often the window's thread asks, in milliseconds."""


def take_over() -> None:
    """Turns automatic collection off; from now on `collect_due` must be called by the thread of the window."""
    gc.disable()


def settle() -> None:
    """Collects once and never looks again at what is there now: modules and classes, some hundred thousand objects."""
    gc.collect()
    gc.freeze()


def collect_due() -> int | None:
    """Collects the oldest generation whose threshold is passed, as Python would; returns which, or None if none is due."""
    due = [
        generation
        for generation, (count, threshold) in enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True))
        if threshold and count > threshold
    ]
    if not due:
        return None
    gc.collect(due[-1])
    return due[-1]
