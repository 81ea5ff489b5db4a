"""RPM's order of versions, as `rpm.vercmp` has it (rpmvercmp.c, rpmver.c of rpm 4.18 and later).

`[epoch:]version[-release]`. Anything is read: what is neither letter, digit, tilde nor caret only separates. A version
without a release sorts before the same version with any release.
"""

import re

from landwaiter.versions.keys import number, readable

SCHEME = "rpm"

_EPOCH = re.compile(r"([0-9]*):(.*)", re.DOTALL)
_SEGMENTS = re.compile(r"[0-9]+|[A-Za-z]+|~|\^")
_TILDE = b"\1"
_END = b"\2"
_CARET = b"\3"
_ALPHA = b"\4"
_NUMBER = b"\5"
_MARKS = {"~": _TILDE, "^": _CARET}
_NO_RELEASE = b"\0"
_RELEASE = b"\1"


def sort_key(version: str) -> bytes:
    """The key of `[epoch:]version[-release]`. Raises InvalidVersionError for what is empty, very long or has NUL."""
    stripped = readable(SCHEME, version)
    with_epoch = _EPOCH.fullmatch(stripped)
    epoch, rest = with_epoch.groups() if with_epoch else ("", stripped)
    before, dash, after = rest.rpartition("-")
    if not dash:
        return number(epoch) + _part(rest) + _NO_RELEASE
    return number(epoch) + _part(before) + _RELEASE + _part(after)


def _part(part: str) -> bytes:
    pieces = []
    for segment in _SEGMENTS.findall(part):
        mark = _MARKS.get(segment)
        if mark:
            pieces.append(mark)
        elif segment[0] <= "9":
            pieces.append(_NUMBER + number(segment))
        else:
            pieces.append(_ALPHA + segment.encode("ascii"))
    return b"".join(pieces) + _END
