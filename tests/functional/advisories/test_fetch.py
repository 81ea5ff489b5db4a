"""Updating feeds from a real web server on this machine, and from a folder."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from landwaiter.advisories.build import build_bundle
from landwaiter.advisories.bundle import open_bundle
from landwaiter.advisories.download import Downloader
from landwaiter.advisories.fetch import update_feeds
from landwaiter.advisories.patience import Patience
from landwaiter.advisories.states import FeedState, read_states
from landwaiter.errors import InputError

EPSS = gzip.compress(
    b"#model_version:v1,score_date:2024-04-02T00:00:00+0000\ncve,epss,percentile\nCVE-2024-0001,0.5,0.9\n",
    mtime=0,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "feeds"


@pytest.fixture
def update(publisher: Any, folder: Path) -> Any:
    """Update the named feeds from the publisher, without waiting long between attempts."""

    def run(*only: str) -> dict[str, FeedState]:
        downloader = Downloader(folder, patience=Patience(first_wait=0.01))
        try:
            return update_feeds(folder, only=only, mirror=publisher.address, downloader=downloader)
        finally:
            downloader.close()

    return run


def npm(publisher: Any, record: Any, **fixes: str) -> None:
    publisher.zip("/osv/npm/all.zip", *(record(f"GHSA-{name}", "npm", name, fixed) for name, fixed in fixes.items()))


def rows(publisher: Any, *pairs: str) -> None:
    publisher.files["/osv/npm/modified_id.csv"] = "".join(f"{pair}\n" for pair in pairs).encode()


def fixed_in(folder: Path, tmp_path: Path) -> dict[str, str | None]:
    build_bundle(folder, tmp_path / "bundle")
    with open_bundle(tmp_path / "bundle") as bundle:
        return {c.record.id: c.affected[0].ranges[0].events[1].fixed for c in bundle.records()}


def test_a_feed_that_has_not_changed_is_not_downloaded_again(publisher: Any, update: Any, folder: Path) -> None:
    publisher.files["/epss/epss_scores-current.csv.gz"] = EPSS
    first = update("epss")["epss"]
    assert first.failed == ""
    assert (folder / "epss" / "epss_scores-current.csv.gz").read_bytes() == EPSS
    second = update("epss")["epss"]
    assert publisher.asked("epss") == [200, 304]
    assert second.checked >= first.checked
    assert read_states(folder)["epss"] == second


def test_a_feed_that_fails_keeps_its_last_good_data(publisher: Any, update: Any, folder: Path) -> None:
    publisher.files["/epss/epss_scores-current.csv.gz"] = EPSS
    good = update("epss")["epss"]
    del publisher.files["/epss/epss_scores-current.csv.gz"]
    bad = update("epss")["epss"]
    assert (folder / "epss" / "epss_scores-current.csv.gz").read_bytes() == EPSS
    assert (bad.checked, bad.validators) == (good.checked, good.validators)
    assert "answers 404" in bad.failed
    build_bundle(folder, folder.parent / "bundle")
    with open_bundle(folder.parent / "bundle") as bundle:
        (feed,) = bundle.feeds
    assert (feed.fetched, feed.failed) == (good.checked, bad.failed)


@pytest.mark.parametrize(
    ("feed", "path", "content"),
    [
        ("epss", "/epss/epss_scores-current.csv.gz", EPSS[:-9]),
        ("epss", "/epss/epss_scores-current.csv.gz", b"<html>not today</html>"),
        ("kev", "/kev/known_exploited_vulnerabilities.json", b'{"vulnerabilities": ['),
        ("lifecycle", "/debian/debian.csv", b"<html>not today</html>"),
        ("osv/npm", "/osv/npm/all.zip", b"PK\x03\x04 broken"),
    ],
)
def test_content_that_is_not_what_it_should_be_is_not_taken(
    publisher: Any, update: Any, folder: Path, feed: str, path: str, content: bytes
) -> None:
    target = folder / path.lstrip("/")
    target.parent.mkdir(parents=True)
    target.write_bytes(b"the last good data")
    publisher.files[path] = content
    assert update(feed)[feed].failed
    assert target.read_bytes() == b"the last good data"
    assert list((folder / ".partial").iterdir()) == []


def test_one_failure_does_not_stop_the_others(publisher: Any, update: Any) -> None:
    publisher.files["/epss/epss_scores-current.csv.gz"] = EPSS
    states = update("epss", "kev")
    assert (states["epss"].failed == "", states["kev"].failed == "") == (True, False)


def test_passing_failures_are_tried_again(publisher: Any, update: Any) -> None:
    publisher.files["/epss/epss_scores-current.csv.gz"] = EPSS
    publisher.trouble = [("epss", 503), ("epss", 429)]
    assert update("epss")["epss"].failed == ""
    assert publisher.asked("epss") == [503, 429, 200]


def test_a_broken_download_is_continued(publisher: Any, update: Any, folder: Path) -> None:
    content = gzip.compress(bytes(range(256)) * 4000, 0)
    publisher.files["/epss/epss_scores-current.csv.gz"] = content
    publisher.trouble = [("epss", "cut"), ("epss", "cut")]
    assert update("epss")["epss"].failed == ""
    assert publisher.asked("epss") == [200, 206, 206]
    assert (folder / "epss" / "epss_scores-current.csv.gz").read_bytes() == content


def test_a_broken_download_is_continued_by_the_next_run(publisher: Any, update: Any, folder: Path) -> None:
    content = gzip.compress(bytes(range(256)) * 4000, 0)
    publisher.files["/epss/epss_scores-current.csv.gz"] = content
    publisher.trouble = [("epss", "cut")] * 4
    assert update("epss")["epss"].failed
    assert update("epss")["epss"].failed == ""
    assert publisher.asked("epss") == [200, 206, 206, 206, 206]
    assert (folder / "epss" / "epss_scores-current.csv.gz").read_bytes() == content


def test_content_that_changed_meanwhile_is_not_mixed(publisher: Any, update: Any, folder: Path) -> None:
    publisher.files["/epss/epss_scores-current.csv.gz"] = gzip.compress(b"old" * 9999, 0)
    publisher.trouble = [("epss", "cut")] * 4
    update("epss")
    publisher.files["/epss/epss_scores-current.csv.gz"] = EPSS
    assert update("epss")["epss"].failed == ""
    assert (folder / "epss" / "epss_scores-current.csv.gz").read_bytes() == EPSS


def test_redirects_are_followed_but_not_for_ever(publisher: Any, update: Any) -> None:
    publisher.files["/elsewhere"] = EPSS
    publisher.trouble = [("epss", ("redirect", "/elsewhere"))]
    assert update("epss")["epss"].failed == ""
    publisher.trouble = [("/", ("redirect", "/kev/known_exploited_vulnerabilities.json"))] * 99
    assert "without end" in update("kev")["kev"].failed


def test_a_redirect_to_an_open_address_is_refused(publisher: Any, update: Any) -> None:
    publisher.trouble = [("kev", ("redirect", "http://192.0.2.1/kev.json"))]
    assert "not encrypted" in update("kev")["kev"].failed


def test_osv_fetches_only_what_changed(publisher: Any, update: Any, folder: Path, tmp_path: Path, record: Any) -> None:
    npm(publisher, record, a="1", b="1", c="1")
    rows(publisher, "2024-01-01T00:00:00Z,GHSA-a", "2023-01-01T00:00:00Z,GHSA-b")
    assert update("osv/npm")["osv/npm"].newest_record == "2024-01-01T00:00:00Z"
    publisher.files["/osv/npm/GHSA-b.json"] = json.dumps(record("GHSA-b", "npm", "b", "2")).encode()
    publisher.files["/osv/npm/GHSA-d.json"] = json.dumps(record("GHSA-d", "npm", "d", "2")).encode()
    rows(publisher, "2024-02-02T00:00:00.5Z,GHSA-d", "2024-02-01T00:00:00Z,GHSA-b", "2024-01-01T00:00:00Z,GHSA-a")
    state = update("osv/npm")["osv/npm"]
    assert (state.failed, state.newest_record) == ("", "2024-02-02T00:00:00Z")
    assert publisher.asked("all.zip") == [200]
    assert publisher.asked("GHSA-") == [200, 200]
    assert fixed_in(folder, tmp_path) == {"GHSA-a": "1", "GHSA-b": "2", "GHSA-c": "1", "GHSA-d": "2"}
    update("osv/npm")
    assert len(publisher.asked("GHSA-")) == 2


def test_osv_changes_add_up(publisher: Any, update: Any, folder: Path, tmp_path: Path, record: Any) -> None:
    npm(publisher, record, a="1")
    rows(publisher, "2024-01-01T00:00:00Z,GHSA-a")
    update("osv/npm")
    for day, name in ((1, "b"), (2, "c"), (3, "b")):
        publisher.files[f"/osv/npm/GHSA-{name}.json"] = json.dumps(
            record(f"GHSA-{name}", "npm", name, str(day))
        ).encode()
        rows(publisher, f"2024-02-0{day}T00:00:00Z,GHSA-{name}")
        update("osv/npm")
    assert fixed_in(folder, tmp_path) == {"GHSA-a": "1", "GHSA-b": "3", "GHSA-c": "2"}


def test_osv_a_row_in_the_future_does_not_stop_the_cursor(publisher: Any, update: Any, record: Any) -> None:
    npm(publisher, record, a="1")
    rows(publisher, "2098-01-01T00:00:00Z,GHSA-z", "2024-01-01T00:00:00Z,GHSA-a")
    assert update("osv/npm")["osv/npm"].newest_record == "2024-01-01T00:00:00Z"
    publisher.files["/osv/npm/GHSA-z.json"] = json.dumps(record("GHSA-z", "npm", "z", "1")).encode()
    publisher.files["/osv/npm/GHSA-b.json"] = json.dumps(record("GHSA-b", "npm", "b", "1")).encode()
    rows(publisher, "2098-01-01T00:00:00Z,GHSA-z", "2024-03-01T00:00:00Z,GHSA-b", "2024-01-01T00:00:00Z,GHSA-a")
    assert update("osv/npm")["osv/npm"].newest_record == "2024-03-01T00:00:00Z"
    assert publisher.asked("GHSA-b") == [200]


def test_osv_many_changes_are_a_whole_archive(
    publisher: Any, update: Any, folder: Path, record: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("landwaiter.advisories.incremental.MANY", 2)
    npm(publisher, record, a="1")
    rows(publisher, "2024-01-01T00:00:00Z,GHSA-a")
    update("osv/npm")
    npm(publisher, record, a="1", b="1", c="1", d="1")
    rows(publisher, *(f"2024-02-0{n}T00:00:00Z,GHSA-{n}" for n in (4, 3, 2, 1)), "2024-01-01T00:00:00Z,GHSA-a")
    state = update("osv/npm")["osv/npm"]
    assert (state.failed, state.newest_record) == ("", "2024-02-04T00:00:00Z")
    assert publisher.asked("all.zip") == [200, 200]
    assert not (folder / "osv/npm/changes.zip").exists()


def test_osv_a_record_that_is_no_json_is_not_taken(publisher: Any, update: Any, folder: Path, record: Any) -> None:
    npm(publisher, record, a="1")
    rows(publisher, "2024-01-01T00:00:00Z,GHSA-a")
    update("osv/npm")
    publisher.files["/osv/npm/GHSA-a.json"] = b"<html>not today</html>"
    rows(publisher, "2024-02-01T00:00:00Z,GHSA-a")
    assert update("osv/npm")["osv/npm"].failed == ""
    assert not (folder / "osv/npm/changes.zip").exists()
    assert publisher.asked("all.zip") == [200, 304]


def test_osv_from_a_mirror_with_archives_only(publisher: Any, update: Any, record: Any) -> None:
    npm(publisher, record, a="1")
    assert update("osv/npm")["osv/npm"].failed == ""
    assert update("osv/npm")["osv/npm"].failed == ""
    rows(publisher, "2024-01-01T00:00:00Z,GHSA-a")
    update("osv/npm")
    rows(publisher, "2024-02-01T00:00:00Z,GHSA-b", "2024-01-01T00:00:00Z,GHSA-a")
    assert update("osv/npm")["osv/npm"].failed == ""
    assert publisher.asked("all.zip") == [200, 304, 304, 304]


def test_osv_from_a_folder_that_an_update_filled(
    publisher: Any, update: Any, folder: Path, tmp_path: Path, record: Any
) -> None:
    """What the first update added to the archive reaches the second, and goes when the archive has it."""
    npm(publisher, record, a="1")
    rows(publisher, "2024-01-01T00:00:00Z,GHSA-a")
    update("osv/npm")
    publisher.files["/osv/npm/GHSA-a.json"] = json.dumps(record("GHSA-a", "npm", "a", "2")).encode()
    rows(publisher, "2024-02-01T00:00:00Z,GHSA-a")
    update("osv/npm")
    second = tmp_path / "second"
    for _ in range(2):
        assert update_feeds(second, only=("osv/npm",), mirror=str(folder))["osv/npm"].failed == ""
        assert fixed_in(second, tmp_path) == {"GHSA-a": "2"}
    (folder / "osv/npm/changes.zip").unlink()
    assert update_feeds(second, only=("osv/npm",), mirror=str(folder))["osv/npm"].failed == ""
    assert fixed_in(second, tmp_path) == {"GHSA-a": "1"}


def test_what_one_address_said_is_forgotten_at_another(publisher: Any, update: Any, folder: Path) -> None:
    publisher.files["/epss/epss_scores-current.csv.gz"] = EPSS
    first = update("epss")["epss"]
    publisher.files["/elsewhere/epss_scores-current.csv.gz"] = EPSS
    moved = update_feeds(folder, only=("epss",), addresses={"epss": f"{publisher.address}/elsewhere"})["epss"]
    assert publisher.asked("elsewhere") == [200], "asked without conditions"
    assert moved.checked >= first.checked


@pytest.mark.parametrize("name", ["amazon", "redhat-vex"])
def test_an_empty_folder_is_no_mirror(folder: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "mirror" / name).mkdir(parents=True)
    states = update_feeds(folder, only=(name,), mirror=str(tmp_path / "mirror"))
    assert "lists no file" in states[name].failed


def test_alpine_releases_are_found_in_the_index(publisher: Any, update: Any, folder: Path) -> None:
    publisher.files["/alpine-secdb/"] = (
        b'<a href="../">..</a><a href="edge/">edge/</a> <a href="v3.18/">v3.18/</a><a href="xv3.1/">'
    )
    for release in ("edge", "v3.18"):
        for repository in ("main", "community"):
            publisher.files[f"/alpine-secdb/{release}/{repository}.json"] = b'{"packages": []}'
    assert update("alpine-secdb")["alpine-secdb"].failed == ""
    assert sorted(str(path.relative_to(folder)) for path in (folder / "alpine-secdb").rglob("*.json")) == [
        "alpine-secdb/edge/community.json",
        "alpine-secdb/edge/main.json",
        "alpine-secdb/v3.18/community.json",
        "alpine-secdb/v3.18/main.json",
    ]


def test_an_unreachable_mirror(folder: Path) -> None:
    downloader = Downloader(folder, patience=Patience(attempts=2, first_wait=0.01))
    states = update_feeds(folder, only=("kev",), mirror="http://127.0.0.1:9", downloader=downloader)
    downloader.close()
    assert "cannot be fetched" in states["kev"].failed
    assert states["kev"].checked == ""


def test_single_feeds_can_come_from_elsewhere(publisher: Any, folder: Path, record: Any) -> None:
    publisher.zip("/mine/npm/all.zip", record("GHSA-a", "npm", "a", "1"))
    states = update_feeds(folder, only=("osv/npm",), addresses={"osv": f"{publisher.address}/mine/"})
    assert states["osv/npm"].failed == ""
    assert states["osv/npm"].address == f"{publisher.address}/mine/npm"


@pytest.mark.parametrize("name", ["nonesuch", "osv/Nonesuch"])
def test_no_such_feed(folder: Path, name: str) -> None:
    with pytest.raises(InputError, match="is no feed"):
        update_feeds(folder, only=(name,))


def test_from_a_folder(data: Path, folder: Path, tmp_path: Path) -> None:
    """The real data as a mirror: what is fetched gives the same bundle as the mirror itself."""
    names = ("osv/Hex", "osv/npm", "osv/Rocky Linux", "alpine-secdb", "kev", "lifecycle")
    for _ in range(2):
        states = update_feeds(folder, only=names, mirror=str(data / "advisories"))
        assert {name: state.failed for name, state in states.items()} == dict.fromkeys(names, "")
    build_bundle(folder, tmp_path / "bundle")
    with open_bundle(tmp_path / "bundle") as bundle:
        feeds = {feed.name: feed for feed in bundle.feeds}
    assert feeds["osv/Hex"].records > 90
    assert feeds["alpine-secdb"].records > 9000
    assert feeds["kev"].fetched == states["kev"].checked
