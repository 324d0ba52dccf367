"""`pult-server snapshot`: the operator makes the snapshots of a tenant before new devices ask."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.errors import Unlawful
from sync.operations import Kind
from sync.server.__main__ import main, open_store
from sync.server.exchange import Exchange
from sync.server.pairing import Pairing
from sync.server.proving import Caller
from sync.server.snapshots import Snapshots
from sync.server.store import Store
from sync.snapshot import listed, opened
from sync.wire import Pair, Push
from tests.sync.backend import MANIFEST, NOW
from tests.sync.server.writer import Writer, Written, customer

TENANT, SALON, SHOP, OTHER_SHOP = "7" * 32, "5" * 32, "6" * 32, "4" * 32


@pytest.fixture(params=["sqlite", "postgres"])
def data(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty store."""
    return str(request.getfixturevalue("new_postgres")() if request.param == "postgres" else tmp_path / "server")


def fill(store: Store) -> None:
    """Two shops; the device of the first pushes 30 customers."""
    store.make_tenant(TENANT, "Salon Ana", NOW)
    writer = Writer(SHOP, NOW)
    pairing = Pairing(store, lambda: NOW)
    for device, shop in ((writer.device, SHOP), ("d" * 32, OTHER_SHOP)):
        code = pairing.make_code(TENANT).code
        pairing.pair(
            Pair(code=code, device=device, key="0" * 64, name="x", salon=SALON, practice=True, shop=shop, shop_name="",
                 n=0, hash="", manifest=MANIFEST)
        )  # fmt: skip
    rows = [writer.operation([Written("customer", f"{n:032x}", customer(n), Kind.INSERT)]) for n in range(30)]
    Exchange(store, lambda: NOW).push(Caller(TENANT, writer.device), Push(1, tuple(rows)))


def test_it_makes_one_for_each_shop_and_the_older_one_goes(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    store = open_store(data)
    fill(store)
    snapshots = Snapshots(store, lambda: NOW, least_rows=1, chunk_rows=7)
    caller = next(
        Caller(TENANT, one.id) for one in Pairing(store, lambda: NOW).devices(TENANT).devices if one.shop == SHOP
    )
    older = listed(snapshots.make(TENANT, SHOP))
    assert len(older.chunks) == 5
    assert opened(snapshots.chunk(caller, older.snapshot, 0), older.chunks[0]).count == 7
    store.close()
    assert main(["--data", data, "snapshot", TENANT]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [OTHER_SHOP, SHOP]
    store = open_store(data)
    with pytest.raises(Unlawful, match="unknown_snapshot"):
        Snapshots(store, lambda: NOW).chunk(caller, older.snapshot, 0)
    store.close()


def test_an_unknown_tenant_is_said(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", data, "snapshot", "0" * 32]) == 1
    assert "no tenant" in capsys.readouterr().err
