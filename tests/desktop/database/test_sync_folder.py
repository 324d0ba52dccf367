"""Folders that a file-sync service copies about are recognised, and others are left alone."""

import json
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

import pytest

from desktop.database.sync_folder import service_by_name, syncing_service

WINDOWS = PureWindowsPath("C:/Users/Ana")
MAC = PurePosixPath("/Users/ana")


@pytest.mark.parametrize(
    ("home", "path", "service"),
    [
        (WINDOWS, "C:/Users/Ana/OneDrive/Pult", "OneDrive"),
        (WINDOWS, "C:/Users/Ana/OneDrive - Salon Ana d.o.o./Pult", "OneDrive"),
        (WINDOWS, "D:/Dropbox (Salon)/Pult", "Dropbox"),
        (WINDOWS, "G:/My Drive/Pult", "Google Drive"),
        (WINDOWS, "C:/Users/Ana/iCloudDrive/Pult", "iCloud Drive"),
        (WINDOWS, "C:/Users/Ana/Nextcloud/Pult", "Nextcloud"),
        (WINDOWS, "C:/Users/Ana/Nextcloud2/Pult", "Nextcloud"),
        (WINDOWS, "C:/Users/Ana/Box/Pult", "Box"),
        (WINDOWS, "C:/Users/Ana/MEGA/Pult", "MEGA"),
        (WINDOWS, "C:/Users/Ana/Sync/Pult", "Syncthing"),
        (WINDOWS, "P:/pCloud Drive/Pult", "pCloud"),
        (MAC, "/Users/ana/Library/Mobile Documents/com~apple~CloudDocs/Pult", "iCloud Drive"),
        (MAC, "/Users/ana/Library/CloudStorage/OneDrive-SalonAna/Pult", "OneDrive"),
        (MAC, "/Users/ana/Library/CloudStorage/GoogleDrive-ana@example.com/My Drive", "Google Drive"),
        (MAC, "/Users/ana/Library/CloudStorage/Box-Box/Pult", "Box"),
        (MAC, "/Users/ana/Dropbox/Pult", "Dropbox"),
        (WINDOWS, "C:/Users/Ana/AppData/Local/Pult", None),
        (WINDOWS, "D:/Box/Pult", None),
        (WINDOWS, "C:/Users/Ana/Documents/Box/Pult", None),
        (WINDOWS, "C:/Users/Ana/Documents/sync/Pult", None),
        (MAC, "/Users/ana/Library/Application Support/Pult", None),
        (MAC, "/srv/pult/dropboxes", None),
    ],
)
def test_a_service_is_known_by_the_name_of_its_folder(home: PurePath, path: str, service: str | None) -> None:
    assert service_by_name(type(home)(path), home) == service


@pytest.mark.parametrize(
    ("marker", "service"),
    [
        (".stfolder/", "Syncthing"),
        (".dropbox.cache/", "Dropbox"),
        (".tmp.drivedownload/", "Google Drive"),
        (".sync_0a1b2c.db", "Nextcloud"),
        (".owncloudsync.log", "ownCloud"),
        (".849C9593-D756-4E56-8D6E-42412F2A707B", "OneDrive"),
    ],
)
def test_a_service_is_known_by_the_mark_it_leaves_above(tmp_path: Path, marker: str, service: str) -> None:
    root, home = tmp_path / "anything", tmp_path / "home"
    (root / "a").mkdir(parents=True)
    assert syncing_service(root / "a" / "b", {}, home) is None
    if marker.endswith("/"):
        (root / marker).mkdir()
    else:
        (root / marker).touch()
    assert syncing_service(root / "a" / "b", {}, home) == service


def test_a_renamed_onedrive_is_known_by_the_environment(tmp_path: Path) -> None:
    root = tmp_path / "Oblak"
    root.mkdir()
    assert syncing_service(root / "pult", {"OneDriveCommercial": str(root)}, tmp_path / "home") == "OneDrive"
    assert syncing_service(tmp_path / "pult", {"OneDriveCommercial": str(root)}, tmp_path / "home") is None
    assert syncing_service(tmp_path / "pult", {"OneDrive": ""}, tmp_path / "home") is None


def test_a_renamed_dropbox_is_known_by_its_own_settings(tmp_path: Path) -> None:
    home, root = tmp_path / "home", tmp_path / "Oblak"
    (home / ".dropbox").mkdir(parents=True)
    (home / ".dropbox" / "info.json").write_text(json.dumps({"personal": {"path": str(root)}}))
    assert syncing_service(root / "pult", {}, home) == "Dropbox"
    assert syncing_service(home / "pult", {}, home) is None, "the settings folder alone marks nothing"
    (home / ".dropbox" / "info.json").write_text("[torn")
    assert syncing_service(root / "pult", {}, home) is None


def test_documents_given_to_icloud_are_known(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "Documents").mkdir(parents=True)
    assert syncing_service(home / "Documents" / "pult", {}, home) is None
    cloud = home / "Library" / "Mobile Documents" / "com~apple~CloudDocs"
    cloud.mkdir(parents=True)
    (cloud / "Documents").symlink_to(home / "Documents")
    assert syncing_service(home / "Documents" / "pult", {}, home) == "iCloud Drive"


def test_a_link_into_a_sync_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "OneDrive" / "pult").mkdir(parents=True)
    (tmp_path / "innocent").symlink_to(tmp_path / "OneDrive" / "pult")
    assert syncing_service(tmp_path / "innocent" / "data", {}, tmp_path / "home") == "OneDrive"
