"""Debian's order of versions, as `dpkg --compare-versions` has it (deb-version(7)).

`[epoch:]upstream[-revision]`. As dpkg, odd characters and a version that does not start with a digit are read (dpkg
warns of them); an epoch that is no number, an empty part and embedded white space are not.
"""

import re

from landwaiter.versions.errors import InvalidVersionError
from landwaiter.versions.keys import number, readable

SCHEME = "deb"

_BIGGEST_EPOCH = 2**31 - 1
_EPOCH = re.compile(r"\s*[+-]?[0-9]+", re.ASCII)
_RUNS = re.compile(rb"([^0-9]*)([0-9]*)")
_END = b"\2"
_TILDE = 1
_FIRST_LETTER = 3
_DIGIT_BYTES = b"0123456789"
_LETTER_BYTES = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def _ranks() -> bytes:
    """A table for `bytes.translate`: tilde first, then (below the end's rank 2, so that it is skipped) the letters.

    dpkg adds 256 to what is no letter, with `char` signed: bytes above 127 come after letters and before ASCII signs.
    """
    signs = [b for b in range(1, 128) if b not in _DIGIT_BYTES + _LETTER_BYTES + b"~"]
    order = [*_LETTER_BYTES, *range(128, 256), *signs]
    table = bytearray(256)
    table[ord("~")] = _TILDE
    for rank, byte in enumerate(order, _FIRST_LETTER):
        table[byte] = rank
    return bytes(table)


_RANKS = _ranks()


def sort_key(version: str) -> bytes:
    """The key of a Debian version. Raises InvalidVersionError where dpkg refuses it."""
    epoch, rest = _split_epoch(version, readable(SCHEME, version))
    upstream, dash, revision = rest.rpartition("-")
    if not dash:
        upstream, revision = rest, ""
    elif not revision:
        raise InvalidVersionError(SCHEME, version, "its revision is empty")
    if not upstream:
        raise InvalidVersionError(SCHEME, version, "it has no upstream version")
    return epoch.to_bytes(4, "big") + _part(upstream) + _part(revision or "0")


def _split_epoch(version: str, stripped: str) -> tuple[int, str]:
    if " " in stripped or "\t" in stripped:
        raise InvalidVersionError(SCHEME, version, "it has white space in it")
    before, colon, after = stripped.partition(":")
    if not colon:
        return 0, stripped
    if not _EPOCH.fullmatch(before):
        raise InvalidVersionError(SCHEME, version, "its epoch is not a number")
    epoch = int(before)
    if not 0 <= epoch <= _BIGGEST_EPOCH:
        raise InvalidVersionError(SCHEME, version, "its epoch is out of range")
    if not after:
        raise InvalidVersionError(SCHEME, version, "nothing follows its epoch")
    return epoch, after


def _part(part: str) -> bytes:
    pieces = []
    for run, digits in _RUNS.findall(part.encode()):
        if run or digits:
            pieces.append(run.translate(_RANKS) + _END + number(digits.decode()))
    return b"".join(pieces) + _END
