"""Which file-sync service watches a directory, if any.

Such a service copies files while they are written and puts other computers' copies in their place; a database with its
write-ahead log does not survive that. Three signs are read, none needs the service to be running: names of folders that the
services give themselves, marker files that they leave in the root of what they watch, and what they tell of themselves in
environment variables and settings of the user.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath

#: Names that nobody gives to a folder of his own, anywhere in the path; business accounts add " - Company" or " (Company)".
_TELLING_NAMES: tuple[tuple[str, str], ...] = (
    (r"onedrive( - .+)?", "OneDrive"),
    (r"dropbox( \(.+\))?", "Dropbox"),
    (r"google ?drive", "Google Drive"),
    (r"my drive", "Google Drive"),
    (r"mobile documents", "iCloud Drive"),
    (r"icloud ?drive", "iCloud Drive"),
    (r"nextcloud\d*", "Nextcloud"),
    (r"owncloud", "ownCloud"),
    (r"box sync", "Box"),
    (r"pcloud ?(drive|sync)", "pCloud"),
    (r"megasync( downloads)?", "MEGA"),
    (r"proton ?drive", "Proton Drive"),
    (r"synologydrive", "Synology Drive"),
    (r"yandex\.disk", "Yandex Disk"),
    (r"seafile", "Seafile"),
    (r"tresorit( drive)?", "Tresorit"),
    (r"resilio sync", "Resilio Sync"),
)
#: Common words: telling only directly in the home directory, where the services put their folder.
_HOME_NAMES: tuple[tuple[str, str], ...] = (
    (r"box", "Box"),
    (r"mega", "MEGA"),
    (r"sync", "Syncthing"),
    (r"pcloud", "pCloud"),
    (r"tresors", "Tresorit"),
)
#: What macOS calls the folders of its file providers: ``~/Library/CloudStorage/OneDrive-Company``.
_PROVIDERS: tuple[tuple[str, str], ...] = (
    ("onedrive", "OneDrive"),
    ("dropbox", "Dropbox"),
    ("googledrive", "Google Drive"),
    ("box", "Box"),
    ("icloud", "iCloud Drive"),
    ("nextcloud", "Nextcloud"),
    ("pcloud", "pCloud"),
    ("mega", "MEGA"),
    ("protondrive", "Proton Drive"),
    ("synologydrive", "Synology Drive"),
)
#: Marker files and folders, as glob patterns, in the directory or any one above it.
_MARKERS: tuple[tuple[str, str], ...] = (
    (".stfolder", "Syncthing"),
    (".dropbox", "Dropbox"),
    (".dropbox.cache", "Dropbox"),
    (".tmp.drivedownload", "Google Drive"),
    (".tmp.driveupload", "Google Drive"),
    (".nextcloudsync.log", "Nextcloud"),
    (".owncloudsync.log", "ownCloud"),
    (".sync_*.db", "Nextcloud"),
    ("._sync_*.db", "Nextcloud"),
    (".849C9593-D756-4E56-8D6E-42412F2A707B", "OneDrive"),
    (".megaignore", "MEGA"),
    (".box.sync", "Box"),
    (".SynologyWorkingDirectory", "Synology Drive"),
    (".sync/ID", "Resilio Sync"),
)
_VARIABLES: tuple[tuple[str, str], ...] = (
    ("OneDrive", "OneDrive"),
    ("OneDriveConsumer", "OneDrive"),
    ("OneDriveCommercial", "OneDrive"),
)


def syncing_service(directory: Path, environment: Mapping[str, str], home: Path) -> str | None:
    """The name of the service that watches the directory (which need not exist yet), or None.

    Looks at the path as given and, links followed, as it is.
    """
    for path in dict.fromkeys((directory.absolute(), directory.resolve())):
        service = (
            service_by_name(path, home)
            or _by_environment(path, environment)
            or _by_dropbox_settings(path, environment, home)
            or _by_icloud_desktop(path, home)
            or _by_marker(path, home)
        )
        if service:
            return service
    return None


def service_by_name(path: PurePath, home: PurePath) -> str | None:
    """The service whose folder name stands in the path; works on paths of any system."""
    names = [part.casefold() for part in path.parts]
    for name, following in zip(names, [*names[1:], ""], strict=True):
        if name == "cloudstorage":
            for prefix, service in _PROVIDERS:
                if following.startswith(prefix):
                    return service
        for pattern, service in _TELLING_NAMES:
            if re.fullmatch(pattern, name):
                return service
    inside = path.relative_to(home).parts if path.is_relative_to(home) else ()
    if inside:
        for pattern, service in _HOME_NAMES:
            if re.fullmatch(pattern, inside[0].casefold()):
                return service
    return None


def _by_environment(path: Path, environment: Mapping[str, str]) -> str | None:
    for variable, service in _VARIABLES:
        root = environment.get(variable)
        if root and _inside(path, Path(root)):
            return service
    return None


def _by_dropbox_settings(path: Path, environment: Mapping[str, str], home: Path) -> str | None:
    """Dropbox writes where its folders are, also when the user has moved or renamed them."""
    files = [home / ".dropbox" / "info.json"]
    files += [
        Path(environment[name]) / "Dropbox" / "info.json" for name in ("APPDATA", "LOCALAPPDATA") if name in environment
    ]
    for file in files:
        try:
            accounts = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        for account in accounts.values() if isinstance(accounts, dict) else ():
            root = account.get("path") if isinstance(account, dict) else None
            if isinstance(root, str) and _inside(path, Path(root)):
                return "Dropbox"
    return None


def _by_icloud_desktop(path: Path, home: Path) -> str | None:
    """macOS can hand the user's own Documents and Desktop to iCloud: then they are linked into its folder."""
    cloud = home / "Library" / "Mobile Documents" / "com~apple~CloudDocs"
    for name in ("Documents", "Desktop"):
        try:
            root = (cloud / name).resolve(strict=True)
        except OSError:
            continue
        if _inside(path, root):
            return "iCloud Drive"
    return None


def _by_marker(path: Path, home: Path) -> str | None:
    for directory in (path, *path.parents):
        for pattern, service in _MARKERS:
            for found in _matches(directory, pattern):
                # ~/.dropbox is where the program keeps its settings; that alone says nothing of the home directory
                if not (directory == home and found.name == ".dropbox"):
                    return service
    return None


def _matches(directory: Path, pattern: str) -> Iterator[Path]:
    try:
        if "*" in pattern:
            yield from directory.glob(pattern)
        elif (found := directory / pattern).exists():
            yield found
    except OSError:
        return  # a directory above ours that we may not look into


def _inside(path: Path, root: Path) -> bool:
    return path.is_relative_to(root) or path.resolve().is_relative_to(root.resolve())
