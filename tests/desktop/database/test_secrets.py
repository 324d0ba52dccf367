"""Passwords of certificates: in the keyring of a live database, in an encrypted file elsewhere."""

from pathlib import Path
from uuid import UUID

import keyring.backends.fail
import pytest

from desktop.database import key as keys
from desktop.database.place import Place
from desktop.database.secrets import FileSecrets, KeyringSecrets, SecretStore, open_secrets
from desktop.errors import FinalFault, TemporaryFault
from tests.desktop.database.keyrings import ForgetfulKeyring, MemoryKeyring

DATABASE = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
SECRET = "Geslo-čšž 🔑"


@pytest.fixture(params=["file", "keyring"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> SecretStore:
    key = keys.make_key()
    if request.param == "file":
        return open_secrets(Place(tmp_path), keys.in_the_clear(DATABASE, key), key, None)
    ring = MemoryKeyring()
    return open_secrets(Place(tmp_path), keys.in_keyring(DATABASE, key, ring), key, ring)


def test_secrets_are_kept_exchanged_and_forgotten_by_name(store: SecretStore) -> None:
    assert store.get("certificate") is None
    store.put("certificate", SECRET)
    store.put("other", "x")
    assert store.get("certificate") == SECRET
    store.put("certificate", "new")
    assert (store.get("certificate"), store.get("other")) == ("new", "x")
    store.delete("certificate")
    store.delete("certificate")
    assert (store.get("certificate"), store.get("other")) == (None, "x")


def test_the_store_follows_the_protection_of_the_key(tmp_path: Path) -> None:
    key, ring = keys.make_key(), MemoryKeyring()
    place = Place(tmp_path)
    assert isinstance(open_secrets(place, keys.in_keyring(DATABASE, key, ring), key, ring), KeyringSecrets)
    wrapped = keys.by_passphrase(DATABASE, key, "dolgo geslo 1")
    assert isinstance(open_secrets(place, wrapped, key, ring), FileSecrets)


def test_the_file_shows_neither_secret_nor_key_and_opens_with_its_own_key_only(tmp_path: Path) -> None:
    path, key = tmp_path / "secrets.json", keys.make_key()
    FileSecrets(path, key).put("certificate", SECRET)
    text = path.read_text()
    assert SECRET not in text
    assert SECRET.encode().hex() not in text
    assert key.hex() not in text
    assert key.hex() not in repr(FileSecrets(path, key))
    with pytest.raises(FinalFault) as fault:
        FileSecrets(path, keys.make_key()).get("certificate")
    assert fault.value.code == "database.secrets_damaged"


def test_a_secret_moved_under_another_name_is_not_believed(tmp_path: Path) -> None:
    path, key = tmp_path / "secrets.json", keys.make_key()
    FileSecrets(path, key).put("old certificate", SECRET)
    path.write_text(path.read_text().replace("old certificate", "new certificate"))
    with pytest.raises(FinalFault):
        FileSecrets(path, key).get("new certificate")
    path.write_text("{torn")
    with pytest.raises(FinalFault):
        FileSecrets(path, key).get("new certificate")


def test_a_keyring_that_fails_or_forgets_is_said() -> None:
    for ring in (keyring.backends.fail.Keyring(), ForgetfulKeyring()):
        with pytest.raises(TemporaryFault) as fault:
            KeyringSecrets(ring, DATABASE).put("certificate", SECRET)
        assert fault.value.code == "database.keyring_failed"
