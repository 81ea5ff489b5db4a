"""Every version that the advisories of the shared data speak of is read, and Python's are ordered as packaging has it."""

import json
import zipfile
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from packaging.version import InvalidVersion, Version

from landwaiter.versions import InvalidVersionError, compare, scheme_of, sort_key

ADVISORIES = Path(__file__).resolve().parents[4] / "shared" / "data" / "advisories"
ECOSYSTEMS = (
    "Debian",
    "AlmaLinux",
    "Alpine",
    "Red Hat",
    "Rocky Linux",
    "PyPI",
    "npm",
    "Maven",
    "RubyGems",
    "NuGet",
    "Packagist",
    "Hex",
    "Bitnami",
)
UNREADABLE = {"nightly.2026-03-10.0"}


@cache
def versions_of(ecosystem: str) -> list[str]:
    archive = ADVISORIES / "osv" / ecosystem / "all.zip"
    if not archive.exists():
        pytest.skip("the shared advisories are not on this machine")
    found: set[str] = set()
    with zipfile.ZipFile(archive) as opened:
        for name in opened.namelist():
            for affected in json.loads(opened.read(name)).get("affected") or []:
                found.update(affected.get("versions") or [])
                for of in affected.get("ranges") or []:
                    if of["type"] != "GIT":
                        found.update(version for event in of["events"] for version in event.values())
    return sorted(found)


@pytest.mark.parametrize("ecosystem", ECOSYSTEMS)
def test_all_are_read(ecosystem: str) -> None:
    scheme = scheme_of(ecosystem)
    refused = set()
    for version in versions_of(ecosystem):
        try:
            sort_key(scheme, version)
        except InvalidVersionError:
            refused.add(version)
    assert refused <= UNREADABLE


@pytest.mark.parametrize("release", ["v3.18", "v3.24", "edge"])
def test_all_of_alpines_secdb_are_read(release: str) -> None:
    files = sorted((ADVISORIES / "alpine-secdb" / release).glob("*.json"))
    if not files:
        pytest.skip("the shared advisories are not on this machine")
    for file in files:
        for package in json.loads(file.read_text())["packages"]:
            for version in package["pkg"]["secfixes"]:
                assert sort_key("apk", version)


def test_pythons_are_ordered_as_packaging_has_it() -> None:
    readable = []
    for version in versions_of("PyPI"):
        try:
            readable.append((Version(version), version))
        except InvalidVersion:
            continue
    for (left, a), (right, b) in pairwise(readable):
        assert compare("pypi", a, b) == (left > right) - (left < right), (a, b)
    assert sorted((v for _, v in readable), key=lambda v: sort_key("pypi", v)) == [
        v for _, v in sorted(readable, key=lambda p: p[0])
    ]
