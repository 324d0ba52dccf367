"""Documents on paper of 32, 42 and 48 columns: golden grids, and what must hold for every text."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printing.bitmap import Bitmap, from_grey
from printing.charset import Charset, CodeTable
from printing.document import Banner, Block, Column, Document, Qr, Row, Rule, Run, Space, Table, Text
from printing.errors import DocumentError
from printing.grid import Grid, Line, Picture, QrSymbol
from printing.layout import Paper, layout
from printing.text import line_text, to_text
from tests.printing.papers import FURS_CODE, every_block

LATIN2 = Charset((CodeTable("cp1250", 45),))
PAPERS = {32: Paper(32, 384, LATIN2), 42: Paper(42, 512, LATIN2), 48: Paper(48, 576, LATIN2)}
LOGO: Bitmap = from_grey(bytes(0 if (x // 8 + y // 8) % 2 else 255 for y in range(24) for x in range(64)), 64)


def lines(grid: Grid) -> list[Line]:
    return [item for item in grid.items if isinstance(item, Line)]


@pytest.mark.parametrize("columns", PAPERS)
def test_golden_grid(columns: int) -> None:
    grid = layout(every_block(), PAPERS[columns], {"logo": LOGO})
    golden = Path(__file__).parent / "golden" / f"every_block_{columns}.txt"
    assert to_text(grid) == golden.read_text(encoding="utf-8")


def test_same_input_same_grid() -> None:
    assert layout(every_block(), PAPERS[42], {"logo": LOGO}) == layout(every_block(), PAPERS[42], {"logo": LOGO})


TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=120)
AMOUNTS = st.from_regex(r"-?[1-9][0-9]{0,2}(\.[0-9]{3}){0,3},[0-9]{2}( €| A)?", fullmatch=True)
ALIGNS = st.sampled_from(("left", "centre", "right"))
SCALES = st.sampled_from((1, 2))
BLOCKS: st.SearchStrategy[Block] = st.one_of(
    st.builds(Text, TEXTS, ALIGNS, st.booleans(), st.booleans(), SCALES, SCALES),
    st.builds(Text, st.lists(st.builds(Run, TEXTS, st.booleans()), max_size=4).map(tuple), ALIGNS, wide=SCALES),
    st.builds(Row, TEXTS, AMOUNTS, st.booleans(), SCALES, SCALES, st.integers(0, 16)),
    st.builds(
        Table,
        st.lists(st.builds(Column, ALIGNS, st.integers(0, 30), st.booleans()), max_size=6).map(tuple),
        st.lists(st.lists(TEXTS | AMOUNTS, max_size=7).map(tuple), max_size=4).map(tuple),
        st.booleans(),
    ),
    st.builds(Rule, st.characters()),
    st.builds(Banner, TEXTS),
    st.builds(Space, st.integers(1, 3)),
)
CHARSETS = st.sampled_from((LATIN2, Charset(), Charset((CodeTable("cp852", 18), CodeTable("cp858", 19)))))


@given(st.lists(BLOCKS, max_size=6).map(tuple), st.sampled_from((32, 42, 48)), CHARSETS)
def test_no_line_is_wider_than_the_paper_and_no_character_is_unprintable(
    blocks: tuple[Block, ...], columns: int, charset: Charset
) -> None:
    grid = layout(Document(blocks), Paper(columns, columns * 12, charset))
    for line in lines(grid):
        end = 0
        for span in line.spans:
            assert span.column >= end, "spans overlap"
            assert all(charset.has(character) for character in span.text)
            end = span.end
        assert end <= columns
        assert len(line_text(line)) <= columns


@given(TEXTS, AMOUNTS, SCALES, st.integers(0, 16), st.sampled_from((32, 42, 48)), CHARSETS)
def test_an_amount_stands_whole_at_the_right_edge(
    text: str, amount: str, wide: int, indent: int, columns: int, charset: Charset
) -> None:
    paper = Paper(columns, columns * 12, charset)
    grid = layout(Document((Row(text, amount, wide=1 if wide == 1 else 2, indent=indent),)), paper)
    last = lines(grid)[-1].spans[-1]
    assert last.text == charset.fit(amount)
    assert last.end == columns


@given(st.lists(AMOUNTS, min_size=1, max_size=7).map(tuple), st.sampled_from((32, 42, 48)))
def test_amounts_in_tables_are_never_wrapped(amounts: tuple[str, ...], columns: int) -> None:
    table = Table((*(Column("right") for _ in amounts), Column(wraps=True)), ((*amounts, "besedilo " * 5),))
    printed = " ".join(line_text(line) for line in lines(layout(Document((table,)), PAPERS[columns])))
    for amount in amounts:
        assert amount in printed


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E) | st.just(" "), max_size=200), st.integers(16, 64))
def test_wrapping_loses_nothing_but_spaces(text: str, columns: int) -> None:
    grid = layout(Document((Text(text),)), Paper(columns, columns * 12))
    assert "".join("".join(span.text for span in line.spans) for line in lines(grid)).replace(" ", "") == text.replace(
        " ", ""
    )


def test_words_break_at_spaces() -> None:
    grid = layout(Document((Text("ena dva tri štiri pet šest sedem osem devet"),)), Paper(16, 192, LATIN2))
    assert [line_text(line) for line in lines(grid)] == ["ena dva tri", "štiri pet šest", "sedem osem devet"]


def test_replacements_come_before_measuring() -> None:
    # With the euro sign the row fits on one line of 16, with EUR it does not.
    grid = layout(Document((Row("Cena", "12345,50 €"),)), Paper(16, 192, Charset()))
    assert [line_text(line) for line in lines(grid)] == ["Cena", "    12345,50 EUR"]


def test_control_characters_never_reach_the_grid() -> None:
    grid = layout(Document((Text("ime\x1bp\x00\x32\x32 \u202eobrnjeno\u2069 a\x85b\x9bc"),)), PAPERS[32])
    assert [line_text(line) for line in lines(grid)] == ["imep22 obrnjeno a bc"]


def test_decomposed_letters_are_composed() -> None:
    grid = layout(Document((Text("c\u030cevlji z\u030c"),)), PAPERS[32])
    assert line_text(lines(grid)[0]) == "čevlji ž"
    assert grid.lost == ""


def test_lost_letters_are_told() -> None:
    grid = layout(Document((Text("Čevljar Đ 5 € „in“ 漢"),)), Paper(32, 384, Charset((CodeTable("cp858", 19),))))
    assert line_text(lines(grid)[0]) == 'Cevljar D 5 € "in" ?'
    assert grid.lost == "ČĐ漢"


def test_the_furs_code_has_its_lawful_size() -> None:
    for paper in PAPERS.values():
        (symbol,) = layout(Document((Qr(FURS_CODE, version=2),)), paper).items
        assert isinstance(symbol, QrSymbol)
        assert symbol.version == 2
        assert symbol.module >= 4
        assert symbol.size >= 12 * paper.dots_per_mm
        assert symbol.quiet >= max(4 * symbol.module, 2 * paper.dots_per_mm)
        assert symbol.native


def test_a_forced_version_that_is_not_the_smallest_is_kept_and_not_left_to_the_printer() -> None:
    (symbol,) = layout(Document((Qr("12345", version=2),)), PAPERS[48]).items
    assert isinstance(symbol, QrSymbol)
    assert (symbol.version, symbol.native) == (2, False)


def test_a_code_that_does_not_fit_is_refused() -> None:
    with pytest.raises(DocumentError):
        layout(Document((Qr("1" * 64, version=2),)), PAPERS[48])


def test_a_missing_picture_prints_nothing_and_a_known_one_is_centred() -> None:
    grid = layout(every_block(), PAPERS[48], {"logo": LOGO})
    (picture,) = [item for item in grid.items if isinstance(item, Picture)]
    assert picture.x == (576 - 64) // 2
    assert not [item for item in layout(every_block(), PAPERS[48]).items if isinstance(item, Picture)]
