"""Pacman's order of versions, as `vercmp` has it (libalpm, version.c): rpm's of old, with three differences.

Letters after a number make a pre-release of it (1.0a < 1.0 < 1.0.a), more separators are more (1..0 > 1.0), and a
release ("-1") counts only when both versions have one. The last rule makes equality no equivalence, so the key is an
object that is compared in pairs.
"""

import re
from functools import cmp_to_key
from typing import NamedTuple

from landwaiter.versions.errors import InvalidVersionError
from landwaiter.versions.keys import SortKey, number, readable

SCHEME = "alpm"

_EPOCH = re.compile(r"([0-9]*):(.*)", re.DOTALL)
_SEGMENT = re.compile(r"([^0-9A-Za-z]*)([0-9]+|[A-Za-z]+)?")


class _Parsed(NamedTuple):
    epoch: bytes
    version: str
    release: str | None


def sort_key(version: str) -> SortKey:
    """The key of `[epoch:]version[-release]`. Raises InvalidVersionError for what is empty, very long or has NUL."""
    stripped = readable(SCHEME, version)
    with_epoch = _EPOCH.fullmatch(stripped)
    epoch, rest = with_epoch.groups() if with_epoch else ("", stripped)
    if not rest:
        raise InvalidVersionError(SCHEME, version, "nothing follows its epoch")
    before, dash, after = rest.rpartition("-")
    return _as_key(_Parsed(number(epoch), before, after) if dash else _Parsed(number(epoch), rest, None))


def _compare(a: _Parsed, b: _Parsed) -> int:
    if a.epoch != b.epoch:
        return -1 if a.epoch < b.epoch else 1
    result = _compare_parts(a.version, b.version)
    if result or a.release is None or b.release is None:
        return result
    return _compare_parts(a.release, b.release)


_as_key = cmp_to_key(_compare)


def _compare_parts(a: str, b: str) -> int:
    if a == b:
        return 0
    for (sign_a, segment_a), (sign_b, segment_b) in zip(_segments(a), _segments(b), strict=False):
        if not segment_a or not segment_b:
            return _compare_end(sign_a, segment_a, sign_b, segment_b)
        if len(sign_a) != len(sign_b):
            return -1 if len(sign_a) < len(sign_b) else 1
        if segment_a[0].isdigit() != segment_b[0].isdigit():
            return 1 if segment_a[0].isdigit() else -1
        key_a, key_b = (number(s) if s[0].isdigit() else s.encode("ascii") for s in (segment_a, segment_b))
        if key_a != key_b:
            return -1 if key_a < key_b else 1
    return 0


def _segments(part: str) -> list[tuple[str, str]]:
    return [(m[1], m[2] or "") for m in _SEGMENT.finditer(part)] + [("", "")]


def _compare_end(sign_a: str, segment_a: str, sign_b: str, segment_b: str) -> int:
    """One of the two has ended: letters that follow directly make the other the lower, anything else the higher."""
    if segment_a:
        return -1 if segment_a[0].isalpha() and (not sign_a or sign_b) else 1
    if segment_b:
        return 1 if segment_b[0].isalpha() and (not sign_b or sign_a) else -1
    return bool(sign_a) - bool(sign_b)
