"""A handful of real advisories for the demo's image, written as the public feeds lay them out.

Only facts are kept here (names, ranges, fixed versions, CVSS vectors); they are as of November 2026 and far from
complete, which the verdict says. `make demo FEEDS=<folder>` takes a real mirror instead.
"""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

_MODIFIED = "2026-11-01T00:00:00Z"
_V3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/"


class Fact(msgspec.Struct, frozen=True):
    """One vulnerability of one package: `events` are OSV events in order, `vector` a CVSS vector or ""."""

    record: str
    cve: str
    package: str
    events: tuple[tuple[str, str], ...]
    vector: str
    summary: str


def _below(fixed: str, introduced: str = "0") -> tuple[tuple[str, str], ...]:
    return (("introduced", introduced), ("fixed", fixed))


_PYPI = (
    Fact(
        "GHSA-m2qf-hxjv-5gpq",
        "CVE-2023-30861",
        "flask",
        (*_below("2.2.5"), *_below("2.3.2", "2.3.0")),
        _V3 + "C:H/I:N/A:N",
        "Session cookie may be cached and sent to other clients",
    ),
    Fact(
        "GHSA-px8h-6qxv-m22q",
        "CVE-2023-23934",
        "werkzeug",
        _below("2.2.3"),
        "CVSS:3.1/AV:A/AC:H/PR:N/UI:R/S:U/C:N/I:L/A:N",
        "Nameless cookies are parsed as valid ones",
    ),
    Fact(
        "GHSA-xg9f-g7g7-2323",
        "CVE-2023-25577",
        "werkzeug",
        _below("2.2.3"),
        _V3 + "C:N/I:N/A:H",
        "Unlimited multipart form data uses up resources",
    ),
    Fact(
        "GHSA-2g68-c3qc-8985",
        "CVE-2024-34069",
        "werkzeug",
        _below("3.0.3"),
        "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:H/I:H/A:H",
        "Debugger can run code of an attacker's domain",
    ),
    Fact(
        "GHSA-h5c8-rqwp-cp95",
        "CVE-2024-22195",
        "jinja2",
        _below("3.1.3"),
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:L/I:L/A:N",
        "xmlattr filter allows attribute injection",
    ),
    Fact(
        "GHSA-cpwx-vrp4-4pq7",
        "CVE-2025-27516",
        "jinja2",
        _below("3.1.6"),
        "CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:P/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
        "Sandbox breakout through the attr filter",
    ),
    Fact(
        "GHSA-v845-jxx5-vc9f",
        "CVE-2023-43804",
        "urllib3",
        (*_below("1.26.17"), *_below("2.0.6", "2.0.0")),
        "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:N",
        "Cookie header is kept on redirects to other hosts",
    ),
    Fact(
        "GHSA-j8r2-6x86-q33q",
        "CVE-2023-32681",
        "requests",
        _below("2.31.0", "2.3.0"),
        "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:C/C:H/I:N/A:N",
        "Proxy-Authorization header leaks to the destination",
    ),
    Fact(
        "GHSA-xqr8-7jwr-rhp7",
        "CVE-2023-37920",
        "certifi",
        _below("2023.7.22", "2015.4.28"),
        _V3 + "C:H/I:H/A:H",
        "Removal of a distrusted root certificate",
    ),
)
_NPM = (
    Fact(
        "GHSA-xvch-5gv4-984h",
        "CVE-2021-44906",
        "minimist",
        (*_below("0.2.4"), *_below("1.2.6", "1.0.0")),
        _V3 + "C:H/I:H/A:H",
        "Prototype pollution",
    ),
    Fact(
        "GHSA-35jh-r3h4-6jhm",
        "CVE-2021-23337",
        "lodash",
        _below("4.17.21"),
        "CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H",
        "Command injection through templates",
    ),
    Fact(
        "GHSA-jpcq-cgw6-v4j6",
        "CVE-2020-11023",
        "jquery",
        _below("3.5.0", "1.0.3"),
        "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:C/C:L/I:L/A:N",
        "Untrusted option elements run code",
    ),
    Fact(
        "GHSA-cph5-m8f7-6c5x",
        "CVE-2021-3749",
        "axios",
        _below("0.21.2"),
        _V3 + "C:N/I:N/A:H",
        "Regular expression denial of service",
    ),
)
_ALPINE_317 = {
    "openssl": {"3.0.7-r2": ["CVE-2022-3996"], "3.0.8-r0": ["CVE-2023-0286", "CVE-2023-0215", "CVE-2022-4450"]},
    "curl": {"7.87.0-r0": ["CVE-2022-43551", "CVE-2022-43552"], "8.4.0-r0": ["CVE-2023-38545", "CVE-2023-38546"]},
    "busybox": {"1.35.0-r17": ["CVE-2022-30065"]},
}
_ALPINE_VECTORS = {
    "CVE-2022-3996": _V3 + "C:N/I:N/A:H",
    "CVE-2022-4450": _V3 + "C:N/I:N/A:H",
    "CVE-2023-0215": _V3 + "C:N/I:N/A:H",
    "CVE-2023-0286": "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:N/A:H",
    "CVE-2022-43551": _V3 + "C:H/I:N/A:N",
    "CVE-2022-43552": "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:N/A:H",
    "CVE-2023-38545": _V3 + "C:H/I:H/A:H",
    "CVE-2023-38546": "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:L/A:N",
    "CVE-2022-30065": "CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H",
}
"""secdb knows fixed versions only; how severe they are stands in OSV's records."""
_KEV = ("CVE-2020-11023", "jQuery", "jQuery Cross-Site Scripting (XSS) Vulnerability", "2025-01-23", "2025-02-13")


def write_sample_feeds(folder: Path) -> Path:
    """Write the demo's advisories below `folder` as the public feeds lay them out; return `folder`."""
    _write_osv(folder / "osv/PyPI/all.zip", "PyPI", _PYPI)
    _write_osv(folder / "osv/npm/all.zip", "npm", _NPM)
    _write_osv(folder / "osv/Alpine/all.zip", "Alpine:v3.17", tuple(_alpine()))
    packages = [{"pkg": {"name": name, "secfixes": fixes}} for name, fixes in _ALPINE_317.items()]
    secdb = {"distroversion": "v3.17", "reponame": "main", "packages": packages}
    _write(folder / "alpine-secdb/v3.17/main.json", secdb)
    cve, product, name, added, due = _KEV
    entry = {"cveID": cve, "vendorProject": product, "product": product, "vulnerabilityName": name}
    entry |= {"dateAdded": added, "dueDate": due, "shortDescription": name, "requiredAction": "Apply the vendor's fix."}
    entry |= {"knownRansomwareCampaignUse": "Unknown", "notes": ""}
    kev = {"title": "CISA KEV, one entry", "catalogVersion": "2026.11.01", "dateReleased": _MODIFIED, "count": 1}
    _write(folder / "kev/known_exploited_vulnerabilities.json", kev | {"vulnerabilities": [entry]})
    return folder


def _alpine() -> Iterator[Fact]:
    for package, fixes in _ALPINE_317.items():
        for version, names in fixes.items():
            for cve in names:
                yield Fact(f"ALPINE-{cve}", cve, package, _below(version), _ALPINE_VECTORS[cve], "")


def _write(path: Path, document: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))


def _write_osv(path: Path, ecosystem: str, facts: tuple[Fact, ...]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for fact in facts:
            info = zipfile.ZipInfo(f"{fact.record}.json", (2026, 11, 1, 0, 0, 0))
            archive.writestr(info, json.dumps(_osv(ecosystem, fact)))


def _osv(ecosystem: str, fact: Fact) -> dict[str, object]:
    kind = "CVSS_V4" if fact.vector.startswith("CVSS:4") else "CVSS_V3"
    events = [{event: version} for event, version in fact.events]
    ranges = [{"type": "SEMVER" if ecosystem == "npm" else "ECOSYSTEM", "events": events}]
    return {
        "schema_version": "1.7.5",
        "id": fact.record,
        "modified": _MODIFIED,
        "aliases": [fact.cve],
        "summary": fact.summary,
        "severity": [{"type": kind, "score": fact.vector}],
        "affected": [{"package": {"ecosystem": ecosystem, "name": fact.package}, "ranges": ranges}],
    }
