"""Byte strings whose plain order is the order of what they stand for: the letters that sort keys are spelled with.

A sort key is made once for a version and compared by `memcmp` from then on, in Python, in `sorted`, or as a BLOB in
SQLite. Three rules keep the order right: every piece of a key ends itself (a number by its length, a text by a zero
byte), pieces that may stand at the same place start with a rank byte, and the end of a list has a rank of its own.
"""

import re
from typing import Any, Protocol

from landwaiter.versions.errors import InvalidVersionError

LONGEST = 1000
"""Characters. No real version comes near it; longer input is refused so that time and memory stay bounded."""

_LONG = 255
_FOUR_BYTES = 4
_SMALL = {str(n): bytes((len(str(n)),)) + str(n).encode() for n in range(1, 2000)} | {"0": b"\0"}


class SortKey(Protocol):
    """What versions of one scheme are ordered by: `bytes` in most schemes, an object in those without a plain key."""

    # Any, since a key is only ever compared with keys of its own scheme, and cmp_to_key's say no more of themselves.
    def __lt__(self, other: Any, /) -> Any: ...  # noqa: ANN401
    def __gt__(self, other: Any, /) -> Any: ...  # noqa: ANN401


def number(digits: str) -> bytes:
    """ASCII decimal digits of any length, ordered by value ("" counts as 0)."""
    small = _SMALL.get(digits)
    if small is not None:
        return small
    significant = digits.lstrip("0").encode("ascii")
    length = len(significant)
    if length < _LONG:
        return bytes((length,)) + significant
    return b"\xff" + length.to_bytes(_FOUR_BYTES, "big") + significant


def text(value: str) -> bytes:
    """Text without NUL, ordered by its UTF-8 bytes; a prefix sorts before what it begins."""
    return value.encode() + b"\0"


def release(parts: list[str]) -> bytes:
    """Numbers of a release ("1", "2", "0"), where missing numbers count as 0 (1.2 = 1.2.0 < 1.2.1)."""
    last = len(parts)
    while last and not parts[last - 1].strip("0"):
        last -= 1
    return b"".join([b"\2" + number(part) for part in parts[:last]]) + b"\1"


def identifiers(values: list[str]) -> bytes:
    """Identifiers of a pre-release (semver.org, item 11): numbers by value and below words, a longer list higher."""
    pieces = [b"\1" + number(v) if _DIGITS.fullmatch(v) else b"\2" + text(v) for v in values]
    return b"".join(pieces) + b"\0"


_DIGITS = re.compile(r"[0-9]+")


def readable(scheme: str, version: str) -> str:
    """The version without surrounding white space, refused where no scheme could read it.

    Raises InvalidVersionError when it is empty, longer than `LONGEST`, or has a NUL or a lone surrogate in it.
    """
    stripped = version.strip()
    if not stripped:
        raise InvalidVersionError(scheme, version, "it is empty")
    if len(stripped) > LONGEST:
        raise InvalidVersionError(scheme, version, f"it is longer than {LONGEST} characters")
    if "\0" in stripped or not (stripped.isascii() or _encodes(stripped)):
        raise InvalidVersionError(scheme, version, "it has characters that no version may have")
    return stripped


def _encodes(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
