"""Maven's order of versions (ComparableVersion of Maven 3.9; "Version Order Specification" of the POM reference).

A version is a list of numbers and words; a hyphen, and a change between digits and letters, opens a list within the
list. Known words are ranked (alpha, beta, milestone, rc, snapshot, the release itself, sp), unknown ones follow by the
alphabet. The candidates for Maven 4 differ in rare forms (rc.1 beside rc1; 1.Final-redhat beside 1-rc1 and
1-sp1-redhat); the released Maven and the specification hold here. A version longer than 256 characters is refused, as
by Maven 4.
"""

import re
from functools import cmp_to_key
from itertools import zip_longest

from landwaiter.versions.errors import InvalidVersionError
from landwaiter.versions.keys import SortKey, readable

SCHEME = "maven"

_LONGEST = 256
_PIECE = re.compile(r"[0-9]+|[^0-9.-]+|[.-]")
_RANKS = {
    "alpha": "0",
    "beta": "1",
    "milestone": "2",
    "rc": "3",
    "cr": "3",
    "snapshot": "4",
    "sp": "6",
} | dict.fromkeys(("", "ga", "final", "release"), "5")
_RELEASE = "5"
_LETTERS = {"a": "alpha", "b": "beta", "m": "milestone"}

_Item = int | str | list["_Item"]
"""A number, a word (by its rank), or a list of these."""
_NOTHING: tuple[_Item, ...] = (0, _RELEASE, [])


def sort_key(version: str) -> SortKey:
    """The key of any version of up to 256 characters. Raises InvalidVersionError for an empty or longer one."""
    stripped = readable(SCHEME, version)
    if len(stripped) > _LONGEST:
        raise InvalidVersionError(SCHEME, version, f"it is longer than {_LONGEST} characters")
    return _as_key(_Parser().parse(stripped.lower()))


class _Parser:
    """Puts the pieces of one version into nested lists; `fresh` is true where nothing stands since the separator."""

    def __init__(self) -> None:
        self.lists: list[list[_Item]] = [[]]
        self.fresh = True

    def parse(self, version: str) -> list[_Item]:
        pieces = [m.group() for m in _PIECE.finditer(version)]
        for index, piece in enumerate(pieces):
            following = pieces[index + 1] if index + 1 < len(pieces) else ""
            if piece in ".-":
                self._separator(piece)
            elif _is_number(piece):
                self._number(piece, following)
            else:
                self._word(piece, following)
        for inner in reversed(self.lists):
            _normalise(inner)
        return self.lists[0]

    def _separator(self, separator: str) -> None:
        if self.fresh:
            self._add(0)
        self.fresh = True
        if separator == "-":
            self._open()

    def _number(self, digits: str, following: str) -> None:
        self._add(int(digits))
        self.fresh = False
        if following and following not in ".-":
            self._open()

    def _word(self, word: str, following: str) -> None:
        """A word before a number, or at the very end, is as if a hyphen stood before it."""
        ends = not following
        before_number = _is_number(following)
        if (ends or before_number) and self.lists[-1]:
            self._open()
        self._add(_rank(_LETTERS.get(word, word) if before_number else word))
        self.fresh = False
        if before_number:
            self._open()

    def _add(self, item: _Item) -> None:
        self.lists[-1].append(item)

    def _open(self) -> None:
        inner: list[_Item] = []
        self._add(inner)
        self.lists.append(inner)


def _is_number(piece: str) -> bool:
    return piece != "" and piece[0] in "0123456789"


def _rank(word: str) -> str:
    return _RANKS.get(word, "7-" + word)


def _normalise(items: list[_Item]) -> None:
    """Drops what says nothing at the end, and before the lists that stand at the end."""
    for index in range(len(items) - 1, -1, -1):
        if items[index] in _NOTHING:
            del items[index]
        elif not isinstance(items[index], list):
            break


def _compare(a: _Item | None, b: _Item | None) -> int:
    if a is None:
        return -_compare(b, None) if b is not None else 0
    if isinstance(a, list):
        return _compare_list(a, b)
    if isinstance(a, int):
        return _compare_number(a, b)
    if b is None or isinstance(b, str):
        other = _RELEASE if b is None else b
        return (a > other) - (a < other)
    return -1


def _compare_number(a: int, b: _Item | None) -> int:
    if b is None:
        return 1 if a else 0
    return (a > b) - (a < b) if isinstance(b, int) else 1


def _compare_list(a: list[_Item], b: _Item | None) -> int:
    """A list stands below a number and above a word."""
    if isinstance(b, int):
        return -1
    if isinstance(b, str):
        return 1
    for left, right in zip_longest(a, b or ()):
        result = _compare(left, right)
        if result:
            return result
    return 0


_as_key = cmp_to_key(_compare)
