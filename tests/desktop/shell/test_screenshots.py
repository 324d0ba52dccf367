"""The main screens of the demo salon in both themes and three sizes, as pictures in `screenshots/` to be looked at.

Only that the program gets there, says nothing on its error output and leaves its pictures is asserted: eyes judge the rest.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

SCREENS = ("calendar", "customers", "invoices", "till", "stock", "settings", "booking", "visit", "checkout")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of the demo salon: made by the first picture, opened again by the next ones."""
    return tmp_path_factory.mktemp("demo") / "data"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height", "scale"), [(1280, 800, 1.0), (1440, 900, 1.0), (2560, 1440, 1.5)])
def test_the_main_screens_are_photographed(
    demo: Path, pytestconfig: pytest.Config, theme: str, width: int, height: int, scale: float
) -> None:
    folder = pytestconfig.rootpath / "screenshots"
    folder.mkdir(exist_ok=True)
    pixels = (round(width * scale), round(height * scale))
    prefix = f"{theme}-{pixels[0]}x{pixels[1]}"
    pictures = [folder / f"{prefix}-{screen}.png" for screen in SCREENS]
    for picture in pictures:
        picture.unlink(missing_ok=True)
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.desktop.shell.photographer",
            demo,
            folder,
            prefix,
            theme,
            str(width),
            str(height),
        ],
        env=os.environ | {"QT_SCALE_FACTOR": str(scale), "PYTHONPATH": str(pytestconfig.rootpath)},
        cwd=pytestconfig.rootpath,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert run.returncode == 0, run.stderr
    told = [line for line in run.stderr.splitlines() if "This plugin does not support" not in line]
    assert told == []
    for picture in pictures:
        image = QImage(str(picture))
        assert (image.width(), image.height()) == pixels
