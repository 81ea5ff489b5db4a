"""Matches on real data, against an evaluation that shares no code with ours.

The feeds' JSON is read plainly; `packaging`, dpkg and rpm themselves compare the versions.
"""

import json
import random
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from functools import cmp_to_key
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from landwaiter.advisories.bundle import Bundle
from landwaiter.images.models import ImageConfig
from landwaiter.images.open import open_source
from landwaiter.images.platform import Platform
from landwaiter.inventory.models import Coverage, ImageSummary, Inventory, Location, OsRelease, Package
from landwaiter.inventory.take import take_inventory
from landwaiter.matching.match import match

Compare = Callable[[str, str], int]
Pairs = set[tuple[str, str, str]]
"""(package, installed version, record id)"""

PYPI = [
    "django==4.2.1",
    "django==3.2",
    "flask==2.2.2",
    "requests==2.28.1",
    "urllib3==1.26.12",
    "cryptography==39.0.0",
    "jinja2==3.1.2",
    "werkzeug==2.2.2",
    "pillow==9.5.0",
    "aiohttp==3.8.6",
    "fastapi==0.65.0",
    "starlette==0.26.1",
    "certifi==2022.12.7",
    "tornado==6.2",
    "paramiko==2.4.1",
    "pyjwt==2.4.0",
    "oauthlib==3.1.0",
    "protobuf==3.20.1",
    "sqlalchemy==1.3.0",
    "celery==5.0.0",
    "lxml==4.6.2",
    "numpy==1.16.0",
    "pyyaml==5.3",
    "tensorflow==2.4.0",
    "ansible==2.9.1",
    "salt==2019.2.0",
    "plone==5.0",
    "mlflow==2.0.0",
    "gradio==3.0",
    "apache-airflow==2.1.0",
    "notebook==6.0.0",
    "scrapy==1.8.0",
    "twisted==19.10.0",
    "bleach==3.1.0",
    "markdown2==2.3.5",
    "transformers==4.30.0",
    "torch==1.9.0",
    "wagtail==2.11.6",
    "zope==4.0",
    "setuptools==65.0.0",
    "pip==21.0",
    "wheel==0.37.0",
    "black==23.0",
    "gunicorn==20.1.0",
    "httpx==0.22.0",
    "rsa==4.0",
    "pycrypto==2.6.1",
    "feedparser==5.1",
    "nltk==3.5",
    "opencv-python==4.2.0.32",
    "keras==2.6.0",
    "vyper==0.3.7",
]


def records(data: Path, *zips: str) -> Iterator[dict[str, Any]]:
    for name in zips:
        with zipfile.ZipFile(data / "advisories" / name) as archive:
            for member in archive.namelist():
                record = json.loads(archive.read(member))
                if not record.get("withdrawn"):
                    yield record


def in_range(events: list[dict[str, str]], version: str, compare: Compare) -> bool:
    """The OSV schema's evaluation, as plainly as it is written there."""
    order = cmp_to_key(compare)
    named = [(kind, value) for event in events for kind, value in event.items()]
    starts = [value for kind, value in named if kind == "introduced"]
    vulnerable = "0" in starts
    rest = [(kind, value) for kind, value in named if value != "0"]
    for kind, value in sorted(rest, key=lambda pair: (order(pair[1]), pair[0] == "introduced")):
        if kind == "introduced" and compare(version, value) >= 0:
            vulnerable = True
        if kind == "fixed" and compare(version, value) >= 0:
            vulnerable = False
        if kind == "last_affected" and compare(version, value) > 0:
            vulnerable = False
    return vulnerable


def ours(inventory: Inventory, bundle: Bundle, ids: set[str]) -> Pairs:
    """All (package, version, record) that our findings name, of the records `ids`."""
    findings = match(inventory, bundle).findings
    return {
        (finding.package.name, finding.package.version, name)
        for finding in findings
        for name in (finding.id, *finding.aliases)
        if name in ids
    }


def an_inventory(packages: list[Package], os: OsRelease | None = None) -> Inventory:
    return Inventory(ImageSummary("x", "", Platform(), (), ImageConfig()), os, tuple(packages), Coverage(complete=True))


def pep440(one: str, other: str) -> int:
    a, b = Version(one), Version(other)
    return (a > b) - (a < b)


def test_pypi_with_packaging(data: Path, bundle: Bundle) -> None:
    installed = [tuple(item.split("==")) for item in PYPI]
    wanted: dict[str, list[str]] = {}
    for name, version in installed:
        wanted.setdefault(canonicalize_name(name), []).append(version)
    expected: Pairs = set()
    ids: set[str] = set()
    for record in records(data, "osv/PyPI/all.zip"):
        ids.add(record["id"])
        for affected in record["affected"]:
            package = affected.get("package") or {}
            for version in wanted.get(canonicalize_name(package.get("name", "")), ()):
                if package["ecosystem"] != "PyPI":
                    continue
                if pypi_affected(affected, version):
                    expected.add((package["name"], version, record["id"]))
    packages = [Package("pypi", name, version, f"pkg:pypi/{name}@{version}") for name, version in installed]
    found = {(canonicalize_name(n), v, r) for n, v, r in ours(an_inventory(packages), bundle, ids)}
    assert len(expected) > 800
    assert found == {(canonicalize_name(n), v, r) for n, v, r in expected}


def pypi_affected(affected: dict[str, Any], version: str) -> bool:
    ranges = [item for item in affected.get("ranges") or () if item["type"] != "GIT"]
    listed = any(same_version(version, other) for other in affected.get("versions") or ())
    return listed or any(in_range(readable(item["events"]), version, pep440) for item in ranges)


def readable(events: list[dict[str, str]]) -> list[dict[str, str]]:
    """With the release number of versions that are none of PEP 440 ("2.6.0-NA", made from a CPE)."""
    return [{kind: value if is_pep440(value) else release(value) for kind, value in event.items()} for event in events]


def is_pep440(text: str) -> bool:
    try:
        return Version(text) is not None
    except InvalidVersion:
        return False


def release(text: str) -> str:
    found = re.match(r"\d+(\.\d+)*", text)
    return found.group() if found else text


def same_version(one: str, other: str) -> bool:
    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return one == other


def dpkg(one: str, other: str) -> int:
    for sign, word in ((-1, "lt"), (1, "gt")):
        if subprocess.run(["dpkg", "--compare-versions", one, word, other], check=False).returncode == 0:
            return sign
    return 0


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="needs dpkg itself")
def test_debian_with_dpkg(data: Path, bundle: Bundle) -> None:
    """Sources of Debian 10 at versions that the announcements themselves name, so that many are just below a fix."""
    fixes: dict[str, list[tuple[str, str]]] = {}
    for record in records(data, "osv-derived/Debian/all.zip"):
        for affected in record["affected"]:
            if affected["package"]["ecosystem"] == "Debian:10":
                for event in affected["ranges"][0]["events"]:
                    if "fixed" in event:
                        fixes.setdefault(affected["package"]["name"], []).append((record["id"], event["fixed"]))
    chosen = random.Random(7).sample(sorted(name for name in fixes if len(fixes[name]) > 2), 60)
    packages, expected = [], set()
    for name in chosen:
        version = sorted(fixes[name])[len(fixes[name]) // 2][1]
        packages.append(Package("deb", name, version, f"pkg:deb/debian/{name}@{version}"))
        expected |= {(name, version, record) for record, fixed in fixes[name] if dpkg(version, fixed) < 0}
    ids = {record for found in fixes.values() for record, _ in found}
    assert len(expected) > 60
    assert ours(an_inventory(packages, OsRelease("debian", "10")), bundle, ids) == expected


def rpm_orders(pairs: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Let rpm compare all pairs of one part of versions in one go."""
    ordered = sorted(pairs)
    calls = " ".join(f'print(rpm.vercmp("{a}", "{b}"), "");' for a, b in ordered)
    output = subprocess.run(["rpm", "--eval", f"%{{lua: {calls} }}"], check=True, capture_output=True, text=True).stdout
    return dict(zip(ordered, map(int, output.split()), strict=True))


def evr(version: str) -> tuple[str, str, str]:
    epoch, colon, rest = version.partition(":")
    upstream, _, release = (rest if colon else version).rpartition("-")
    return (epoch if colon else "0", upstream, release)


@pytest.mark.skipif(shutil.which("rpm") is None, reason="needs rpm itself")
@pytest.mark.parametrize("name", ["almalinux-8-micro-20230523-s390x", "almalinux-9-micro-20231125-aarch64"])
def test_almalinux_with_rpm(data: Path, bundle: Bundle, name: str) -> None:
    """A real image's rpm database, every security erratum that names one of its packages, rpm's own comparison."""
    root = data / "pkgdb" / name
    with open_source(f"rootfs:{root}") as source:
        inventory = take_inventory(source, cache=None)
    listed = [line.split()[:2] for line in (root / "expected.txt").read_text().splitlines()]
    assert {package.name for package in inventory.packages} == {row[0] for row in listed} - {"gpg-pubkey"}
    installed = {package.name: package.version for package in inventory.packages}
    ecosystem = f"AlmaLinux:{name[len('almalinux-')]}"
    rows = []
    for record in records(data, "osv/AlmaLinux/all.zip"):
        if record["id"].startswith("ALSA") or any(cve.startswith("CVE") for cve in record["related"]):
            for affected in record["affected"]:
                package = affected["package"]
                fixed = affected["ranges"][0]["events"][1]["fixed"]
                if package["ecosystem"] == ecosystem and package["name"] in installed and ".module_el" not in fixed:
                    rows.append((package["name"], record["id"], fixed))
    parts = {pair for n, _, fixed in rows for pair in zip(evr(installed[n]), evr(fixed), strict=True)}
    order = rpm_orders(parts)

    def below(one: str, other: str) -> bool:
        signs = [order[pair] for pair in zip(evr(one), evr(other), strict=True)]
        return next((sign for sign in signs if sign), 0) < 0

    expected = {(n, installed[n], record) for n, record, fixed in rows if below(installed[n], fixed)}
    assert len(expected) > 5
    assert ours(inventory, bundle, {record for _, record, _ in rows}) == expected


@pytest.mark.parametrize("name", ["alpine-3.18.9-x86_64", "alpine-3.12.12-x86_64"])
def test_alpine_with_the_plain_secdb(data: Path, bundle: Bundle, name: str) -> None:
    """Every origin that the release mended once: one revision below the fix, and at the fix."""
    root = data / "pkgdb" / name
    with open_source(f"rootfs:{root}") as source:
        inventory = take_inventory(source, cache=None)
    assert len(inventory.packages) == len((root / "expected.txt").read_text().splitlines())
    release = "v" + name.split("-")[1].rpartition(".")[0]
    database = json.loads((data / "advisories" / "alpine-secdb" / release / "main.json").read_text())
    packages, expected, mended = [], set(), set()
    for item in database["packages"]:
        for version, texts in item["pkg"]["secfixes"].items():
            ids = [text for text in texts if text.startswith("CVE-") and text.replace("-", "").isalnum()]
            head, mark, revision = version.rpartition("-r")
            if mark and int(revision) > 0 and ids and len(item["pkg"]["secfixes"]) == 1:
                before, source = f"{head}-r{int(revision) - 1}", item["pkg"]["name"]
                packages += [Package("apk", f"of-{source}", v, "", source_of(source, v)) for v in (before, version)]
                expected |= {(f"of-{source}", before, cve) for cve in ids}
                mended |= {(f"of-{source}", version) for _ in ids}
    assert len(expected) > 25
    found = {
        (finding.package.name, finding.package.version, finding.id)
        for finding in match(an_inventory(packages, inventory.os), bundle).findings
        if finding.reason.feed == "alpine-secdb"
    }
    assert found == expected
    assert mended.isdisjoint({pair[:2] for pair in found})


def source_of(name: str, version: str) -> Any:
    from landwaiter.inventory.models import SourcePackage

    return SourcePackage(name, version)


def test_every_finding_says_why(data: Path, bundle: Bundle) -> None:
    packages = [
        Package("pypi", name, version, f"pkg:pypi/{name}@{version}", locations=(Location(f"a/{name}", 0),))
        for name, version in (tuple(item.split("==")) for item in PYPI)
    ]
    for finding in match(an_inventory(packages), bundle).findings:
        reason = finding.reason
        assert reason.record in (finding.id, *finding.aliases)
        assert reason.range.startswith(">=") or reason.range == "listed in versions"
        assert reason.compared == finding.package.version
        assert (reason.feed, reason.scheme) == ("osv/PyPI", "pypi")
        assert finding.severity in ("critical", "high", "medium", "low", "negligible", "unknown")
        assert finding.summary
