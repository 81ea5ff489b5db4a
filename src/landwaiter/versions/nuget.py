"""NuGet's order of versions (NuGet.Versioning, VersionComparer): semantic versions of up to four numbers.

Labels are compared without regard to case, a label is a number only when it fits 32 bits, metadata does not matter.
"""

import re

from landwaiter.versions import semver
from landwaiter.versions.keys import release, text

SCHEME = "nuget"

_LABEL_NUMBER = re.compile(r"-?[0-9]+", re.ASCII)
_INT32 = 2**31
_PRE_RELEASE = b"\1"
_RELEASE = b"\2"


def sort_key(version: str) -> bytes:
    """The key of a NuGet version. Raises InvalidVersionError when it does not start with a number."""
    numbers, labels = semver.split(SCHEME, version)
    if not labels:
        return release(numbers) + _RELEASE
    return release(numbers) + _PRE_RELEASE + b"".join(map(_label, labels)) + b"\0"


def _label(label: str) -> bytes:
    if _LABEL_NUMBER.fullmatch(label) and -_INT32 <= (value := int(label)) < _INT32:
        return b"\1" + (value + _INT32).to_bytes(4, "big")
    return b"\2" + text(label.upper())
