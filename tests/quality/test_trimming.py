"""What the packaged program goes without: named by its place in the program, whatever the system's separator."""

import sys
from pathlib import Path

import pytest

from build_spec.trimming import is_root, licence_files, trimmed_binaries, trimmed_datas, without_dangling_links

ROOT = Path(__file__).parents[2]
QT = "PySide6/Qt"


@pytest.mark.parametrize(
    ("place", "kept"),
    [
        (f"{QT}/translations/qtbase_sl.qm", True),
        (f"{QT}/translations/qt_hr.qm", True),
        (f"{QT}/translations/qtbase_fr.qm", False),
        (f"{QT}/translations/linguist_de.qm", False),
        ("babel/locale-data/sl_SI.dat", True),
        ("babel/locale-data/de_AT.dat", True),
        ("babel/locale-data/root.dat", True),
        ("babel/locale-data/ja.dat", False),
        ("babel/global.dat", True),
        ("holidays/locale/hr/LC_MESSAGES/HR.mo", True),
        ("holidays/locale/ja/LC_MESSAGES/JP.mo", False),
        ("desktop/database/migrations/env.py", True),
        ("desktop/database/migrations/__pycache__/env.cpython-311.pyc", False),
        ("resources/translations/sl/common.toml", True),
        ("tzdata/zoneinfo/Europe/Ljubljana", True),
    ],
)
def test_texts_of_other_languages_stay_out(place: str, kept: bool) -> None:
    for spelled in (place, place.replace("/", "\\")):
        assert (trimmed_datas([(spelled, "source", "DATA")]) != []) is kept


@pytest.mark.parametrize(
    ("place", "kept"),
    [
        (f"{QT}/plugins/platforms/libqxcb.so", True),
        (f"{QT}/plugins/platforms/libqoffscreen.so", True),
        (f"{QT}/plugins/platforms/libqwayland.so", False),
        (f"{QT}/plugins/platforms/libqeglfs.so", False),
        (f"{QT}/plugins/platformthemes/libqgtk3.so", False),
        (f"{QT}/plugins/imageformats/libqsvg.so", True),
        (f"{QT}/plugins/imageformats/libqpdf.so", False),
        (f"{QT}/plugins/wayland-shell-integration/libxdg-shell.so", False),
        ("PySide6/plugins/platforms/qwindows.dll", True),
        ("PySide6/Qt6Quick.dll", False),
        ("PySide6/Qt6Widgets.dll", True),
        ("PySide6/Qt/lib/QtPrintSupport.framework/Versions/A/QtPrintSupport", True),
    ],
)
def test_parts_of_qt_that_nobody_opens_stay_out(monkeypatch: pytest.MonkeyPatch, place: str, kept: bool) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    for spelled in (place, place.replace("/", "\\")):
        assert (trimmed_binaries([(spelled, "source", "BINARY")]) != []) is kept


@pytest.mark.parametrize(
    ("place", "kind", "root"),
    [
        ("libgtk-3.so.0", "BINARY", False),
        (f"{QT}/lib/libQt6OpenGL.so.6", "BINARY", False),
        (f"{QT}/plugins/platforms/libqxcb.so", "BINARY", True),
        ("pillow.libs/libtiff.so.6", "BINARY", True),
        ("libpython3.11.so.1.0", "BINARY", True),
        ("_cffi_backend.so", "EXTENSION", True),
    ],
)
def test_a_library_is_wanted_for_itself_or_only_by_others(place: str, kind: str, root: bool) -> None:
    assert is_root(place, kind) is root


def test_a_link_goes_with_its_file() -> None:
    links = [("libQt6Core.so.6", f"{QT}/lib/libQt6Core.so.6", "SYMLINK"), ("a/libx.so", "../b/libx.so.1", "SYMLINK")]
    file = (f"{QT}/lib/libQt6Core.so.6", "/somewhere/libQt6Core.so.6", "BINARY")
    assert without_dangling_links([*links, file], [file[0]]) == [links[0], file]
    assert without_dangling_links(links, [file[0], "b/libx.so.1"]) == links


def test_the_licences_of_qt_and_of_the_libraries_travel_along() -> None:
    found = licence_files(ROOT)
    assert all(Path(source).is_file() for source, _ in found)
    names = {f"{place}/{Path(source).name}" for source, place in found}
    assert {"licences/LGPL-3.0.txt", "licences/GPL-3.0.txt", "licences/third-party.md"} <= names
    assert {"licences/SQLAlchemy", "licences/cryptography", "licences/httpx"} <= {place for _, place in found}
