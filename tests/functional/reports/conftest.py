"""One real scan: an archive, advisories in the public feeds' layout, a VEX document, and everything between."""

import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from landwaiter.advisories.build import build_bundle
from landwaiter.advisories.bundle import open_bundle
from landwaiter.compliance.evaluate import evaluate
from landwaiter.compliance.models import ComplianceEvidence
from landwaiter.images.open import open_source
from landwaiter.inventory.take import take_inventory
from landwaiter.matching.match import match
from landwaiter.matching.vex_documents import read_vex
from landwaiter.policy.evaluate import decide
from landwaiter.policy.models import Policy
from landwaiter.reports.models import ScanReport

NOW = datetime(2026, 6, 2, tzinfo=UTC)
CREATED = "2026-06-02T00:00:00Z"
PACKAGES = {"flask": "1.0", "jinja2": "3.1.2", "requests": "2.20.0"}


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> ScanReport:
    folder = tmp_path_factory.mktemp("scan")
    inventory = _inventory(folder)
    _write_feeds(folder / "feeds")
    build_bundle(folder / "feeds", folder / "bundle", built=NOW)
    vex = folder / "vex.json"
    vex.write_text(json.dumps(_vex()))
    with open_bundle(folder / "bundle") as bundle:
        assessment = match(inventory, bundle, vex=read_vex(vex))
    controls = evaluate(ComplianceEvidence(inventory, assessment))
    verdict = decide(Policy(), inventory, assessment, controls, now=NOW)
    return ScanReport(inventory, assessment, controls, verdict, CREATED)


def _inventory(folder: Path):  # the reader's own type
    files = {
        f"app/{name}-{version}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nLicense: BSD (odd)\n"
        for name, version in PACKAGES.items()
    }
    config = {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": []}}
    layer = _tar(files)
    config["rootfs"]["diff_ids"] = [_digest(layer)]
    manifest = [{"Config": "c.json", "RepoTags": ["registry.example.com/team/app:1"], "Layers": ["l.tar"]}]
    contents = {"l.tar": layer, "c.json": json.dumps(config), "manifest.json": json.dumps(manifest)}
    (folder / "app.tar").write_bytes(_tar(contents))
    with open_source(f"docker-archive:{folder / 'app.tar'}") as source:
        return take_inventory(source, cache=None)


def _digest(content: bytes) -> str:
    from landwaiter.images.digest import digest_of

    return digest_of(content)


def _tar(files: Mapping[str, str | bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for path, content in files.items():
            raw = content.encode() if isinstance(content, str) else content
            member = tarfile.TarInfo(path)
            member.size = len(raw)
            archive.addfile(member, io.BytesIO(raw))
    return stream.getvalue()


def _write_feeds(folder: Path) -> None:
    """OSV's layout: `osv/ECOSYSTEM/all.zip` with a JSON file for each record."""
    (folder / "osv" / "PyPI").mkdir(parents=True)
    with zipfile.ZipFile(folder / "osv" / "PyPI" / "all.zip", "w") as archive:
        for number, (name, fixed, severity) in enumerate(_advisories(), 1):
            record = {
                "id": f"GHSA-test-test-{number:04}",
                "modified": "2026-06-01T00:00:00Z",
                "aliases": [f"CVE-2026-{number:04}"],
                "summary": f"A fault in {name}",
                "severity": [{"type": "CVSS_V3", "score": severity}],
                "affected": [
                    {
                        "package": {"ecosystem": "PyPI", "name": name},
                        "ranges": [
                            {
                                "type": "ECOSYSTEM",
                                "events": [{"introduced": "0"}, *([{"fixed": fixed}] if fixed else [])],
                            }
                        ],
                    }
                ],
            }
            archive.writestr(f"{record['id']}.json", json.dumps(record))


def _advisories() -> list[tuple[str, str, str]]:
    grave, slight = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"
    return [("flask", "2.2.5", grave), ("jinja2", "3.1.6", slight), ("jinja2", "3.1.3", grave), ("requests", "", grave)]


def _vex() -> dict[str, object]:
    statement = {
        "vulnerability": {"name": "CVE-2026-0004"},
        "products": [{"@id": "pkg:pypi/requests"}],
        "status": "not_affected",
        "justification": "vulnerable_code_not_in_execute_path",
    }
    return {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "urn:uuid:0",
        "author": "tests",
        "timestamp": "2026-06-01T00:00:00Z",
        "version": 1,
        "statements": [statement],
    }
