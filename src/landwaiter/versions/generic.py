"""An order for software that has none of its own: runtimes and servers found as bare files (`pkg:generic`).

Numbers by value, words by the alphabet. The words by which people announce a release that is still to come sort below
the release (3.0.0-beta1 < 3.0.0), all others above it (1.1.1 < 1.1.1k, 9.6 < 9.6p1). 1.0 = 1.0.0.
"""

import re

from landwaiter.versions.errors import InvalidVersionError
from landwaiter.versions.keys import number, readable, text

SCHEME = "generic"

_TOKEN = re.compile(r"[0-9]+|[^\W\d_]+")
_BEFORE = ("dev", "nightly", "snapshot", "alpha", "beta", "milestone", "preview", "pre", "rc")
_SHORT = {"a": "alpha", "b": "beta", "m": "milestone", "cr": "rc", "canary": "nightly"}
_PRE_RELEASE = b"\1"
_END = b"\2"
_WORD = b"\3"
_NUMBER = b"\4"


def sort_key(version: str) -> bytes:
    """The key of any version that has a number in it. Raises InvalidVersionError where there is none."""
    public, _, _ = readable(SCHEME, version).lower().partition("+")
    tokens = _TOKEN.findall(public.removeprefix("v"))
    if not any(token[0] in "0123456789" for token in tokens):
        raise InvalidVersionError(SCHEME, version, "there is no number in it")
    pieces = []
    for index, token in enumerate(tokens):
        if token[0] in "0123456789":
            if not _only_zeros_until_word(tokens, index):
                pieces.append(_NUMBER + number(token))
        else:
            pieces.append(_word(token, followed=index + 1 < len(tokens)))
    return b"".join(pieces) + _END


def _only_zeros_until_word(tokens: list[str], index: int) -> bool:
    for token in tokens[index:]:
        if token.strip("0"):
            return token[0] not in "0123456789"
    return True


def _word(word: str, *, followed: bool) -> bytes:
    """A single letter is short for a pre-release only before a number ("1.0b2"); alone it is a patch ("1.0.2b")."""
    full = word if len(word) == 1 and not followed else _SHORT.get(word, word)
    if full in _BEFORE:
        return _PRE_RELEASE + bytes((_BEFORE.index(full),))
    return _WORD + text(word)
