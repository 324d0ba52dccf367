"""A light theme for the widgets under test; the application wears it, as the program's does."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from desktop.widgets.theme import Theme


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    made = Theme("light")
    made.apply(qapp)
    return made
