"""Feeds that are found through their publisher's own indexes, from a web server laid out as the publisher's is."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import zstandard

from landwaiter.advisories.download import Downloader
from landwaiter.advisories.feeds.archives import UnreadableError
from landwaiter.advisories.fetch import update_feeds
from landwaiter.advisories.indexed import update_amazon, update_amazon_1, update_redhat
from landwaiter.advisories.states import FeedState
from landwaiter.errors import LandwaiterError

REPOMD = """<?xml version="1.0"?><repomd xmlns="http://linux.duke.edu/metadata/repo">
<data type="primary"><location href="repodata/primary.xml.gz"/></data>{}</repomd>"""
UPDATEINFO = '<data type="updateinfo"><location href="repodata/updateinfo.xml.gz"/></data>'
UPDATES = gzip.compress(b"<updates/>")


@pytest.fixture
def downloader(tmp_path: Path) -> Any:
    made = Downloader(tmp_path / "feeds", attempts=1)
    yield made
    made.close()


def repository(publisher: Any, mirrors: str, name: str, *, advisories: bool = True) -> None:
    publisher.files[mirrors] = f"{publisher.address}/{name}/\n{publisher.address}/second\n".encode()
    publisher.files[f"/{name}/repodata/repomd.xml"] = REPOMD.format(UPDATEINFO if advisories else "").encode()
    publisher.files[f"/{name}/repodata/updateinfo.xml.gz"] = UPDATES


def amazon(publisher: Any) -> None:
    repository(publisher, "/2/core/latest/x86_64/mirror.list", "guid-2")
    repository(publisher, "/al2023/core/mirrors/latest/x86_64/mirror.list", "guid-2023")
    repository(publisher, "/2/extras/kernel-5.15/latest/x86_64/mirror.list", "guid-kernel")
    repository(publisher, "/2/extras/lustre/latest/x86_64/mirror.list", "guid-lustre", advisories=False)
    topics = [{"n": "kernel-5.15"}, {"n": "lustre"}, {"n": "gone"}, {"n": "../../etc"}]
    publisher.files["/2/extras-catalog.json"] = json.dumps({"topics": topics}).encode()


def test_amazon(publisher: Any, downloader: Downloader, tmp_path: Path) -> None:
    amazon(publisher)
    state = update_amazon(publisher.address, tmp_path / "amazon", FeedState(), downloader)
    assert sorted(path.name for path in (tmp_path / "amazon").iterdir()) == [
        "updateinfo_2.xml.gz",
        "updateinfo_2023.xml.gz",
        "updateinfo_2_kernel-5.15.xml.gz",
    ]
    again = update_amazon(publisher.address, tmp_path / "amazon", state, downloader)
    assert again == state
    assert publisher.asked("updateinfo") == [200, 200, 200, 304, 304, 304]


def test_amazon_without_its_main_repository_fails(publisher: Any, downloader: Downloader, tmp_path: Path) -> None:
    amazon(publisher)
    del publisher.files["/al2023/core/mirrors/latest/x86_64/mirror.list"]
    with pytest.raises(LandwaiterError, match="404"):
        update_amazon(publisher.address, tmp_path / "amazon", FeedState(), downloader)


@pytest.mark.parametrize("index", ["<repomd>", '<!DOCTYPE x [<!ENTITY a "b">]><repomd>&a;</repomd>'])
def test_amazon_with_a_broken_index_fails(publisher: Any, downloader: Downloader, tmp_path: Path, index: str) -> None:
    amazon(publisher)
    publisher.files["/guid-2/repodata/repomd.xml"] = index.encode()
    with pytest.raises(UnreadableError, match="not valid"):
        update_amazon(publisher.address, tmp_path / "amazon", FeedState(), downloader)


def test_the_first_amazon_linux(publisher: Any, downloader: Downloader, tmp_path: Path) -> None:
    repository(publisher, "/2018.03/updates/x86_64/mirror.list", "guid-1")
    update_amazon_1(publisher.address, tmp_path / "amazon-1", FeedState(), downloader)
    assert (tmp_path / "amazon-1" / "updateinfo_1.xml.gz").read_bytes() == UPDATES


def test_the_real_repomd_is_understood(data: Path, publisher: Any, downloader: Downloader, tmp_path: Path) -> None:
    repository(publisher, "/2018.03/updates/x86_64/mirror.list", "guid-1")
    real = (data / "feed-samples" / "amazon" / "repomd_valid.xml").read_bytes()
    publisher.files["/guid-1/repodata/repomd.xml"] = real
    update_amazon_1(publisher.address, tmp_path / "amazon-1", FeedState(), downloader)
    assert publisher.asked("/guid-1/repodata/updateinfo.xml.gz") == [200]


def redhat(publisher: Any, day: str) -> None:
    name = f"csaf_vex_{day}.tar.zst"
    publisher.files["/csaf/v2/vex/archive_latest.txt"] = f"{name}\n".encode()
    publisher.files[f"/csaf/v2/vex/{name}"] = zstandard.compress(b"archive of " + day.encode())
    publisher.files["/metrics/repository-to-cpe.json"] = b'{"data": {}}'


def test_redhat(publisher: Any, downloader: Downloader, tmp_path: Path) -> None:
    folder = tmp_path / "redhat-vex"
    state = FeedState()
    for day, asked in (("2025-08-13", 1), ("2025-08-13", 1), ("2025-08-14", 2)):
        redhat(publisher, day)
        state = update_redhat(publisher.address, folder, state, downloader)
        assert zstandard.decompress((folder / "vex.tar.zst").read_bytes()) == b"archive of " + day.encode()
        assert len(publisher.asked("tar.zst")) == asked
    assert publisher.asked("repository-to-cpe") == [200, 304, 304]


@pytest.mark.parametrize("named", [b"", b"../../etc/passwd", b"<html>"])
def test_redhat_without_an_archive_fails(publisher: Any, downloader: Downloader, tmp_path: Path, named: bytes) -> None:
    redhat(publisher, "2025-08-13")
    publisher.files["/csaf/v2/vex/archive_latest.txt"] = named
    with pytest.raises(UnreadableError, match="names no archive"):
        update_redhat(publisher.address, tmp_path / "redhat-vex", FeedState(), downloader)


def test_a_mirror_of_them_is_a_folder_of_files(publisher: Any, downloader: Downloader, tmp_path: Path) -> None:
    publisher.files["/amazon/"] = (
        b'<a href="../">up</a> <a href="updateinfo_2023.xml.gz">x</a> <a href="notes.txt">y</a>'
    )
    publisher.files["/amazon/updateinfo_2023.xml.gz"] = UPDATES
    states = update_feeds(tmp_path / "feeds", only=("amazon",), mirror=publisher.address, downloader=downloader)
    assert states["amazon"].failed == ""
    assert (tmp_path / "feeds" / "amazon" / "updateinfo_2023.xml.gz").read_bytes() == UPDATES
    copied = update_feeds(tmp_path / "copy", only=("amazon",), mirror=str(tmp_path / "feeds"), downloader=downloader)
    assert copied["amazon"].failed == ""
    assert (tmp_path / "copy" / "amazon" / "updateinfo_2023.xml.gz").read_bytes() == UPDATES
