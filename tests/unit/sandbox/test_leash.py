import os
import subprocess
import sys
import time
from pathlib import Path

from landwaiter.sandbox import leash

DAEMON = (
    "import os, sys, time\n"
    "if os.fork() == 0:\n"
    "    os.setsid()\n"
    "    if os.fork() == 0:\n"
    "        open(sys.argv[1], 'w').write(str(os.getpid()))\n"
    "        time.sleep(600)\n"
    "    os._exit(0)\n"
    "time.sleep(float(sys.argv[2]))\n"
    "sys.exit(7)\n"
)


def start(folder: Path, seconds: float) -> tuple["subprocess.Popen[bytes]", int, int]:
    """Start a command on a leash that makes a daemon of the classic kind; the leash, our end, the daemon's pid."""
    kept, held = os.pipe()
    note = folder / "pid"
    command = [
        sys.executable,
        "-S",
        leash.__file__,
        str(kept),
        sys.executable,
        "-S",
        "-c",
        DAEMON,
        str(note),
        str(seconds),
    ]
    process = subprocess.Popen(command, pass_fds=[kept])
    os.close(kept)
    deadline = time.monotonic() + 10
    while not (note.exists() and note.read_text()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return process, held, int(note.read_text())


def runs(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_letting_go_ends_even_daemons(tmp_path: Path) -> None:
    process, held, daemon = start(tmp_path, 600)
    assert runs(daemon)
    os.close(held)
    assert process.wait(15) == 0
    assert not runs(daemon)


def test_a_command_that_ends_takes_its_daemons_along(tmp_path: Path) -> None:
    process, held, daemon = start(tmp_path, 0.3)
    assert process.wait(15) == 7
    assert not runs(daemon)
    os.close(held)


def test_a_process_without_children_has_no_descendants() -> None:
    assert leash.descendants(2**22 + 1) == []
