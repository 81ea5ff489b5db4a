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
import sys
from pathlib import Path
from landwaiter.advisories.bundle import open_bundle
def kilobytes(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))
Path("/proc/self/clear_refs").write_text("5")  # sets the peak back to what is used now: proc(5)
before = kilobytes("VmRSS")
if sys.argv[2] == "open":
    with open_bundle(Path(sys.argv[1])) as bundle:
        for name in ("django", "flask", "tensorflow"):
            bundle.entries("PyPI", name)
else:
    Path(sys.argv[1]).read_bytes()
print((kilobytes("VmHWM") - before) // 1024)
"""


def test_opening_needs_little_memory(bundle: Bundle) -> None:
    used = {}
    for how in ("open", "read whole"):
        command = [sys.executable, "-c", _MEASURE, str(bundle.path), how]
        used[how] = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert used["read whole"] > 40, "the measure tells large from small"
    assert used["open"] < 20


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bundle]:
    """The vendors' own samples, compiled."""
    data = Path(__file__).parents[3].parent / "shared" / "data" / "feed-samples"
    if not data.is_dir():
        pytest.skip("the feed samples are not beside the project (../shared/data)")
    folder = tmp_path_factory.mktemp("samples")
    for name, target in (
        ("amazon", "amazon"),
        ("redhat", "redhat-vex"),
        ("debian", "debian-tracker"),
        ("epss", "epss"),
    ):
        shutil.copytree(data / name, folder / "feeds" / target)
    for kind in ("invalid_gzip", "invalid_xml"):
        # Under a name that would be read, so that it is the content that is refused.
        broken = folder / "feeds/amazon" / f"updateinfo_{kind}.xml.gz"
        broken.rename(broken.with_name(f"updateinfo_2_{kind.replace('_', '-')}.xml.gz"))
    build_bundle(folder / "feeds", folder / "bundle")
    with open_bundle(folder / "bundle") as opened:
        yield opened


def test_every_sample_is_read(samples: Bundle) -> None:
    counts = {feed.name: (feed.records, feed.quarantined) for feed in samples.feeds}
    assert counts == {"amazon": (5, 2), "debian-tracker": (11, 0), "epss": (2, 0), "redhat-vex": (8566, 0)}
    assert {item.record: item.reason[:24] for item in samples.quarantine} == {
        "updateinfo_2_invalid-gzip.xml.gz": "cannot be read to its en",
        "updateinfo_2_invalid-xml.xml.gz": "cannot be read to its en",
    }


@pytest.mark.parametrize(
    ("ecosystem", "package", "repository", "identifier", "fixed", "severity"),
    [
        ("Amazon Linux:1", "httpd-devel", "", "ALAS-2011-1", "2.2.21-1.18.amzn1", "medium"),
        ("Amazon Linux:2", "kernel", "", "ALAS2-2018-939", "4.9.76-38.79.amzn2", "critical"),
        ("Amazon Linux:2", "perf", "kernel-5.15", "ALAS2KERNEL-5.15-2022-001", "5.15.43-20.123.amzn2", "high"),
        ("Amazon Linux:2022", "vim-common-debuginfo", "", "ALAS2022-2021-001", "2:8.2.3512-1.amzn2022", "medium"),
        ("Amazon Linux:2023", "rsyslog", "", "ALAS2023-2023-001", "8.2204.0-3.amzn2023.0.2", "high"),
        ("Debian:11", "chromium", "", "CVE-2022-0456", "98.0.4758.80-1~deb11u1", ""),
        ("Debian:10", "prototypejs", "", "CVE-2008-7220", "1.6.0.2-1", "high"),
        ("Debian:10", "txt2man", "", "CVE-2013-1444", "1.5.5-4.1", "low"),
        ("Red Hat:openshift:4.16::el9", "cri-tools", "", "CVE-2024-24786", "0:1.29.0-3.1.el9", "medium"),
    ],
)
def test_fixes(
    samples: Bundle, ecosystem: str, package: str, repository: str, identifier: str, fixed: str, severity: str
) -> None:
    (entry,) = (
        entry
        for entry in samples.entries(ecosystem, package)
        if entry.affected.repository == repository and entry.record.id == identifier
    )
    assert [event.fixed for event in entry.affected.ranges[0].events] == [None, fixed]
    assert (entry.affected.status, entry.affected.severity) == ("affected", severity)


@pytest.mark.parametrize(
    ("ecosystem", "package", "identifier", "status"),
    [
        ("Debian:10", "chromium", "CVE-2022-0456", "end_of_life"),
        ("Debian:11", "389-ds-base", "CVE-2016-5416", "will_not_fix"),
        ("Debian:sid", "389-ds-base", "CVE-2016-5416", "affected"),
        ("Debian:11", "389-ds-base", "CVE-2012-0833", "not_affected"),
        ("Debian:11", "wordpress", "TEMP-0000000-0CA7E3", "not_affected"),
        ("Red Hat:enterprise_linux:9", "samba", "CVE-2023-4154", "not_affected"),
    ],
)
def test_decisions(samples: Bundle, ecosystem: str, package: str, identifier: str, status: str) -> None:
    (entry,) = (entry for entry in samples.entries(ecosystem, package) if entry.record.id == identifier)
    assert entry.affected.status == status
    assert not any(event.fixed for item in entry.affected.ranges for event in item.events)


def test_one_erratum_is_about_all_its_vulnerabilities(samples: Bundle) -> None:
    (kernel,) = (e for e in samples.entries("Amazon Linux:2", "kernel") if not e.affected.repository)
    assert kernel.record.vulnerabilities == ("CVE-2017-5715", "CVE-2017-5754")
    assert kernel.record.modified == "2018-01-16T01:28:00Z"


def test_content_sets_name_their_products(samples: Bundle) -> None:
    assert samples.repository("rhel-9-for-x86_64-baseos-rpms") == ("cpe:/o:redhat:enterprise_linux:9::baseos",)
    assert samples.repository("nonesuch") == ()
