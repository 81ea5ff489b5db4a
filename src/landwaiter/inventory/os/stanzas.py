"""Text that package databases have in common: decoding, and how much of it a package's field may hold."""

import re
from collections.abc import Iterator

from landwaiter.errors import InputError

_GAP = re.compile(rb"\n(?:[ \t\r]*+\n)++")
MAX_ENTRIES = 200_000
"""Most entries that are read of one database; the largest real ones have some ten thousand."""
MAX_OWNED = 1_000_000
"""Most files that are read of one database."""
MAX_FIELD = 512
"""Longest name or version that is believed, in characters; real ones have less than 100."""


def stanzas(content: bytes) -> Iterator[bytes]:
    """Yield the parts of a database that empty lines separate. Raises InputError after `MAX_ENTRIES` of them."""
    start = count = 0
    for gap in _GAP.finditer(content):
        if content[start : gap.start()].strip():
            yield content[start : gap.start()]
            count += 1
        if count >= MAX_ENTRIES:
            raise InputError(f"The database has more than {MAX_ENTRIES:,} entries.")
        start = gap.end()
    if content[start:].strip():
        yield content[start:]


def text(content: bytes) -> str:
    """Decode a field; what is not UTF-8 becomes the replacement character, so that it is seen and harmless."""
    return content.decode("utf-8", "replace").strip()


def plausible(name: str, version: str) -> bool:
    """Tell whether this can be a package: both are there, of sane length, and the name has no blanks in it."""
    if not name or not version or len(name) > MAX_FIELD or len(version) > MAX_FIELD:
        return False
    # str.isprintable is false for control characters and for all blanks but the space.
    return name.isprintable() and version.isprintable() and " " not in name and " " not in version


def malformed(count: int, what: str = "entries") -> str:
    """Say how many parts of a database were not understood."""
    return f"{count:,} {what} of this database could not be understood and are missing from the inventory."
