"""Downloads from a web server on this machine that stalls, lies, changes its mind and asks for patience."""

import gzip
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from landwaiter.advisories.download import AbsentError, Downloader
from landwaiter.advisories.feeds.archives import UnreadableError, check_gzip
from landwaiter.advisories.patience import Patience
from landwaiter.errors import InputError, UnreachableError
from landwaiter.images.limits import Limits

CONTENT = gzip.compress(bytes(range(256)) * 4000, 0, mtime=0)
OTHER = gzip.compress(bytes(range(255, -1, -1)) * 4000, 0, mtime=0)
NONE = ("", "")
QUICK = Patience(first_wait=0.01)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    path = tmp_path / "feeds" / "x" / "file.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"the last good data")
    return path


@pytest.fixture
def fetch(publisher: Any, target: Path) -> Any:
    """Fetch /file.gz once, with the patience and limits given."""
    publisher.files["/file.gz"] = CONTENT

    def run(patience: Patience = QUICK, **limits: float) -> Any:
        downloader = Downloader(target.parents[1], patience=patience, limits=Limits(**limits) if limits else None)
        try:
            return downloader.fetch(f"{publisher.address}/file.gz", target, NONE, check_gzip)
        finally:
            downloader.close()

    return run


def halves(target: Path) -> list[Path]:
    return list((target.parents[1] / ".partial").iterdir())


def test_a_stall_is_given_up_and_continued(publisher: Any, fetch: Any, target: Path) -> None:
    publisher.trouble = [("file", "stall")]
    started = time.monotonic()
    assert fetch(stall_seconds=0.3)
    assert time.monotonic() - started < 10
    assert publisher.asked("file") == [200, 206]
    assert target.read_bytes() == CONTENT


def test_a_file_has_only_so_much_time(publisher: Any, fetch: Any, target: Path) -> None:
    publisher.trouble = [("file", "cut")] * 9
    with pytest.raises(UnreachableError, match="longer than"):
        fetch(Patience(attempts=9, first_wait=0.4, whole=0.5))
    assert target.read_bytes() == b"the last good data"


@pytest.mark.parametrize("trouble", ["part of another", "no part"])
def test_the_rest_of_something_else_is_not_taken(publisher: Any, fetch: Any, target: Path, trouble: str) -> None:
    """The content changes while half of it is here, and the server overlooks `If-Range`."""
    publisher.trouble = [("file", "cut")] * 4
    with pytest.raises(UnreachableError):
        fetch()
    if trouble == "part of another":
        publisher.files["/file.gz"] = OTHER
    publisher.trouble = [("file", trouble)]
    assert fetch()
    assert publisher.asked("file")[-2:] == [206, 200]
    assert target.read_bytes() == publisher.files["/file.gz"]
    assert halves(target) == []


def test_a_length_that_lies_is_found_out(publisher: Any, fetch: Any, target: Path) -> None:
    """Half a file that claims to be whole: no HTTP client can tell, the check of its content does."""
    publisher.trouble = [("file", "short")]
    with pytest.raises(UnreadableError, match="not a whole gzip"):
        fetch()
    assert target.read_bytes() == b"the last good data"
    assert halves(target) == []
    assert fetch()


def test_retry_after_is_honoured(publisher: Any, fetch: Any) -> None:
    publisher.trouble = [("file", ("busy", 1))]
    started = time.monotonic()
    assert fetch()
    assert time.monotonic() - started >= 1
    assert publisher.asked("file") == [429, 200]


def test_who_asks_for_an_hour_is_left_alone(publisher: Any, fetch: Any, target: Path) -> None:
    publisher.trouble = [("file", ("busy", 3600))] * 9
    with pytest.raises(UnreachableError, match="left alone for 3600 seconds"):
        fetch()
    assert publisher.asked("file") == [429]
    assert target.read_bytes() == b"the last good data"


def test_server_errors_are_tried_again_but_not_for_ever(publisher: Any, fetch: Any) -> None:
    publisher.trouble = [("file", 502)] * 99
    with pytest.raises(UnreachableError, match="answers 502"):
        fetch()
    assert publisher.asked("file") == [502] * 4


@pytest.mark.parametrize("status", [403, 404, 410])
def test_what_is_absent_is_asked_for_once(publisher: Any, fetch: Any, status: int) -> None:
    publisher.trouble = [("file", status)]
    with pytest.raises(AbsentError, match=f"answers {status}"):
        fetch()
    assert publisher.asked("file") == [status]


def test_a_server_with_a_root_of_its_own(secure_publisher: Any, own_root: Path, target: Path) -> None:
    secure_publisher.files["/file.gz"] = CONTENT
    address = f"{secure_publisher.address}/file.gz"
    stranger = Downloader(target.parents[1], patience=Patience(attempts=1))
    with pytest.raises(UnreachableError, match="CERTIFICATE_VERIFY_FAILED"):
        stranger.fetch(address, target, NONE, check_gzip)
    stranger.close()
    certificate = own_root.read_text().partition("-----BEGIN PRIVATE")[0]
    friend = Downloader(target.parents[1], root_ca_pem=certificate, patience=QUICK)
    assert friend.fetch(address, target, NONE, check_gzip)
    friend.close()
    assert target.read_bytes() == CONTENT


def test_stopping_ends_pauses(publisher: Any, target: Path) -> None:
    downloader = Downloader(target.parents[1], patience=Patience(first_wait=60))
    publisher.trouble = [("file", 503)] * 9
    downloader.stop()
    started = time.monotonic()
    with pytest.raises(UnreachableError, match="stopped"):
        downloader.fetch(f"{publisher.address}/file.gz", target, NONE, check_gzip)
    assert time.monotonic() - started < 5
    downloader.close()


def test_a_folder_in_the_place_of_a_file(tmp_path: Path, target: Path) -> None:
    downloader = Downloader(target.parents[1])
    with pytest.raises(UnreachableError, match="no file"):
        downloader.fetch(str(tmp_path), target, NONE, check_gzip)
    downloader.close()


_LIMITED = """
import resource, signal, sys
from pathlib import Path
from landwaiter.advisories.download import Downloader
from landwaiter.advisories.fetch import update_feeds
from landwaiter.advisories.patience import Patience
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (40960, 40960))
downloader = Downloader(Path(sys.argv[1]), patience=Patience(first_wait=0.01))
states = update_feeds(Path(sys.argv[1]), only=("epss",), mirror=sys.argv[2], downloader=downloader)
print(states["epss"].failed)
downloader.close()
"""


@pytest.mark.parametrize("from_folder", [False, True])
def test_a_full_disk_leaves_the_last_good_data(publisher: Any, tmp_path: Path, from_folder: bool) -> None:
    mirror, good = tmp_path / "mirror" / "epss", tmp_path / "feeds" / "epss" / "epss_scores-current.csv.gz"
    for folder in (mirror, good.parent):
        folder.mkdir(parents=True)
    good.write_bytes(b"the last good data")
    (mirror / good.name).write_bytes(CONTENT)
    publisher.files[f"/epss/{good.name}"] = CONTENT
    command = [sys.executable, "-c", _LIMITED, str(tmp_path / "feeds")]
    where = str(tmp_path / "mirror") if from_folder else publisher.address
    run = subprocess.run([*command, where], capture_output=True, text=True, check=True)
    assert "cannot be written" in run.stdout
    assert run.stderr == ""
    assert good.read_bytes() == b"the last good data"
    assert list((tmp_path / "feeds" / ".partial").iterdir()) == []


def test_a_feeds_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "feeds").write_text("a file")
    with pytest.raises(InputError, match="cannot be made"):
        from landwaiter.advisories.fetch import update_feeds

        update_feeds(tmp_path / "feeds", only=("kev",), mirror=str(tmp_path))
