"""Alpine's order of versions, as `apk version -t` has it (apk-tools, src/version.c; apk-package(5)).

`digits{.digits}{letter}{_suffix{digits}}{~commit}{-rN}`. The rules are those of apk-tools 2.14 and 3; they differ from
older apk-tools only in numbers with leading zeros after the first dot, which are compared as text. apk also orders what
its own grammar refuses ("1.0bc", "1-ruff"): it compares as far as it can read, and what it cannot read sorts above an
end there (as in apk-tools up to 2.12). A leading "v", which stands in some entries of secdb, is passed over. What does
not start with a number has no order.
"""

import re

from landwaiter.versions.errors import InvalidVersionError
from landwaiter.versions.keys import number, readable

SCHEME = "apk"

_VERSION = re.compile(
    r"v?([0-9]+)((?:\.[0-9]+)*)([a-z]?)((?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)[0-9]*)*)(?:~([0-9a-f]+))?(?:-r([0-9]*))?(.*)",
    re.DOTALL,
)
_SUFFIX = re.compile(r"_([a-z]+)([0-9]*)")
_PRE_RELEASE = {name: b"\1" + bytes((rank,)) for rank, name in enumerate(("alpha", "beta", "pre", "rc"))}
_END = b"\2"
_REVISION = b"\3"
_COMMIT = b"\4"
_SUFFIX_NUMBER = b"\5"
_POST_RELEASE = {name: b"\6" + bytes((rank,)) for rank, name in enumerate(("cvs", "svn", "git", "hg", "p"))}
_SUFFIXES = _PRE_RELEASE | _POST_RELEASE
_LETTER = b"\7"
_DIGITS = b"\x08"
_UNREADABLE = b"\x09"


def sort_key(version: str) -> bytes:
    """The key of an apk version. Raises InvalidVersionError when it does not start with a number."""
    match = _VERSION.fullmatch(readable(SCHEME, version))
    if not match:
        raise InvalidVersionError(SCHEME, version, "it does not start with a number")
    first, others, letter, suffixes, commit, revision, unreadable = match.groups()
    pieces = [number(first), *(_component(digits) for digits in others.split(".")[1:])]
    if letter:
        pieces.append(_LETTER + letter.encode())
    for name, digits in _SUFFIX.findall(suffixes):
        pieces.append(_SUFFIXES[name])
        if digits:
            pieces.append(_SUFFIX_NUMBER + number(digits))
    if commit is not None:
        pieces.append(_COMMIT + commit.encode() + b"\0")
    if revision is not None:
        pieces.append(_REVISION + number(revision))
    pieces.append(_UNREADABLE if unreadable else _END)
    return b"".join(pieces)


def _component(digits: str) -> bytes:
    """A number after the first: with a leading zero it is text (8.2.0 < 8.2.0015 < 8.2.002), below all others."""
    if digits[0] == "0":
        return _DIGITS + b"\1" + digits.encode() + b"\0"
    return _DIGITS + b"\2" + number(digits)
