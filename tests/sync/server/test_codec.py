"""Bodies in zstd that are small and would grow: noticed before they are there."""

from __future__ import annotations

import tracemalloc

import pytest
import zstandard

from sync.errors import Unlawful
from sync.server.codec import MOST_UNPACKED, MOST_WINDOW, unpack

_MAGIC = bytes.fromhex("28b52ffd")


def bomb(blocks: int, window: int = 17) -> bytes:
    """A frame (RFC 8878) of blocks that each repeat one byte 131,072 times, with a window of 2**`window` bytes."""
    head = _MAGIC + bytes([0, (window - 10) << 3])
    block, last = ((131_072 << 3 | 1 << 1 | end).to_bytes(3, "little") + b" " for end in (0, 1))
    return head + block * (blocks - 1) + last


@pytest.mark.parametrize("most", [1_000_000, MOST_UNPACKED])
def test_a_bomb_never_fills_the_memory(most: int) -> None:
    """16 KB for half a gigabyte."""
    body = bomb(4_000)
    assert len(body) < 17_000
    tracemalloc.start()
    try:
        with pytest.raises(Unlawful, match="too_large"):
            unpack(body, most)
        assert tracemalloc.get_traced_memory()[1] < most + 30_000_000
    finally:
        tracemalloc.stop()


def test_a_frame_that_asks_for_a_large_window_is_refused() -> None:
    assert unpack(bomb(1)) == b" " * 131_072
    with pytest.raises(Unlawful, match="not zstd"):
        unpack(bomb(1, window=27))


@pytest.mark.parametrize("level", [1, 3, 19])
def test_what_zstd_makes_is_unpacked_up_to_the_most_that_is_taken(level: int) -> None:
    plain = b"".join(n.to_bytes(4) for n in range(MOST_WINDOW // 3))
    assert unpack(zstandard.compress(plain, level)) == plain
    with pytest.raises(Unlawful, match="too_large"):
        unpack(zstandard.compress(plain, level), len(plain) - 1)


def test_two_frames_and_half_a_frame_are_refused() -> None:
    whole = zstandard.compress(b"x" * 1_000)
    for wrong in (whole + whole, whole[:-1], whole + b"x", b""):
        with pytest.raises(Unlawful, match=r"cut off|not zstd"):
            unpack(wrong)
