"""The cheat sheet: every key of the sheet stands beside its words, in both languages alike."""

from __future__ import annotations

from collections.abc import Callable

from desktop.access import Actor
from desktop.shell.keys_panel import KeysPanel, keys_in
from desktop.texts import Texts
from tests.desk import TestDesk
from tests.desktop.screen import Screen, screen_of, texts

__all__ = ["screen_of"]


def test_keys_are_told_from_their_words() -> None:
    assert keys_in("T  danes      ← →  dan naprej, nazaj\nCtrl+K  ukazi") == [
        ("T", "danes"),
        ("← →", "dan naprej, nazaj"),
        ("Ctrl+K", "ukazi"),
    ]


def test_both_languages_explain_the_same_keys() -> None:
    sheets = [keys_in(Texts(language).say("shell.keys_help.text")) for language in ("sl", "en")]
    assert len(sheets[0]) == len(sheets[1]) > 20
    for sheet in sheets:
        assert all(key and words for key, words in sheet), sheet
    assert {"N", "F9", "F12", "Ctrl+K", "Ctrl+Z"} <= {key for key, _ in sheets[0]} & {key for key, _ in sheets[1]}


async def test_the_panel_shows_them_all(desk: TestDesk, screen_of: Callable[[TestDesk, Actor], Screen]) -> None:
    screen = screen_of(desk, desk.owner)
    seen = texts(screen.show(KeysPanel(screen.context), 360, 900))
    for key, words in keys_in(screen.context.say("shell.keys_help.text")):
        assert key in seen
        assert words in seen
