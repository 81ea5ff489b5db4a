"""Feeds that are found through their publisher's own indexes, from a web server laid out as the publisher's is."""

import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
import zstandard

from landwaiter.advisories.amazon_repositories import update_amazon, update_amazon_1
from landwaiter.advisories.download import Downloader
from landwaiter.advisories.feeds import redhat_vex
from landwaiter.advisories.feeds.archives import UnreadableError
from landwaiter.advisories.fetch import update_feeds
from landwaiter.advisories.models import Advisory
from landwaiter.advisories.patience import Patience
from landwaiter.advisories.redhat_changes import update_redhat
from landwaiter.advisories.states import FeedState
from landwaiter.errors import LandwaiterError

REPOMD = """<?xml version="1.0"?><repomd xmlns="http://linux.duke.edu/metadata/repo">
<data type="primary"><location href="repodata/primary.xml.gz"/></data>{}</repomd>"""
UPDATEINFO = '<data type="updateinfo"><location href="repodata/updateinfo.xml.gz"/></data>'
UPDATES = gzip.compress(b"<updates/>")


@pytest.fixture
def downloader(tmp_path: Path) -> Any:
    made = Downloader(tmp_path / "feeds", patience=Patience(attempts=1))
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


def test_amazon_asks_the_next_mirror(publisher: Any, downloader: Downloader, tmp_path: Path) -> None:
    amazon(publisher)
    for part in ("repomd.xml", "updateinfo.xml.gz"):
        publisher.files[f"/second/repodata/{part}"] = publisher.files.pop(f"/guid-2/repodata/{part}")
    update_amazon(publisher.address, tmp_path / "amazon", FeedState(), downloader)
    assert (tmp_path / "amazon" / "updateinfo_2.xml.gz").read_bytes() == UPDATES
    assert publisher.asked("/second/repodata/updateinfo") == [200]


def test_an_extra_that_fails_is_not_passed_over(publisher: Any, downloader: Downloader, tmp_path: Path) -> None:
    amazon(publisher)
    publisher.trouble = [("/2/extras/kernel-5.15", 500)]
    with pytest.raises(LandwaiterError, match="500"):
        update_amazon(publisher.address, tmp_path / "amazon", FeedState(), downloader)


def test_a_main_repository_without_advisories_fails(publisher: Any, downloader: Downloader, tmp_path: Path) -> None:
    amazon(publisher)
    repository(publisher, "/2/core/latest/x86_64/mirror.list", "guid-2", advisories=False)
    with pytest.raises(UnreadableError, match="no updateinfo"):
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


def vex(cve: str, fixed: str, modified: str) -> bytes:
    """A document of Red Hat's about one package."""
    package = {
        "product_id": "p",
        "name": "p",
        "product_identification_helper": {"purl": f"pkg:rpm/redhat/openssl@{fixed}?arch=src"},
    }
    system = {
        "product_id": "s",
        "name": "s",
        "product_identification_helper": {"cpe": "cpe:/o:redhat:enterprise_linux:9"},
    }
    return json.dumps(
        {
            "document": {"title": cve, "tracking": {"current_release_date": modified}},
            "product_tree": {
                "branches": [{"product": package}, {"product": system}],
                "relationships": [
                    {
                        "full_product_name": {"product_id": "s:p", "name": "s:p"},
                        "product_reference": "p",
                        "relates_to_product_reference": "s",
                    }
                ],
            },
            "vulnerabilities": [{"cve": cve, "product_status": {"fixed": ["s:p"]}}],
        }
    ).encode()


def archived(documents: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in documents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return zstandard.compress(buffer.getvalue())


def compiled(folder: Path) -> dict[str, str | None]:
    facts = redhat_vex.read(folder)
    return {f.id: f.affected[0].ranges[0].events[1].fixed for f in facts if isinstance(f, Advisory)}


def test_redhat_adds_what_changed_since_the_archive(publisher: Any, downloader: Downloader, tmp_path: Path) -> None:
    redhat(publisher, "2025-08-13")
    top, old = "/csaf/v2/vex", "2025-08-01T00:00:00+00:00"
    names = [f"2024/cve-2024-000{n}.json" for n in (1, 2, 3)]
    documents = {name: vex(name[5:18].upper(), "1-1.el9", old) for name in names}
    publisher.files[f"{top}/csaf_vex_2025-08-13.tar.zst"] = archived(documents)
    publisher.files[f"{top}/{names[0]}"] = vex("CVE-2024-0001", "2-1.el9", "2025-08-14T09:00:00+00:00")
    publisher.files[f"{top}/changes.csv"] = (
        f'"../../../etc/passwd","2025-08-14T10:00:00+00:00"\n"{names[0]}","2025-08-14T09:00:00+00:00"\n'
        f'"{names[2]}","2025-08-12T00:00:00+00:00"\n'
    ).encode()
    publisher.files[f"{top}/deletions.csv"] = f'"{names[1]}","2025-08-14T08:00:00+00:00"\n'.encode()
    folder = tmp_path / "redhat-vex"
    state = update_redhat(publisher.address, folder, FeedState(), downloader)
    assert compiled(tmp_path) == {"CVE-2024-0001": "2-1.el9", "CVE-2024-0003": "1-1.el9"}
    assert (state.archive, state.newest_record) == ("csaf_vex_2025-08-13.tar.zst", "2025-08-14T09:00:00Z")
    assert publisher.asked("cve-2024") == [200]
    assert publisher.asked("passwd") == []
    publisher.files[f"{top}/{names[2]}"] = vex("CVE-2024-0003", "3-1.el9", "2025-08-15T09:00:00+00:00")
    publisher.files[f"{top}/changes.csv"] = f'"{names[2]}","2025-08-15T09:00:00+00:00"\n'.encode()
    update_redhat(publisher.address, folder, state, downloader)
    assert compiled(tmp_path) == {"CVE-2024-0001": "2-1.el9", "CVE-2024-0003": "3-1.el9"}
    assert publisher.asked("cve-2024") == [200, 200]


def test_redhat_a_change_that_cannot_be_had_fails(publisher: Any, downloader: Downloader, tmp_path: Path) -> None:
    redhat(publisher, "2025-08-13")
    name = "2024/cve-2024-0001.json"
    publisher.files["/csaf/v2/vex/changes.csv"] = f'"{name}","2025-08-14T09:00:00+00:00"\n'.encode()
    publisher.trouble = [(name, 500)]
    with pytest.raises(LandwaiterError, match="500"):
        update_redhat(publisher.address, tmp_path / "redhat-vex", FeedState(), downloader)
    assert not (tmp_path / "redhat-vex" / "changes.zip").exists()
    assert update_redhat(publisher.address, tmp_path / "redhat-vex", FeedState(), downloader).newest_record


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


def test_what_a_mirror_no_longer_has_overrules_nothing(publisher: Any, downloader: Downloader, tmp_path: Path) -> None:
    mirror, folder = tmp_path / "mirror" / "redhat-vex", tmp_path / "feeds"
    mirror.mkdir(parents=True)
    (mirror / "vex.tar.zst").write_bytes(zstandard.compress(b"archive"))
    with zipfile.ZipFile(mirror / "changes.zip", "w") as archive:
        archive.writestr("2024/cve-2024-0001.json", "{}")
    for there in (True, False):
        states = update_feeds(folder, only=("redhat-vex",), mirror=str(mirror.parent), downloader=downloader)
        assert states["redhat-vex"].failed == ""
        assert (folder / "redhat-vex" / "changes.zip").exists() == there
        (mirror / "changes.zip").unlink(missing_ok=True)
