"""The reserve: made while there is room, given up when there is none, made again."""

import shutil
import zlib
from pathlib import Path

from desktop.database.place import Place
from desktop.database.reserve import SIZE, Reserve


def test_the_reserve_is_real_room_given_up_once(tmp_path: Path) -> None:
    reserve = Reserve(Place(tmp_path))
    assert not reserve.is_there
    assert reserve.ensure()
    assert reserve.is_there
    content = reserve.place.reserve.read_bytes()
    assert len(content) == SIZE == 8 * 1024 * 1024
    assert len(zlib.compress(content, 1)) > 0.99 * SIZE, "a compressing disk would give nothing back"
    assert reserve.give_up()
    assert not reserve.give_up()
    assert reserve.ensure()


def test_a_torn_reserve_is_made_again(tmp_path: Path) -> None:
    reserve = Reserve(Place(tmp_path), size=1000)
    reserve.place.reserve.write_bytes(b"x" * 10)
    assert reserve.ensure()
    assert reserve.place.reserve.stat().st_size == 1000


def test_no_room_means_no_reserve_and_no_error(tmp_path: Path) -> None:
    reserve = Reserve(Place(tmp_path), size=shutil.disk_usage(tmp_path).free)
    assert not reserve.ensure()
    assert list(tmp_path.iterdir()) == []
    assert not Reserve(Place(tmp_path / "missing"), size=10).ensure()
