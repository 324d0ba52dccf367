"""A second program in the packaged folder, run once after the build and then removed: is everything there that the first may need?

It imports every module of the project, opens a window without a display, and lets each library that reads files of its own read them.
Prints one line; ends with 1 and the reasons where something is missing.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import traceback
from collections.abc import Callable
from datetime import date

PACKAGES = ("desktop", "fiscal", "printing", "resources", "sync")
RUN_BY_OTHERS = ("desktop.__main__", "desktop.database.migrations.")


def every_module() -> None:
    for package in PACKAGES:
        path = importlib.import_module(package).__path__
        for module in pkgutil.walk_packages(path, f"{package}."):
            if not module.name.startswith(RUN_BY_OTHERS):
                importlib.import_module(module.name)


def a_window() -> None:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtGui import QImageReader
    from PySide6.QtWidgets import QApplication, QLabel

    application = QApplication([])
    label = QLabel("č š ž đ ß €")
    label.show()
    application.processEvents()
    formats = {bytes(name.data()) for name in QImageReader.supportedImageFormats()}
    if label.grab().isNull() or not {b"png", b"svg"} <= formats:
        raise LookupError(f"no picture, or no reader for it among {sorted(formats)}")


def keyrings() -> None:
    import keyring.backend

    found = {backend.__module__ for backend in keyring.backend.get_all_keyring()}
    if not any(name.startswith("keyring.backends.") for name in found):
        raise LookupError("no keyring backend")
    importlib.import_module("keyring.backends.SecretService" if sys.platform.startswith("linux") else "keyring.core")


def time_zones() -> None:
    import zoneinfo

    zoneinfo.reset_tzpath(to=())  # the system's own would hide that ours is absent
    zoneinfo.ZoneInfo("Europe/Ljubljana")


def numbers_of_every_language() -> None:
    from babel.numbers import format_currency

    for language in ("sl", "de", "hr", "en"):
        format_currency(12.5, "EUR", locale=language)


def holidays_of_every_country() -> None:
    from holidays import country_holidays

    for country, language in {"SI": "sl", "AT": "de_AT", "HR": "hr", "DE": "de"}.items():
        if date(2026, 1, 1) not in country_holidays(country, language=language):
            raise LookupError(f"no New Year's Day in {country}")


def printer_profiles() -> None:
    from escpos.capabilities import get_profile

    get_profile("default")


def phone_numbers() -> None:
    import phonenumbers

    if not phonenumbers.is_valid_number(phonenumbers.parse("041 234 567", "SI")):
        raise LookupError("no numbering plan of Slovenia")


def sentences() -> None:
    from desktop.texts import LANGUAGES, Texts

    for language in LANGUAGES:
        Texts(language).say("database.refused.none", directory=".")


CHECKS: tuple[Callable[[], None], ...] = (
    every_module,
    a_window,
    keyrings,
    time_zones,
    numbers_of_every_language,
    holidays_of_every_country,
    printer_profiles,
    phone_numbers,
    sentences,
)


def main() -> int:
    failed = []
    for check in CHECKS:
        try:
            check()
        except Exception:  # noqa: BLE001  whatever is missing is told, and the other checks still run
            failed.append(check.__name__)
            traceback.print_exc()
    print(
        f"self-check: {len(CHECKS) - len(failed)} of {len(CHECKS)} passed" + "".join(f", not {name}" for name in failed)
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
