"""Maven's order of versions (ComparableVersion of Maven 3.9 and 4; "Version Order Specification" of the POM reference).

A version is a list of numbers and words; a hyphen, and a change between digits and letters, opens a list within the
list. Known words are ranked (alpha, beta, milestone, rc, snapshot, the release itself, sp), unknown ones follow by the
alphabet. Where released Mavens contradict themselves (1-ga1 = 1 = 1-ga2, but 1-ga1 < 1-ga2) the rule of Maven's main
branch holds. As there, a version longer than 256 characters is refused.
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

_Combination = tuple[str, int]
_Item = int | str | _Combination | list["_Item"]
"""A number, a word (by its rank), a word with its number ("rc1"), or a list of these."""


def sort_key(version: str) -> SortKey:
    """The key of any version of up to 256 characters. Raises InvalidVersionError for an empty or longer one."""
    stripped = readable(SCHEME, version)
    if len(stripped) > _LONGEST:
        raise InvalidVersionError(SCHEME, version, f"it is longer than {_LONGEST} characters")
    return _as_key(_Parser().parse(stripped.lower()))


class _Parser:
    """Puts the pieces of one version into nested lists.

    `word` waits for what follows it; `fresh` is true where nothing stands since the last separator.
    """

    def __init__(self) -> None:
        self.lists: list[list[_Item]] = [[]]
        self.word = ""
        self.fresh = True

    def parse(self, version: str) -> list[_Item]:
        pieces = [m.group() for m in _PIECE.finditer(version)]
        for index, piece in enumerate(pieces):
            following = pieces[index + 1] if index + 1 < len(pieces) else ""
            if piece in ".-":
                self._separator(piece, following)
            elif _is_number(piece):
                self._number(piece, following)
            else:
                self.word, self.fresh = piece, False
        if self.word:
            self._open()
            self._add(_rank(self.word))
        for inner in reversed(self.lists):
            _normalise(inner)
        return self.lists[0]

    def _separator(self, separator: str, following: str) -> None:
        if self.word:
            if separator == "-" and _is_number(following):
                return
            self._add(_rank(self.word))
        elif self.fresh:
            self._add(0)
        self.word, self.fresh = "", True
        if separator == "-":
            self._open()

    def _number(self, digits: str, following: str) -> None:
        if self.word:
            self._open()
            self._add((_rank(_LETTERS.get(self.word, self.word)), int(digits)))
        else:
            self._add(int(digits))
        self.word, self.fresh = "", False
        if following and following not in ".-":
            self._open()

    def _add(self, item: _Item) -> None:
        self.lists[-1].append(item)

    def _open(self) -> None:
        """A list within the list, unless nothing stands before it."""
        if self.lists[-1]:
            inner: list[_Item] = []
            self._add(inner)
            self.lists.append(inner)


def _is_number(piece: str) -> bool:
    return piece != "" and piece[0] in "0123456789"


def _rank(word: str) -> str:
    return _RANKS.get(word, "7-" + word)


def _normalise(items: list[_Item]) -> None:
    """Drops zeros that say nothing: at the end, and before a word."""
    for index in range(len(items) - 1, -1, -1):
        if items[index] not in (0, []):
            continue
        following = items[index + 1] if index + 1 < len(items) else ""
        if isinstance(following, list):
            following = following[0]
        if isinstance(following, str | tuple) and (index + 1 == len(items) or not isinstance(items[index + 1], tuple)):
            del items[index]


def _compare(a: _Item | None, b: _Item | None) -> int:
    if a is None:
        return -_compare(b, None) if b is not None else 0
    if isinstance(a, int):
        return _compare_number(a, b)
    if isinstance(a, list):
        return _compare_list(a, b)
    if isinstance(b, int):
        return -1
    if isinstance(b, list):
        return -1
    return _compare_words(a, b)


def _compare_number(a: int, b: _Item | None) -> int:
    if b is None:
        return 1 if a else 0
    return (a > b) - (a < b) if isinstance(b, int) else 1


def _compare_words(a: str | _Combination, b: str | _Combination | None) -> int:
    """A word alone sorts below the same word with a number, except where it only names the release."""
    word_a, number_a = _as_pair(a)
    word_b, number_b = _as_pair(b if b is not None else _RELEASE)
    if word_a != word_b:
        return -1 if word_a < word_b else 1
    return (number_a > number_b) - (number_a < number_b)


def _as_pair(item: str | _Combination) -> _Combination:
    if isinstance(item, tuple):
        return item
    return item, 0 if item == _RELEASE else -1


def _compare_list(a: list[_Item], b: _Item | None) -> int:
    if isinstance(b, int):
        return -1
    if b is not None and not isinstance(b, list):
        return 1
    others: list[_Item] = b or []
    for left, right in zip_longest(a, others):
        result = _compare(left, right)
        if result:
            return result
    return 0


_as_key = cmp_to_key(_compare)
