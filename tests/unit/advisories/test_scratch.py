import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from landwaiter.advisories.scratch import folder_beside, replacing
from landwaiter.errors import InputError


def test_a_file_takes_its_place_only_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "new" / "file"
    with replacing(target) as new:
        new.write_text("one")
        assert not target.exists()
    assert target.read_text() == "one"
    with pytest.raises(KeyboardInterrupt), replacing(target) as new:
        new.write_text("half")
        raise KeyboardInterrupt
    assert target.read_text() == "one"
    assert list(target.parent.iterdir()) == [target]


KILLED = """
import sys, time
from pathlib import Path
from landwaiter.advisories.scratch import replacing
with replacing(Path(sys.argv[1])) as new:
    new.write_text("half")
    print("half", flush=True)
    time.sleep(60)
"""


def test_what_a_killed_one_left_is_removed_and_what_is_in_use_is_not(tmp_path: Path) -> None:
    target = tmp_path / "a*b"
    target.write_text("good")
    other = tmp_path / "aXb"
    processes = []
    for path in (target, other):
        process = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        processes.append(process)
    left = set(tmp_path.glob(".a*"))
    assert len(left) == 2
    with folder_beside(target):
        assert left < set(tmp_path.glob(".a*"))
    processes[0].send_signal(signal.SIGKILL)
    processes[0].wait()
    with folder_beside(target):
        pass
    assert [path.name[:5] for path in tmp_path.glob(".a*")] == [".aXb."]
    assert target.read_text() == "good"
    processes[1].kill()
    for process in processes:
        process.communicate()


def test_a_folder_that_has_no_lock_yet_is_left_alone(tmp_path: Path) -> None:
    fresh, old = tmp_path / ".file.fresh", tmp_path / ".file.old"
    fresh.mkdir()
    old.mkdir()
    os.utime(old, (time.time() - 7200,) * 2)
    with folder_beside(tmp_path / "file"):
        assert fresh.exists()
        assert not old.exists()


def test_one_in_use_is_locked(tmp_path: Path) -> None:
    with (
        folder_beside(tmp_path / "file") as folder,
        (folder / ".lock").open("rb") as lock,
        pytest.raises(BlockingIOError),
    ):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"), replacing(tmp_path / "file" / "inside"):
        pass
