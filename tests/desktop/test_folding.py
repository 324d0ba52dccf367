"""Folding: blind to case and accents, with đ, ß and second spellings; what is typed is never syntax."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlcipher3 import dbapi2

from desktop.folding import fold, match_expression, search_form, sort_form, typed_words, words

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Čuček, Đurđević, Straße", "cucek, durdevic, strasse"),
        ("ŽIGA ŠĆEPANOVIĆ", "ziga scepanovic"),
        ("Łukasz Ærø Œuvre", "lukasz aero oeuvre"),
        ("\u01c6emal", "dzemal"),
        ("Ile I\u0307stanbul \u0131", "ile istanbul i"),
        ("\u2121 \ufb01ne", "tel fine"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(ANY_TEXT)
def test_folding_folded_text_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(ANY_TEXT)
def test_case_does_not_matter(text: str) -> None:
    assert fold(text.upper().lower()) == fold(text.upper().lower().casefold())


def test_second_spellings_are_indexed_and_looked_for() -> None:
    assert search_form("Đurđa Müller") == "durda muller djurdja mueller"
    assert search_form("Ana Novak") == "ana novak"
    assert search_form(None) == ""
    assert typed_words("Đur novak") == (("dur", "djur"), ("novak",))


def fits(typed: str, name: str) -> bool:
    """Whether a search for `typed` finds `name`, asked of the very index that the program uses."""
    connection = dbapi2.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE w USING fts5(words, tokenize='unicode61', prefix='1 2 3')")
    connection.execute("INSERT INTO w VALUES (?)", (search_form(name),))
    expression = match_expression(typed)
    found = bool(expression) and bool(connection.execute("SELECT 1 FROM w WHERE w MATCH ?", (expression,)).fetchall())
    connection.close()
    return found


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("durd", "Đurđa Babić"),
        ("djurdja", "Đurđa Babić"),
        ("đur", "Djurdja Babić"),
        ("đurđa", "ĐURĐA"),
        ("strasse", "Anna Straße"),
        ("STRASS", "Anna Straße"),
        ("straß", "Anna Strasse"),
        ("nov an", "Ana Novak"),
        ("mueller", "Müller"),
        ("müll", "Mueller"),
        ("cucek", "Tine Čuček"),
        ("žiga", "Ziga"),
        ('"ana', "Ana Novak"),
        ("ana AND", "Ana Andrejc"),
        ("kos-nov", "Eva Kos-Novak"),
    ],
)
def test_found(typed: str, name: str) -> None:
    assert fits(typed, name)


@pytest.mark.parametrize(
    ("typed", "name"), [("ovak", "Ana Novak"), ("ana kos", "Ana Novak"), ("", "Ana"), ("-", "Ana")]
)
def test_not_found(typed: str, name: str) -> None:
    assert not fits(typed, name)


@given(ANY_TEXT)
def test_whatever_is_typed_is_no_syntax(typed: str) -> None:
    fits(typed, "Ana Novak")


@given(st.text("abcčćdđžšßäöüAĐŠŽ -", min_size=1, max_size=20), st.data())
def test_every_beginning_of_every_word_finds_the_name(name: str, data: st.DataObject) -> None:
    spelled = name.split()
    if not any(words(word) for word in spelled):
        return
    word = data.draw(st.sampled_from([word for word in spelled if words(word)]))
    typed = word[: data.draw(st.integers(1, len(word)))]
    if words(typed):
        assert fits(typed, name)


def test_names_sort_as_the_alphabet_does() -> None:
    alphabet = ["Cvek", "Czar", "Čater", "Ćosić", "Dular", "Đukić", "Eržen", "Šuštar", "Zupan", "Žagar"]
    assert sorted(set(alphabet), key=sort_form) == alphabet
    assert sort_form("čater") == sort_form("ČATER")
    assert sort_form(None) == ""
