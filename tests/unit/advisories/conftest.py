"""A small feeds folder of own records, written as the public feeds lay theirs out."""

import gzip
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from landwaiter.advisories.build import build_bundle
from landwaiter.advisories.bundle import Bundle, open_bundle


def osv_record(
    identifier: str, ecosystem: str, name: str, *, fixed: str | None = None, **fields: Any
) -> dict[str, Any]:
    """One OSV record about everything before `fixed` (about every version when there is none)."""
    events = [{"introduced": "0"}] + ([{"fixed": fixed}] if fixed else [])
    affected = {"package": {"ecosystem": ecosystem, "name": name}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
    record = {"id": identifier, "modified": "2024-03-01T00:00:00Z", "affected": [affected]}
    return record | fields


class Feeds:
    """Writes feeds below `folder`; each method adds to what is there or replaces it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def _path(self, name: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def osv(self, ecosystem: str, *records: dict[str, Any] | bytes, top: str = "osv") -> Path:
        path = self._path(f"{top}/{ecosystem}/all.zip")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for number, record in enumerate(records):
                content = record if isinstance(record, bytes) else json.dumps(record).encode()
                name = f"{number}.json" if isinstance(record, bytes) else f"{number}/{record['id']}.json"
                archive.writestr(zipfile.ZipInfo(name), content)
        return path

    def secdb(self, release: str, fixes: dict[str, dict[str, list[str]]], repository: str = "main") -> Path:
        packages = [{"pkg": {"name": name, "secfixes": secfixes}} for name, secfixes in fixes.items()]
        path = self._path(f"alpine-secdb/{release}/{repository}.json")
        path.write_text(json.dumps({"distroversion": release, "packages": packages}))
        return path

    def kev(self, *cves: str, released: str = "2024-04-01T00:00:00Z") -> Path:
        rows = [{"cveID": cve, "dateAdded": "2024-01-02", "knownRansomwareCampaignUse": "Known"} for cve in cves]
        path = self._path("kev/known_exploited_vulnerabilities.json")
        path.write_text(json.dumps({"dateReleased": released, "vulnerabilities": rows}))
        return path

    def epss(self, scores: dict[str, float], date: str = "2024-04-02") -> Path:
        lines = [f"#model_version:v1,score_date:{date}T00:00:00+0000", "cve,epss,percentile"]
        lines += [f"{cve},{score},0.5" for cve, score in scores.items()]
        path = self._path(f"epss/epss_scores-{date}.csv.gz")
        path.write_bytes(gzip.compress("\n".join(lines).encode(), mtime=0))
        return path

    def tracker(self, data: dict[str, Any]) -> Path:
        path = self._path("debian-tracker/data.json")
        path.write_text(json.dumps(data))
        return path

    def file(self, name: str, content: str | bytes) -> Path:
        path = self._path(name)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def build(self, **options: Any) -> Bundle:
        out = self.folder.with_suffix(".bundle")
        build_bundle(self.folder, out, **options)
        return open_bundle(out)


@pytest.fixture
def feeds(tmp_path: Path) -> Feeds:
    return Feeds(tmp_path / "feeds")


@pytest.fixture
def small(feeds: Feeds) -> Feeds:
    """One record of each kind that the tests of bundles need."""
    feeds.osv(
        "PyPI",
        osv_record("PYSEC-2024-1", "PyPI", "Some_Thing", fixed="2.0", aliases=["CVE-2024-0001", "GHSA-aaaa-bbbb-cccc"]),
        osv_record("PYSEC-2024-2", "PyPI", "other", aliases=["CVE-2024-0002"]),
    )
    feeds.secdb("v3.18", {"busybox": {"1.36.1-r1": ["CVE-2024-0003"]}})
    feeds.kev("CVE-2024-0001")
    feeds.epss({"CVE-2024-0001": 0.5, "CVE-1999-0001": 0.1})
    return feeds


@pytest.fixture
def bundle(small: Feeds) -> Iterator[Bundle]:
    with small.build() as opened:
        yield opened


@pytest.fixture
def record() -> Any:
    return osv_record
