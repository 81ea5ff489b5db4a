"""Alpine's order of versions, as `apk version -t` has it (apk-tools, src/version.c; apk-package(5)).

`digits{.digits}{letter}{_suffix{digits}}{~commit}{-rN}`. The rules are those of apk-tools 2.14 and 3; they differ from
older apk-tools only in numbers with leading zeros after the first dot, which are compared as text. apk also orders what
its own grammar refuses ("1.0bc", "1-ruff"): it compares as far as it can read, and what it cannot read sorts below an
end there, above a pre-release. Where dots are the trouble ("0..1"), the rest is text. Numbers after the letter, as
opensmtpd has them ("6.6.4p1"), count as they did up to apk-tools 2.12. A leading "v", which stands in some entries of
secdb, is passed over. What does not start with a number is compared as text, below all versions; it has no key, as a
range that ends at "latest" must be noticed, not evaluated.
"""

import re

from landwaiter.versions.errors import InvalidVersionError
from landwaiter.versions.keys import number, readable, text

SCHEME = "apk"

_VERSION = re.compile(
    r"v?([0-9]+)((?:\.[0-9]+)*)(?:([a-z])([0-9]*))?((?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)[0-9]*)*)"
    r"(?:~([0-9a-f]+))?(?:-r([0-9]+))?(.*)",
    re.DOTALL,
)
_SUFFIX = re.compile(r"_([a-z]+)([0-9]*)")
_PRE_RELEASE = {name: b"\1" + bytes((rank,)) for rank, name in enumerate(("alpha", "beta", "pre", "rc"))}
_UNREADABLE = b"\2"
_END = b"\3"
_REVISION = b"\4"
_COMMIT = b"\5"
_SUFFIX_NUMBER = b"\6"
_POST_RELEASE = {name: b"\7" + bytes((rank,)) for rank, name in enumerate(("cvs", "svn", "git", "hg", "p"))}
_SUFFIXES = _PRE_RELEASE | _POST_RELEASE
_LETTER = b"\x08"
_DIGITS = b"\x09"


def sort_key(version: str) -> bytes:
    """The key of an apk version. Raises InvalidVersionError when it does not start with a number."""
    match = _VERSION.fullmatch(readable(SCHEME, version))
    if not match:
        raise InvalidVersionError(SCHEME, version, "it does not start with a number")
    first, others, letter, after_letter, suffixes, commit, revision, unreadable = match.groups()
    pieces = [number(first), *(_component(digits) for digits in others.split(".")[1:])]
    if letter:
        pieces.append(_LETTER + letter.encode())
    if after_letter:
        pieces.append(_SUFFIX_NUMBER + number(after_letter))
    for name, digits in _SUFFIX.findall(suffixes):
        pieces.append(_SUFFIXES[name])
        if digits:
            pieces.append(_SUFFIX_NUMBER + number(digits))
    if commit is not None:
        pieces.append(_COMMIT + commit.encode() + b"\0")
    if revision is not None:
        pieces.append(_REVISION + number(revision))
    pieces.append(_rest(unreadable))
    return b"".join(pieces)


def compare_without_number(a: str, b: str) -> int | None:
    """Compare what does not start with a number, as apk does; None where both do.

    Raises InvalidVersionError only for what no scheme reads (empty, NUL).
    """
    readable_a, readable_b = readable(SCHEME, a), readable(SCHEME, b)
    rank_a, rank_b = ((1, "") if _VERSION.fullmatch(version) else (0, version) for version in (readable_a, readable_b))
    if rank_a[0] and rank_b[0]:
        return None
    return (rank_a > rank_b) - (rank_a < rank_b)


def _rest(unreadable: str) -> bytes:
    if not unreadable:
        return _END
    return _UNREADABLE + text(unreadable if unreadable[0] == "." else "")


def _component(digits: str) -> bytes:
    """A number after the first: with a leading zero it is text (8.2.0 < 8.2.0015 < 8.2.002), below all others."""
    if digits[0] == "0":
        return _DIGITS + b"\1" + digits.encode() + b"\0"
    return _DIGITS + b"\2" + number(digits)
