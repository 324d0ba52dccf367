"""The salon's own words on its receipts: lines below the address, lines at the end, and the language.

An issued receipt keeps the words of its day: they are copied into its snapshot (`issuing.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.database.settings import set_shop_setting, shop_settings
from desktop.entry import block
from desktop.errors import InvalidInput
from desktop.texts import LANGUAGES

HEADER, FOOTER, LANGUAGE = "sales.receipt_header", "sales.receipt_footer", "sales.receipt_language"
MOST_LINES = 5
LONGEST_LINE = 200


@dataclass(frozen=True, slots=True)
class ReceiptTexts:
    """`header` and `footer`: up to 5 lines of 200 characters each, or ""; `language`: one of `desktop.texts.LANGUAGES`."""

    header: str = ""
    footer: str = ""
    language: str = "sl"


def receipt_texts(session: Session, action: Action) -> ReceiptTexts:
    """What the next receipt of this shop carries."""
    return read_receipt_texts(shop_settings(session, action, (HEADER, FOOTER, LANGUAGE)))


def read_receipt_texts(settings: dict[str, Any]) -> ReceiptTexts:
    """The words out of settings by key; what is not set is empty, and Slovenian."""
    return ReceiptTexts(settings.get(HEADER, ""), settings.get(FOOTER, ""), settings.get(LANGUAGE, "sl"))


def set_receipt_texts(session: Session, action: Action, texts: ReceiptTexts) -> ReceiptTexts:
    """Stores the words for receipts that are issued from now on.

    Raises `InvalidInput` naming the field: ``sales.too_many_lines_of_text`` (`most`), ``entry.too_long`` (`maximum`),
    ``sales.receipt_language``, ``entry.*``.
    """
    action.actor.require(Permission.EDIT_SETTINGS)
    clean = clean_receipt_texts(texts)
    for key, value in ((HEADER, clean.header), (FOOTER, clean.footer), (LANGUAGE, clean.language)):
        set_shop_setting(session, action, key, value)
    return clean


def clean_receipt_texts(texts: ReceiptTexts) -> ReceiptTexts:
    """The words as they would be stored; raises what `set_receipt_texts` raises."""
    if texts.language not in LANGUAGES:
        raise InvalidInput("language", "sales.receipt_language")
    return ReceiptTexts(_lines(texts.header, "header"), _lines(texts.footer, "footer"), texts.language)


def _lines(typed: str, field: str) -> str:
    text = block(typed, field)
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        raise InvalidInput(field, "sales.too_many_lines_of_text", most=MOST_LINES)
    longest = max(map(len, lines), default=0)
    if longest > LONGEST_LINE:
        raise InvalidInput(field, "entry.too_long", maximum=LONGEST_LINE, length=longest)
    return text
