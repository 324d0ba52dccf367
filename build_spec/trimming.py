"""Which of the files that PyInstaller gathers the shipped program goes without, and which licence texts it carries.

An entry is PyInstaller's own triple: place in the program, place on this machine, kind ("BINARY", "EXTENSION", "DATA" …).
"""

from __future__ import annotations

import posixpath
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import distributions
from pathlib import Path, PurePosixPath

Entry = tuple[str, str, str]

LANGUAGES = ("sl", "de", "hr", "en")
"""Languages of the interface; Qt's own texts and the CLDR data of others stay out."""

# Parts of Qt that the program never opens: the QML world, PDF, the on-screen keyboard, GTK and Wayland (X11 serves both).
UNWANTED = re.compile(
    r"Qt6?(Quick|Qml|Pdf|VirtualKeyboard|Wayland|Designer|ShaderTools|LabsA|LabsP|Test)|libqgtk3|qwayland|wayland-"
    r"|plugins/(designer|qmltooling|qmllint|egldeviceintegrations|generic|vectorimageformats)/"
    r"|platforms/libq(eglfs|linuxfb|vnc|vkkhrdisplay|minimal)|qtvirtualkeyboard|imageformats/libqpdf|sqldrivers"
)


def is_root(place: str, kind: str) -> bool:
    """Whether a file is wanted for itself: modules, plugins, libraries inside a package, the library of Python.

    The others came only because one of those asked for them: system libraries beside the program, and Qt's own.
    """
    place = place.replace("\\", "/")
    own = "/" in place and not place.startswith("PySide6/Qt/lib/")
    return kind == "EXTENSION" or own or place.startswith("libpython")


def trimmed_binaries(binaries: Sequence[Entry]) -> list[Entry]:
    """Drops what is unwanted and, on Linux, every library that nothing of the rest asks for any more."""
    kept = [entry for entry in binaries if not UNWANTED.search(entry[0].replace("\\", "/"))]
    if not sys.platform.startswith("linux"):
        return kept
    from PyInstaller.depend.bindepend import get_imports

    files = {str(Path(source).resolve()): (place, kind) for place, source, kind in kept if kind != "SYMLINK"}
    needed = {file for file, (place, kind) in files.items() if is_root(place, kind)}
    todo = list(needed)
    while todo:
        asked = {str(Path(found).resolve()) for _, found in get_imports(todo.pop()) if found}
        todo += asked & files.keys() - needed
        needed |= asked & files.keys()
    places = {files[file][0] for file in needed}
    return [entry for entry in kept if entry[2] == "SYMLINK" or entry[0] in places]


def without_dangling_links(entries: Iterable[Entry], places: Iterable[str]) -> list[Entry]:
    """Drops the links to files that are not among the `places` of the program; a link names its file from where it lies."""
    there = set(places)
    return [
        (place, source, kind)
        for place, source, kind in entries
        if kind != "SYMLINK" or posixpath.normpath(posixpath.join(posixpath.dirname(place), source)) in there
    ]


def trimmed_datas(datas: Iterable[Entry]) -> list[Entry]:
    """Drops texts of other languages, byte code and the sources of what is loaded from the program itself."""
    return [entry for entry in datas if _is_wanted_data(entry[0].replace("\\", "/"))]


def _is_wanted_data(place: str) -> bool:
    path = PurePosixPath(place)
    if path.suffix in (".pyc", ".pyi") or "__pycache__" in path.parts or UNWANTED.search(place):
        return False
    if path.suffix == ".qm":
        return path.stem.startswith(("qtbase_", "qt_")) and path.stem.split("_", 1)[1] in LANGUAGES
    if place.startswith("babel/locale-data/"):
        return path.stem == "root" or path.stem.split("_")[0] in LANGUAGES
    if "holidays/locale/" in place:
        return path.parts[path.parts.index("locale") + 1].split("_")[0] in LANGUAGES
    return True


def licence_files(root: Path) -> list[tuple[str, str]]:
    """The licence texts of the project's libraries, as installed, and of Qt (whose package brings none)."""
    found: dict[str, str] = {}
    for distribution in distributions():
        for file in distribution.files or ():
            if re.match(r"(?i)(licen[cs]e|copying|notice|authors)", file.name) and ".dist-info" in str(file):
                found[str(distribution.locate_file(file))] = f"licences/{distribution.name}"
    own: Mapping[str, str] = {str(path): "licences" for path in sorted((root / "docs" / "licences").glob("*.txt"))}
    notice = root / "docs" / "third-party.md"
    return [*found.items(), *own.items(), (str(notice), "licences")]
