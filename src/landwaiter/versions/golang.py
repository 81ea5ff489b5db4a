"""Go's order of versions: modules (golang.org/x/mod/semver) and the toolchain itself (`stdlib`, go/version).

Modules are semantic versions with or without the "v"; pseudo-versions are pre-releases, "+incompatible" is build
metadata. A toolchain says "go1.21rc2" or "1.21rc2" where the vulnerability database says "1.21.0-rc.2".
"""

import re

from landwaiter.versions import semver

SCHEME = "golang"

_TOOLCHAIN = re.compile(r"(?:go)?([0-9]+\.[0-9]+(?:\.[0-9]+)?)(?:(alpha|beta|rc)([0-9]+))?")
_TOOLCHAIN_TAIL = re.compile(r"[-+\s].*", re.DOTALL)


def sort_key(version: str) -> bytes:
    """The key of a module's or toolchain's version. Raises InvalidVersionError ("(devel)", "devel go1.24-...")."""
    stripped = version.strip()
    if stripped.startswith("go"):
        # What follows a toolchain's version is the vendor's mark or its experiments ("go1.22.1 X:boringcrypto").
        stripped = _TOOLCHAIN_TAIL.sub("", stripped)
    match = _TOOLCHAIN.fullmatch(stripped)
    if match:
        numbers, word, count = match.groups()
        return semver.key_of(numbers.split("."), [word, count] if word else [])
    return semver.key_of(*semver.split(SCHEME, version))
