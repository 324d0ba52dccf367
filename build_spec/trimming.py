"""Which of the files that PyInstaller gathers the shipped program goes without, and which licence texts it carries.

An entry is PyInstaller's own triple: place in the program, place on this machine, kind ("BINARY", "EXTENSION", "DATA" …).
"""

from __future__ import annotations

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


def is_own(place: str) -> bool:
    """Whether a library lies in a folder of its package; those beside the program were only pulled in by another."""
    return "/" in PurePosixPath(place.replace("\\", "/")).as_posix()


def trimmed_binaries(binaries: Sequence[Entry]) -> list[Entry]:
    """Drops what is unwanted and, on Linux, every system library that nothing of the rest needs any more."""
    kept = [entry for entry in binaries if not UNWANTED.search(entry[0].replace("\\", "/"))]
    if not sys.platform.startswith("linux"):
        return kept
    from PyInstaller.depend.bindepend import get_imports

    by_source = {str(Path(source).resolve()): (place, source, kind) for place, source, kind in kept}
    needed = {key for key, (place, _, kind) in by_source.items() if kind == "EXTENSION" or is_own(place)}
    needed |= {key for key, (place, _, _) in by_source.items() if place.startswith("libpython")}
    todo = list(needed)
    while todo:
        for _, found in get_imports(todo.pop()):
            key = str(Path(found).resolve()) if found else ""
            if key in by_source and key not in needed:
                needed.add(key)
                todo.append(key)
    return [entry for entry in kept if str(Path(entry[1]).resolve()) in needed or entry[2] == "SYMLINK"]


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
