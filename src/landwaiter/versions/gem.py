"""RubyGems' order of versions (Gem::Version of Ruby).

Segments are numbers and words; a word makes a pre-release and sorts below any number, and a hyphen stands for ".pre.".
Missing segments count as zero, so 1 = 1.0 and 1.a = 1.0.a. "1beta", which RubyGems now refuses,
is 1.beta.
"""

import re

from landwaiter.versions.errors import InvalidVersionError
from landwaiter.versions.keys import number, readable, text

SCHEME = "gem"

_VERSION = re.compile(r"v?([0-9]+[A-Za-z]*(?:\.[0-9A-Za-z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)")
_SEGMENT = re.compile(r"[0-9]+|[A-Za-z]+")
_WORD_AFTER_ZEROS = b"\1"
_END = b"\2"
_NUMBER_AFTER_ZEROS = b"\3"
_MOST_ZEROS = 0xFFFF


def sort_key(version: str) -> bytes:
    """The key of a gem's version. Raises InvalidVersionError where it has not the form of one."""
    match = _VERSION.fullmatch(readable(SCHEME, version))
    if not match:
        raise InvalidVersionError(SCHEME, version, "its form is not that of a gem's version")
    segments = _SEGMENT.findall(match[1].replace("-", ".pre."))
    return _key(_without_zeros_before_words(segments))


def _without_zeros_before_words(segments: list[str]) -> list[str]:
    """The zeros that end the numeric part say nothing: 1.0.a is 1.a."""
    first_word = next((i for i, segment in enumerate(segments) if segment[0] > "9"), len(segments))
    end = first_word
    while end and not segments[end - 1].strip("0"):
        end -= 1
    return segments[:end] + segments[first_word:]


def _key(segments: list[str]) -> bytes:
    """Zeros are counted, not written, since any number of them follows the end.

    A word after zeros sorts below the end, the further off the higher; a number after zeros the other way about.
    """
    pieces = []
    zeros = 0
    for segment in segments:
        if segment[0] > "9":
            pieces.append(_WORD_AFTER_ZEROS + zeros.to_bytes(2, "big") + text(segment))
        elif segment.strip("0"):
            pieces.append(_NUMBER_AFTER_ZEROS + (_MOST_ZEROS - zeros).to_bytes(2, "big") + number(segment))
        else:
            zeros += 1
            continue
        zeros = 0
    return b"".join(pieces) + _END
