"""Semantic versions (semver.org 2.0.0, item 11) as npm, Cargo, Hex and the other ecosystems that use them read them.

All of them order alike; they differ in what they accept, and a scanner meets all of it: "v" and "=" in front, missing
numbers (1.2 = 1.2.0), more than three numbers (compared as numbers), leading zeros, and node-semver's loose form
without a hyphen (1.2.3beta = 1.2.3-beta). Build metadata ("+...") never matters.
"""

import re
from collections.abc import Callable

from landwaiter.versions.errors import InvalidVersionError
from landwaiter.versions.keys import identifiers, readable, release

_VERSION = re.compile(r"[=v\s]*([0-9]+(?:\.[0-9]+)*)(?:[-.]?([^+\s]+))?(?:\+\S*)?", re.IGNORECASE)
_PRE_RELEASE = b"\1"
_RELEASE = b"\2"
_REVISION = b"\3"


def split(scheme: str, version: str) -> tuple[list[str], list[str]]:
    """The numbers of the release and the identifiers of the pre-release (empty when there is none).

    Raises InvalidVersionError when the version does not start with a number or has white space in it.
    """
    match = _VERSION.fullmatch(readable(scheme, version))
    if not match:
        raise InvalidVersionError(scheme, version, "it is no semantic version")
    pre_release: str | None = match[2]
    return match[1].split("."), pre_release.split(".") if pre_release else []


def key_for(scheme: str) -> Callable[[str], bytes]:
    """The key function of an ecosystem whose versions are semantic; `scheme` names it in errors."""

    def sort_key(version: str) -> bytes:
        numbers, pre_release = split(scheme, version)
        return key_of(numbers, pre_release)

    return sort_key


def key_of(numbers: list[str], pre_release: list[str]) -> bytes:
    """The key of a release with its pre-release identifiers: a pre-release sorts below its release."""
    return release(numbers) + (_PRE_RELEASE + identifiers(pre_release) if pre_release else _RELEASE)


def bitnami_key(version: str) -> bytes:
    """The key of a Bitnami version, where a number after the hyphen is a revision and sorts *above* the release.

    Revision 0 is the release itself, so that "1.21.0-0", which Bitnami's advisories use for "from 1.21 on", works as
    a lower bound. A word after the hyphen ("2.6.0-rc1") is a pre-release as elsewhere.
    """
    numbers, after = split("bitnami", version)
    if not after or not after[0][:1].isdigit():
        return key_of(numbers, after)
    if not any(part.strip("0") for part in after):
        return key_of(numbers, [])
    return release(numbers) + _REVISION + identifiers(after)
