"""The operator's commands as processes, on both stores: what they print, what they leave, and how they end."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from sync.server.__main__ import open_store
from sync.server.pairing import Pairing
from sync.server.sqlite_file import Compiled, engine, pattern, write_version
from sync.server.sqlite_store import own_key
from sync.wire import Pair
from tests.sync.backend import MANIFEST

ROOT = Path(__file__).parents[3]
DEVICE, OTHER, SHOP = "1" * 32, "2" * 32, "6" * 32
PASSPHRASE = "hruška v češnjevem soku"


class Server:
    """The command `pult-server` on one store. `data`: its address."""

    def __init__(self, data: str) -> None:
        self.data = data

    def run(self, *words: object, **environment: str) -> subprocess.CompletedProcess[str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("PULT_")}
        return subprocess.run(
            [sys.executable, "-m", "sync.server", "--data", self.data, *map(str, words)],
            env={**own, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **environment},
            capture_output=True,
            encoding="utf-8",
            timeout=120,
        )

    def does(self, *words: object, **environment: str) -> str:
        done = self.run(*words, **environment)
        assert (done.returncode, done.stderr) == (0, ""), words
        return done.stdout.strip()

    def refuses(self, *words: object, status: int = 1, **environment: str) -> str:
        """What it says on the standard error; nothing else is printed, and never a traceback."""
        done = self.run(*words, **environment)
        assert (done.returncode, done.stdout) == (status, ""), (words, done.stderr)
        assert "Traceback" not in done.stderr
        return done.stderr.strip()

    def pair(self, code: str, device: str) -> None:
        store = open_store(self.data)
        asked = Pair(code, device, "0" * 64, "Recepcija", "5" * 32, True, SHOP, "Ljubljana", 0, "", MANIFEST)
        Pairing(store, lambda: 0).pair(asked)
        store.close()


def sqlite_engine(path: Path, key: str) -> Engine:
    return engine(path, key, 1, 0, pattern(), Compiled())


@pytest.fixture(params=["sqlite", "postgres"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Server:
    return Server(
        request.getfixturevalue("new_postgres")() if request.param == "postgres" else str(tmp_path / "server")
    )


def test_a_tenant_is_made_gets_devices_is_handed_out_erased_and_taken_in_again(server: Server, tmp_path: Path) -> None:
    assert server.does("tenant", "list") == ""
    tenant = server.does("tenant", "create", "Salon Čeh")
    assert re.fullmatch("[0-9a-f]{32}", tenant)
    assert server.does("tenant", "list") == f"{tenant} Salon Čeh"
    for device in (DEVICE, OTHER):
        code = server.does("code", tenant)
        assert re.fullmatch("[0-9]{8}", code)
        server.pair(code, device)
    assert server.does("device", "revoke", tenant, OTHER) == f"revoked {OTHER}"
    listed = server.does("device", "list", tenant).splitlines()
    assert [(one[:32], one.endswith("active"), " revoked " in one) for one in listed] == [
        (DEVICE, True, False),
        (OTHER, False, True),
    ]
    assert server.does("device", "allow-deletes", tenant, DEVICE).startswith(f"{DEVICE} may delete until ")
    assert server.does("compact") == server.does("compact", tenant) == f"{tenant} 0 rows dropped"

    file = tmp_path / "salon.zip"
    told = server.does("tenant", "export", tenant, file)
    assert told == f"{tenant} 4 rows, 0 operations, checked"
    assert "Recepcija" in zipfile.ZipFile(file).read("sync_device.jsonl").decode()
    assert "already" in server.refuses("tenant", "export", tenant, file)
    assert "holds data already" in server.refuses("tenant", "import", file)
    assert "--yes" in server.refuses("tenant", "erase", tenant)
    server.does("tenant", "erase", tenant, "--yes")
    assert server.does("tenant", "list") == ""
    assert server.does("tenant", "import", file) == told
    assert server.does("device", "list", tenant).splitlines() == listed
    assert server.does("tenant", "list") == f"{tenant} Salon Čeh"


def test_a_backup_is_put_back_after_everything_is_lost(server: Server, tmp_path: Path) -> None:
    first, second = (server.does("tenant", "create", name) for name in ("Ana", "Bor"))
    server.pair(server.does("code", first), DEVICE)
    folder, key = tmp_path / "backup", {"PULT_BACKUP_PASSPHRASE": PASSPHRASE}
    assert "PULT_BACKUP_PASSPHRASE" in server.refuses("backup", folder)
    assert "12 characters" in server.refuses("backup", folder, PULT_BACKUP_PASSPHRASE="short")
    assert server.does("backup", folder, **key) == f"2 tenants in {folder}"
    assert "not empty" in server.refuses("backup", folder, **key)
    assert all(b"Recepcija" not in path.read_bytes() for path in folder.iterdir())
    assert "holds data already" in server.refuses("restore", folder, "--tenant", first, **key)
    assert "another one" in server.refuses("restore", folder, PULT_BACKUP_PASSPHRASE=PASSPHRASE + "!")
    assert "does not hold" in server.refuses("restore", folder, "--tenant", "9" * 32, **key)
    server.pair(server.does("code", first), OTHER)
    assert server.does("restore", folder, "--tenant", first, "--replace", **key).startswith(f"{first} 3 rows")
    assert server.does("device", "list", first).startswith(DEVICE)
    for tenant in (first, second):
        server.does("tenant", "erase", tenant, "--yes")
    assert len(server.does("restore", folder, **key).splitlines()) == 2
    assert server.does("tenant", "list").splitlines() == [f"{first} Ana", f"{second} Bor"]


def test_what_is_wrong_is_said_in_a_sentence(server: Server, tmp_path: Path) -> None:
    unknown = "9" * 32
    for words in (
        ("code", unknown),
        ("device", "list", unknown),
        ("device", "revoke", unknown, DEVICE),
        ("device", "allow-deletes", unknown, DEVICE),
        ("tenant", "erase", unknown, "--yes"),
        ("tenant", "export", unknown, tmp_path / "x.zip"),
        ("compact", unknown),
    ):
        assert server.refuses(*words) == f"pult-server: There is no tenant {unknown}.", words
    assert list(tmp_path.glob("x.zip*")) == []
    tenant = server.does("tenant", "create", "Ana")
    for words in (("device", "revoke", tenant, DEVICE), ("device", "allow-deletes", tenant, DEVICE)):
        assert "unknown_device" in server.refuses(*words)
    assert "needs a name" in server.refuses("tenant", "create", " ")
    assert "No such file" in server.refuses("tenant", "import", tmp_path / "none.zip")
    (tmp_path / "no.zip").write_text("no")
    assert "no archive" in server.refuses("tenant", "import", tmp_path / "no.zip")
    assert "no whole backup" in server.refuses("restore", tmp_path, PULT_BACKUP_PASSPHRASE=PASSPHRASE)
    for words in ((), ("nothing",), ("tenant",), ("code", "x"), ("code", "../" + "1" * 29), ("device", "list")):
        assert "usage:" in server.refuses(*words, status=2)


def test_data_of_another_version_is_said_in_a_sentence(server: Server) -> None:
    server.does("tenant", "create", "Ana")
    assert server.does("upgrade") == server.does("upgrade", "--backed-up") == "There is nothing to upgrade."
    if "://" in server.data:
        engine = create_engine(server.data)
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE sync_version SET version = 99")
    else:
        engine = sqlite_engine(Path(server.data) / "server.db", own_key(Path(server.data) / "server.key"))
        with engine.begin() as connection:
            write_version(connection, 99)
    engine.dispose()
    for words in (("tenant", "list"), ("serve", "--port", "0"), ("upgrade",), ("upgrade", "--backed-up")):
        assert "form 99 of a newer program" in server.refuses(*words), words


def test_data_that_cannot_be_opened_is_said_in_a_sentence(tmp_path: Path, new_postgres: Callable[[], str]) -> None:
    folder = tmp_path / "server"
    Server(str(folder)).does("tenant", "create", "Ana")
    assert "cannot be opened" in Server(str(folder)).refuses("tenant", "list", PULT_SERVER_KEY="0" * 64)
    assert "64" in Server(str(folder)).refuses("tenant", "list", PULT_SERVER_KEY="x")
    assert "mysql" in Server("mysql://x").refuses("tenant", "list")
    file = tmp_path / "file"
    file.write_text("")
    assert "file" in Server(str(file)).refuses("tenant", "list").lower()
    gone = re.sub(r"/pult_[0-9a-f]+", "/pult_gone", new_postgres())
    assert "cannot be opened" in Server(gone).refuses("tenant", "list")
