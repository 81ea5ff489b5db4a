"""Conda's order of versions (conda/models/version.py, VersionOrder): `[epoch!]version[+local]`, case-insensitive.

Parts between dots are split into numbers and words; a missing piece counts as 0, words sort below numbers, "dev" below
all words and "post" above all numbers. Underscores separate as dots do.
"""

import re
from collections.abc import Iterator
from functools import cmp_to_key
from itertools import zip_longest

from landwaiter.versions.errors import InvalidVersionError
from landwaiter.versions.keys import SortKey, number, readable

SCHEME = "conda"

_VERSION = re.compile(r"(?:([0-9]+)!)?([*.+!_0-9a-z-]+?)(?:\+([0-9a-z_.-]+))?")
_SEPARATOR = re.compile(r"[._-]")
_PIECE = re.compile(r"[0-9]+|\*+|[^0-9*]+")
_DEV = b"\0"
_WORD = b"\1"
_NUMBER = b"\2"
_POST = b"\3"
_ZERO = _NUMBER + number("0")

_NOTHING: list[bytes] = []
_Parts = list[list[bytes]]


def sort_key(version: str) -> SortKey:
    """The key of a conda package's version. Raises InvalidVersionError for characters that conda refuses."""
    match = _VERSION.fullmatch(readable(SCHEME, version).lower())
    if not match:
        raise InvalidVersionError(SCHEME, version, "it has characters that conda refuses")
    epoch, public, local = match.groups()
    return _as_key(([[_NUMBER + number(epoch or "0")], *_parts(public)], _parts(local) if local else []))


def _parts(value: str) -> _Parts:
    """A mark at the very end is kept, since by it a plain "1.0.1_" is put below a lettered "1.0.1a"."""
    end = "_" if value[-1] in "_-" else ""
    parts = _SEPARATOR.split(value[:-1] if end else value)
    parts[-1] += end
    return [_pieces(part) for part in parts]


def _pieces(part: str) -> list[bytes]:
    keys = [_piece(piece) for piece in _PIECE.findall(part)]
    # "rc1" is "0rc1": a word never stands where a number is expected.
    return keys if not keys or part[0] in "0123456789" else [_ZERO, *keys]


def _piece(piece: str) -> bytes:
    if piece[0] in "0123456789":
        return _NUMBER + number(piece)
    if piece in {"post", "dev"}:
        return _POST if piece == "post" else _DEV
    return _WORD + piece.encode()


def _compare(a: tuple[_Parts, _Parts], b: tuple[_Parts, _Parts]) -> int:
    for left, right in zip(_flat(a, b), _flat(b, a), strict=True):
        if left != right:
            return -1 if left < right else 1
    return 0


def _flat(a: tuple[_Parts, _Parts], b: tuple[_Parts, _Parts]) -> Iterator[bytes]:
    """The pieces of `a`, with zeros wherever only `b` has one."""
    for mine, others in zip(a, b, strict=True):
        for part, other in zip_longest(mine, others, fillvalue=_NOTHING):
            yield from part
            yield from [_ZERO] * (max(len(part), len(other), 1) - len(part))


_as_key = cmp_to_key(_compare)
