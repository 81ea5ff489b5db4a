"""Python's order of versions: PEP 440 by `packaging`, and for what PEP 440 refuses the order of old setuptools.

Legacy versions sort below every PEP 440 version, as they did in pip while it still took them; any text is read.
"""

import re
from typing import Final

from packaging.version import InvalidVersion, Version

from landwaiter.versions.keys import number, readable, release, text

SCHEME = "pypi"

_LEGACY = b"\0"
_PEP440 = b"\1"
_LOWEST = b"\0"
_HIGHEST = b"\xff"
_GIVEN = b"\1"
_LEGACY_PART = re.compile(r"([0-9]+|[a-z]+|\.|-)")
_LEGACY_WORDS = {"pre": "c", "preview": "c", "-": "final-", "rc": "c", "dev": "@"}
_LEGACY_WIDTH = 8
_LEGACY_ZERO: Final = "0" * _LEGACY_WIDTH


def sort_key(version: str) -> bytes:
    """The key of a Python package's version. Raises InvalidVersionError only for what no scheme reads (empty, NUL)."""
    stripped = readable(SCHEME, version)
    try:
        parsed = Version(stripped)
    except InvalidVersion:
        return _LEGACY + b"".join(text(part) for part in _legacy_parts(stripped.lower()))
    numbers = release([str(n) for n in parsed.release])
    return b"".join((_PEP440, number(str(parsed.epoch)), numbers, _pre(parsed), _post(parsed), _dev(parsed))) + _local(
        parsed
    )


def _pre(version: Version) -> bytes:
    if version.pre is not None:
        word, count = version.pre
        return _GIVEN + text(word) + number(str(count))
    # 1.0.dev1 comes before 1.0a1, which comes before 1.0.
    return _LOWEST if version.post is None and version.dev is not None else _HIGHEST


def _post(version: Version) -> bytes:
    return _LOWEST if version.post is None else _GIVEN + number(str(version.post))


def _dev(version: Version) -> bytes:
    return _HIGHEST if version.dev is None else _GIVEN + number(str(version.dev))


def _local(version: Version) -> bytes:
    if version.local is None:
        return _LOWEST
    parts = (b"\2" + number(part) if part.isdigit() else b"\1" + text(part) for part in version.local.split("."))
    return _GIVEN + b"".join(parts) + _LOWEST


def _legacy_parts(version: str) -> list[str]:
    """The parts that setuptools' parse_version() of before PEP 440 compared one by one."""
    parts: list[str] = []
    for found in [*_LEGACY_PART.split(version), "final"]:
        if not found or found == ".":
            continue
        word = _LEGACY_WORDS.get(found, found)
        if word[0] in "0123456789":
            parts.append(word.zfill(_LEGACY_WIDTH))
            continue
        part = "*" + word
        if part < "*final":
            while parts and parts[-1] == "*final-":
                parts.pop()
        while parts and parts[-1] == _LEGACY_ZERO:
            parts.pop()
        parts.append(part)
    return parts
