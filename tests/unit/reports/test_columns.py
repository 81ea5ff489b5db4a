import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from landwaiter.reports.columns import Cell, Column, Painter, fold, lay_out
from landwaiter.reports.escape import visible

PLAIN = Painter(colour=False)
COLUMNS = (Column("Name"), Column("Path", folds=True), Column("Version", folds=True))


@settings(max_examples=200)
@given(st.text(max_size=60).map(visible), st.integers(min_value=2, max_value=30))
def test_folded_pieces_fit_and_lose_nothing_but_blanks(text, width):
    pieces = fold(text, width)
    assert all(cell_len(piece) <= width for piece in pieces)
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")


def test_text_is_folded_at_blanks():
    assert fold("upgrade openssl to 3.0.14", 12) == ["upgrade", "openssl to", "3.0.14"]
    assert fold("abcdefgh", 3) == ["abc", "def", "gh"]
    assert fold("日本語", 1) == ["日", "本", "語"]


def test_columns_stand_side_by_side_where_they_fit():
    rows = [[Cell("a"), Cell("usr/lib"), Cell("1")], [Cell("bb"), Cell("etc"), Cell("10")]]
    assert list(lay_out(COLUMNS, rows, 80, PLAIN)) == [
        "Name  Path     Version",
        "a     usr/lib  1",
        "bb    etc      10",
    ]


def test_wide_columns_fold():
    lines = list(lay_out(COLUMNS, [[Cell("a"), Cell("x" * 40), Cell("1")]], 40, PLAIN))
    assert max(map(len, lines)) <= 40
    assert "".join(line.strip(" a1") for line in lines[1:]).count("x") == 40


def test_what_does_not_fit_becomes_blocks():
    lines = list(lay_out(COLUMNS, [[Cell("name"), Cell("p" * 30), Cell("")]], 20, PLAIN))
    assert lines[0] == "name"
    assert all(cell_len(line) <= 20 for line in lines)
    assert "version" not in "".join(lines)


@settings(max_examples=100)
@given(
    rows=st.lists(st.lists(st.text(max_size=40).map(visible), min_size=3, max_size=3), min_size=1, max_size=5),
    width=st.integers(min_value=20, max_value=100),
)
def test_no_line_is_wider_than_the_terminal(rows, width):
    names = [[Cell(row[0][:8]), Cell(row[1]), Cell(row[2])] for row in rows]
    assert all(cell_len(line) <= width for line in lay_out(COLUMNS, names, width, PLAIN))


@pytest.mark.parametrize("text", ["", "x"])
def test_colour_is_written_only_when_wanted(text):
    assert PLAIN.paint(text, "bold red") == text
    painted = Painter(colour=True).paint(text, "bold red")
    assert painted == (f"\x1b[1;31m{text}\x1b[0m" if text else "")
