"""The real feeds beside the project, compiled: what is there, how large it is, and that nothing is lost in silence."""

import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from landwaiter.advisories.build import build_bundle
from landwaiter.advisories.bundle import Bundle, open_bundle, verify_bundle


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bundle]:
    folder = Path(__file__).parents[3].parent / "shared" / "data" / "advisories"
    if not folder.is_dir():
        pytest.skip("the real advisory data are not beside the project (../shared/data)")
    out = tmp_path_factory.mktemp("bundle") / "bundle"
    build_bundle(folder, out)
    with open_bundle(out) as opened:
        yield opened


def test_every_record_is_compiled_skipped_merged_or_quarantined(data: Path, bundle: Bundle) -> None:
    kept = {(item.record.feed.partition("/")[0], item.record.id) for item in bundle.records()}
    refused = {item.record for item in bundle.quarantine if not item.kept}
    skipped = sum(feed.skipped for feed in bundle.feeds)
    missing = []
    for path in sorted((data / "advisories").glob("osv*/*/all.zip")):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                identifier = json.loads(archive.read(name))["id"]
                if (path.parts[-3], identifier) not in kept and identifier not in refused:
                    missing.append(identifier)
    assert len(missing) == skipped
    assert {identifier[:5] for identifier in missing} == {"ALBA-", "ALEA-"}


def test_the_whole_is_sound(bundle: Bundle) -> None:
    assert verify_bundle(bundle.path) == bundle.info
    assert bundle.info.advisories > 44_000
    assert bundle.ecosystems["AlmaLinux:9"].advisories > 1_700
    assert bundle.ecosystems["Alpine:v3.18"].packages > 500


def test_a_record_of_the_future_makes_nothing_fresh(bundle: Bundle) -> None:
    assert bundle.info.newest < "2026-12"
    (record,) = bundle.named("PYSEC-2025-19")
    assert record.record.modified == ""
    assert any(item.record == "PYSEC-2025-19" and item.kept for item in bundle.quarantine)


_MEASURE = """
import resource, sys
from pathlib import Path
from landwaiter.advisories.bundle import open_bundle
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with open_bundle(Path(sys.argv[1])) as bundle:
    for name in ("django", "flask", "tensorflow"):
        bundle.entries("PyPI", name)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_opening_needs_little_memory(bundle: Bundle) -> None:
    run = subprocess.run([sys.executable, "-c", _MEASURE, str(bundle.path)], capture_output=True, text=True, check=True)
    assert int(run.stdout) < 20


def test_vendor_samples(data: Path, tmp_path: Path) -> None:
    samples = data / "feed-samples"
    for name, target in (
        ("amazon", "amazon"),
        ("redhat", "redhat-vex"),
        ("debian", "debian-tracker"),
        ("epss", "epss"),
    ):
        shutil.copytree(samples / name, tmp_path / "feeds" / target)
    build_bundle(tmp_path / "feeds", tmp_path / "bundle")
    with open_bundle(tmp_path / "bundle") as bundle:
        counts = {feed.name: (feed.records, feed.quarantined) for feed in bundle.feeds}
        assert counts["amazon"] == (5, 2)
        assert counts["redhat-vex"][1] == 0
        (kernel,) = (e for e in bundle.entries("Amazon Linux:2", "kernel") if not e.affected.repository)
        assert kernel.record.vulnerabilities == ("CVE-2017-5715", "CVE-2017-5754")
        (samba,) = bundle.entries("Red Hat:enterprise_linux:9", "samba")
        assert (samba.record.id, samba.affected.status) == ("CVE-2023-4154", "not_affected")
        (fixed,) = bundle.entries("Red Hat:openshift:4.16::el9", "cri-tools")
        assert fixed.affected.ranges[0].events[1].fixed == "0:1.29.0-3.1.el9"
        assert {e.affected.status for e in bundle.entries("Debian:10", "chromium")} == {"end_of_life"}
