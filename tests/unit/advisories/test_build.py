import bz2
import gzip
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from landwaiter.advisories.build import build_bundle
from landwaiter.advisories.bundle import open_bundle
from landwaiter.errors import InputError
from landwaiter.versions.ranges import Event


def test_the_same_feeds_give_the_same_bytes(small: Any, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    shutil.copytree(small.folder, copy)
    one, other = tmp_path / "one", tmp_path / "other"
    first = build_bundle(small.folder, one)
    second = build_bundle(copy, other)
    assert first == second
    assert one.read_bytes() == other.read_bytes()


def test_another_record_gives_another_id(small: Any, tmp_path: Path, record: Any) -> None:
    before = build_bundle(small.folder, tmp_path / "a").id
    small.osv("npm", record("GHSA-1", "npm", "x", fixed="1"))
    assert build_bundle(small.folder, tmp_path / "b").id != before


def test_times_are_those_of_the_feeds_or_the_argument(small: Any, tmp_path: Path) -> None:
    info = build_bundle(small.folder, tmp_path / "a")
    assert (info.built, info.newest, info.advisories) == ("2024-04-02T00:00:00Z", "2024-04-02T00:00:00Z", 3)
    info = build_bundle(small.folder, tmp_path / "a", built=datetime(2024, 5, 1, tzinfo=UTC))
    assert (info.built, info.newest) == ("2024-05-01T00:00:00Z", "2024-04-02T00:00:00Z")


def test_what_was_fetched_is_as_new_as_its_fetch(small: Any, tmp_path: Path) -> None:
    small.file("feeds.json", '{"feeds": {"kev": {"checked": "2024-05-05T05:05:05Z"}, "npm": {"failed": "no route"}}}')
    info = build_bundle(small.folder, tmp_path / "a")
    assert info.newest == "2024-05-05T05:05:05Z"
    with open_bundle(tmp_path / "a") as bundle:
        feeds = {feed.name: feed for feed in bundle.feeds}
    assert feeds["kev"].fetched == "2024-05-05T05:05:05Z"
    assert feeds["npm"].failed == "no route"


def test_a_time_in_the_future_does_not_make_a_bundle_fresh(feeds: Any, tmp_path: Path, record: Any) -> None:
    feeds.osv("PyPI", record("X-1", "PyPI", "x", modified="2098-01-01T00:00:00Z"))
    feeds.kev("CVE-2024-0001", released="2098-01-01T00:00:00Z")
    assert build_bundle(feeds.folder, tmp_path / "a").newest == ""


def test_every_record_tells_its_feed(bundle: Any) -> None:
    assert {feed.name: feed.records for feed in bundle.feeds} == {
        "alpine-secdb": 1,
        "epss": 2,
        "kev": 1,
        "osv/PyPI": 2,
    }


def test_the_quarantine_names_records_and_reasons(small: Any, record: Any) -> None:
    small.osv("npm", record("GHSA-1", "PyPI", "x", fixed="1"), b"{", record("GHSA-2", "npm", "y", fixed="1"))
    with small.build() as bundle:
        found = {(item.feed, item.record): item for item in bundle.quarantine}
        feed = next(item for item in bundle.feeds if item.name == "osv/npm")
    assert "speaks of 'PyPI'" in found["osv/npm", "GHSA-1"].reason
    assert ("osv/npm", "1.json") in found
    assert (feed.records, feed.quarantined) == (1, 2)


def test_records_that_lie_do_not_spoil_the_rest(feeds: Any, tmp_path: Path, record: Any) -> None:
    """Everything of the list at once, among honest records: each is told, and the honest ones are all there."""
    honest = [record(f"GHSA-{n}", "npm", f"honest-{n}", fixed="2.0.0") for n in range(3)]
    never_closes = record("GHSA-open", "npm", "open")
    closed_first = record("GHSA-odd", "npm", "odd", fixed="1.0.0")
    closed_first["affected"][0]["ranges"][0]["events"].reverse()
    unknown = record("GHSA-new", "npm", "new", fixed="1.0.0", schema_version="1.99.0", verdict={"deeply": [["new"]]})
    unknown["affected"][0]["ranges"][0]["database_specific"] = {"x": None}
    null = record("GHSA-null", "npm", "null", fixed="1.0.0", aliases=None, summary=None, references=None)
    null["affected"][0]["versions"] = None
    feeds.osv(
        "npm",
        honest[0],
        record("GHSA-foreign", "PyPI", "django", fixed="9"),
        honest[1],
        b"{",
        record("GHSA-future", "npm", "future", fixed="1.0.0", modified="2999-01-01T00:00:00Z"),
        record("GHSA-future", "npm", "future", fixed="1.0.1"),
        never_closes,
        closed_first,
        unknown,
        null,
        record("DSA-1-1", "npm", "debian-says", fixed="1"),
        honest[2],
    )
    build_bundle(feeds.folder, tmp_path / "out", built=datetime(2024, 6, 1, tzinfo=UTC))
    with open_bundle(tmp_path / "out") as bundle:
        used = {item.record.id: item for item in bundle.records()}
        told = {(item.record, item.kept) for item in bundle.quarantine}
    assert {"GHSA-0", "GHSA-1", "GHSA-2", "GHSA-future", "GHSA-open", "GHSA-odd", "GHSA-new", "GHSA-null"} == set(used)
    assert told == {("GHSA-foreign", False), ("3.json", False), ("DSA-1-1", False), ("GHSA-future", True)}
    assert used["GHSA-open"].affected[0].ranges[0].events == (Event(introduced="0"),)
    (future,) = used["GHSA-future"].affected
    assert future.ranges[0].events[1].fixed == "1.0.1", "the one that lies about its time does not win"


def test_bombs_of_xml_do_not_spoil_the_rest(feeds: Any, tmp_path: Path, record: Any) -> None:
    feeds.osv("npm", record("GHSA-1", "npm", "a", fixed="1.0.0"))
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    bomb = f"<!DOCTYPE x [{laughs}]><updates><update><id>&a9;</id></update></updates>"
    deep = "<a>" * 200_000
    (feeds.folder / "amazon").mkdir()
    for name, text in (("2", bomb), ("2023", deep)):
        (feeds.folder / "amazon" / f"updateinfo_{name}.xml.gz").write_bytes(gzip.compress(text.encode()))
    (feeds.folder / "oracle").mkdir()
    (feeds.folder / "oracle" / "com.oracle.elsa-all.xml.bz2").write_bytes(bz2.compress(bomb.encode()))
    build_bundle(feeds.folder, tmp_path / "out")
    with open_bundle(tmp_path / "out") as bundle:
        assert bundle.info.advisories == 1
        assert sorted(item.record for item in bundle.quarantine) == [
            "com.oracle.elsa-all.xml.bz2",
            "updateinfo_2.xml.gz",
            "updateinfo_2023.xml.gz",
        ]


def test_an_empty_folder_gives_an_empty_bundle(feeds: Any) -> None:
    with feeds.build() as bundle:
        assert bundle.info.advisories == 0
        assert bundle.info.newest == ""
        assert bundle.ecosystems == {}


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder of feeds"):
        build_bundle(tmp_path / "nowhere", tmp_path / "out")


def test_progress_is_told(feeds: Any, tmp_path: Path, record: Any) -> None:
    feeds.osv("npm", *(record(f"GHSA-{n}", "npm", f"p{n}", fixed="1") for n in range(2000)))
    told: list[tuple[str, int]] = []
    build_bundle(feeds.folder, tmp_path / "out", progress=lambda what, count: told.append((what, count)))
    assert told == [("osv", 2000), ("writing", 2000)]


_LIMITED = """
import resource, signal, sys
from pathlib import Path
from landwaiter.advisories.build import build_bundle
from landwaiter.errors import InputError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (40960, 40960))
try:
    build_bundle(Path(sys.argv[1]), Path(sys.argv[2]))
except InputError as error:
    print(error)
"""


def test_a_full_disk_leaves_the_old_bundle(small: Any, tmp_path: Path, record: Any) -> None:
    out = tmp_path / "out"
    build_bundle(small.folder, out)
    before = out.read_bytes()
    small.osv("npm", *(record(f"GHSA-{n}", "npm", f"package-{n}", fixed="1") for n in range(2000)))
    run = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(small.folder), str(out)], capture_output=True, text=True, check=True
    )
    assert "cannot be written" in run.stdout
    assert "the old file stays" in run.stdout
    assert run.stderr == ""
    assert out.read_bytes() == before
    assert [path.name for path in tmp_path.glob(".out*")] == []
