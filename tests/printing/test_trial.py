"""The trial page and the strip, on every family's paper."""

import pytest

from printing.decoder.commands import Simple, commands
from printing.document import Document, Text
from printing.errors import DocumentError
from printing.profiles import PROFILES
from printing.rendering import render
from printing.trial import LETTERS, trial_page, trial_strip
from tests.printing.test_paper import WITHOUT_LATIN2, check_lines, machine


@pytest.mark.parametrize("name", PROFILES)
def test_the_ruler_fills_one_line(name: str) -> None:
    profile = PROFILES[name]
    rendered = render(trial_page(profile), profile)
    printer = machine(profile)
    printer.run(rendered.data)
    check_lines(rendered.grid, printer)
    ruler = printer.sheets[0].text.splitlines()[2]
    assert len(ruler) == profile.columns
    assert ruler.startswith("1234567890")


@pytest.mark.parametrize("name", PROFILES)
def test_each_line_of_the_strip_is_in_its_own_tables(name: str) -> None:
    profile = PROFILES[name]
    printer = machine(profile)
    strip = trial_strip(profile)
    for document, charset in zip(strip, profile.charsets, strict=True):
        chosen = [
            c.arguments[0]
            for c in commands(render(document, profile).data)
            if isinstance(c, Simple) and c.name == "ESC t"
        ]
        assert chosen[:1] == [table.number for table in charset.tables[:1]]
        for table in profile.charsets[document.tables].tables:
            if table.number not in printer.tables:
                break  # a table that this machine lacks: the real one prints something else there, which is the point
        else:
            printer.run(render(document, profile).data)
    lines = [line for line in printer.sheets[0].text.splitlines() if line]
    assert lines[0].startswith("1: ")
    if name not in WITHOUT_LATIN2:
        assert lines[0] == f"1: {LETTERS}"


def test_the_chosen_line_becomes_the_charset_and_the_others_stay() -> None:
    profile = PROFILES["pos-58"]
    chosen = profile.adjusted(charset=profile.charsets[2])
    assert chosen.charset == profile.charsets[2]
    assert set(chosen.charsets) == set(profile.charsets)
    assert chosen.paper.charset is chosen.charset


def test_a_set_that_the_family_has_not_is_refused() -> None:
    with pytest.raises(DocumentError):
        render(Document((Text("a"),), tables=9), PROFILES["epson-tm-80"])
