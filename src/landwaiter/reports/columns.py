"""Rows of cells as lines of a terminal: columns side by side where they fit, a block for each row where they do not.

Made for thousands of rows: rich's own table measures and wraps each cell several times and takes seconds for them.
Cells hold visible, bounded text only (`escape.brief`); styles are rich's, written as escape sequences when colour is
wanted.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from rich.cells import cell_len
from rich.style import Style

_GAP = 2
_LEAST = 12
"""No column is folded to fewer cells than this; where that is not enough the rows become blocks."""


class Column(msgspec.Struct, frozen=True):
    """A column: its heading, and whether its cells may be folded over several lines."""

    heading: str
    folds: bool = False


class Cell(msgspec.Struct, frozen=True):
    """Text with a rich style ("bold red"), "" for none."""

    text: str
    style: str = ""


class Painter:
    """Writes styled text, with escape sequences (standard colours) or without."""

    def __init__(self, *, colour: bool) -> None:
        self._colour = colour
        self._styles: dict[str, tuple[str, str]] = {"": ("", "")}

    def paint(self, text: str, style: str = "") -> str:
        """Return `text` in `style`."""
        if not self._colour or not style or not text:
            return text
        if style not in self._styles:
            before, _, after = Style.parse(style).render("\0").partition("\0")
            self._styles[style] = (before, after)
        before, after = self._styles[style]
        return f"{before}{text}{after}"


def lay_out(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], width: int, painter: Painter) -> Iterator[str]:
    """Yield the lines of a table at most `width` cells wide, its headings first. Nothing is cut off."""
    widths = _widths(columns, rows, width)
    if widths is None:
        yield from _blocks(columns, rows, width, painter)
        return
    yield from _lines([Cell(column.heading, "bold") for column in columns], widths, painter)
    for row in rows:
        yield from _lines(row, widths, painter)


def fold(text: str, width: int) -> list[str]:
    """Break `text` into pieces of at most `width` terminal cells, at blanks where there are any."""
    pieces = []
    rest = text
    while cell_len(rest) > width:
        end = _fitting(rest, width)
        blank = rest.rfind(" ", 0, end + 1)
        cut = blank if blank > 0 else end
        pieces.append(rest[:cut].rstrip(" "))
        rest = rest[cut:].lstrip(" ")
    return [*pieces, rest] if rest or not pieces else pieces


def folded(text: str, width: int, painter: Painter, style: str = "", indent: str = "") -> Iterator[str]:
    """Yield `text` on lines of at most `width` cells, the first after `indent`, the others below its text."""
    blank = " " * cell_len(indent)
    for number, piece in enumerate(fold(text, max(1, width - len(blank)))):
        yield (blank if number else indent) + painter.paint(piece, style)


def _fitting(text: str, width: int) -> int:
    """Return how many characters of `text` fit into `width` cells, at least one."""
    head = text[:width]
    while len(head) > 1 and cell_len(head) > width:
        head = head[:-1]
    return max(1, len(head))


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], width: int) -> list[int] | None:
    """Return each column's width, those that fold sharing what is left; None where the columns do not fit."""
    natural = [cell_len(column.heading) for column in columns]
    for row in rows:
        for index, cell in enumerate(row):
            length = cell_len(cell.text)
            natural[index] = max(natural[index], length)
    room = width - _GAP * (len(columns) - 1)
    over = sum(natural) - room
    folding = [index for index, column in enumerate(columns) if column.folds]
    while over > 0 and folding:
        widest = max(folding, key=lambda index: natural[index])
        next_widest = max((natural[index] for index in folding if natural[index] < natural[widest]), default=0)
        cut = min(over, natural[widest] - max(next_widest, _LEAST))
        if cut <= 0:
            return None
        natural[widest] -= cut
        over -= cut
    return natural if over <= 0 else None


def _lines(row: Sequence[Cell], widths: Sequence[int], painter: Painter) -> Iterator[str]:
    folded = [fold(cell.text, width) for cell, width in zip(row, widths, strict=True)]
    for number in range(max(map(len, folded))):
        parts = []
        for pieces, cell, width in zip(folded, row, widths, strict=True):
            text = pieces[number] if number < len(pieces) else ""
            parts.append(painter.paint(text, cell.style) + " " * (width - cell_len(text) + _GAP))
        yield "".join(parts).rstrip(" ")


def _blocks(columns: Sequence[Column], rows: Iterable[Sequence[Cell]], width: int, painter: Painter) -> Iterator[str]:
    """Yield a block for each row: the first cell as its heading, the others below it with their names."""
    inner = max(1, width - 2)
    for row in rows:
        yield from (painter.paint(piece, row[0].style) for piece in fold(row[0].text, width))
        named = zip(columns[1:], row[1:], strict=True)
        text = "; ".join(f"{column.heading.lower()} {cell.text}" for column, cell in named if cell.text)
        yield from (f"  {piece}" for piece in fold(text, inner))
