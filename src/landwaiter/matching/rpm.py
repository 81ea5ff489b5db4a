"""When an rpm erratum speaks of an installed package at all, beyond its name: modules, live patches, certified builds.

Modular packages (RHEL 8 and 9 and their rebuilds) carry `.module_el8…` or `.module+el8…` in the release and a label
`name:stream:version:context:arch` in the header. An erratum for one stream says nothing of another, nor of a build that
is no module's, although the names are the same and rpm would order their versions.
"""

import re
from collections.abc import Sequence

from landwaiter.advisories.models import Affected, bounds_of
from landwaiter.inventory.models import Package

_MODULE = re.compile(r"\.module[_+]el?\d")
_NUMBER = re.compile(r"\d+")
_STREAM = re.compile(r"\d+(?:\.\d+)*\Z")


def other_build(package: Package, affected: Affected) -> str:
    """Return why the statement is about another build than the installed one; "" when it is about this one."""
    fixes = bounds_of(affected.ranges)
    return (
        _other_module(package, affected, fixes)
        or _other_kind(package, fixes, ".ksplice", "live-patchable (ksplice)")
        or _other_kind(package, fixes, "_fips", "FIPS-certified")
        or _other_repository(package, affected, fixes)
    )


def _other_module(package: Package, affected: Affected, fixes: Sequence[str]) -> str:
    modular = bool(package.modularity) or _MODULE.search(package.version) is not None
    speaks_of_module = bool(affected.streams) or any(map(_MODULE.search, fixes))
    if speaks_of_module and not modular:
        return "it is about a module's build, which this is not"
    if modular and not speaks_of_module:
        return "it is about a build outside of modules, and this is a module's"
    return _other_stream(package, affected, fixes) if modular else ""


def _other_stream(package: Package, affected: Affected, fixes: Sequence[str]) -> str:
    """Compare streams where both sides name theirs; else a stream is taken to be a major version."""
    label = ":".join(package.modularity.split(":")[:2])
    if label and affected.streams:
        return "" if label in affected.streams else f"it is about {', '.join(affected.streams)}, this is {label}"
    installed = _major(package.version)
    return "" if not fixes or installed in map(_major, fixes) else f"it is about another stream than {installed}"


def _major(version: str) -> str:
    found = _NUMBER.search(version.rpartition(":")[2])
    return found.group() if found else ""


def _other_kind(package: Package, fixes: Sequence[str], mark: str, word: str) -> str:
    if not fixes:
        return ""
    installed, fixed = mark in package.version, any(mark in version for version in fixes)
    if installed == fixed:
        return ""
    return (
        f"it is about a {word} build, which this is not" if fixed else f"this is a {word} build, which it is not about"
    )


def _other_repository(package: Package, affected: Affected, fixes: Sequence[str]) -> str:
    """Amazon's extras (kernel-5.15, php8.2, nginx1) have other streams of a package under the name it has elsewhere.

    The number at the end of the repository's name is the stream, where the fixed versions begin with it.
    """
    stream = _STREAM.search(affected.repository)
    if stream is None or not any(_begins(version, stream.group()) for version in fixes):
        return ""
    return "" if _begins(package.version, stream.group()) else f"it is about the repository {affected.repository}"


def _begins(version: str, stream: str) -> bool:
    upstream = version.rpartition(":")[2]
    return upstream == stream or upstream.startswith((f"{stream}.", f"{stream}-"))
