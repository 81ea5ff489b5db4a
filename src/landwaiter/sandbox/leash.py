"""Runs a command and makes sure that nothing it started outlives it, or us.

Usage: `python leash.py FD COMMAND...`. FD is the reading end of a pipe whose writing end our owner holds: when the
owner closes it or dies, however suddenly, the read returns and the command is stopped. On Linux this process adopts
every orphan among the command's descendants (PR_SET_CHILD_SUBREAPER, prctl(2)), so that it finds them all under
itself at the end.

Standard library only and no package import: it starts in a few milliseconds and must not fail for want of anything.
"""

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
GRACE = 3.0


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def descendants(pid: int) -> list[int]:
    """The process ids below `pid`, deepest last; empty where /proc is missing."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - kept free of imports
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as children:  # noqa: PTH123 - see above
                for child in map(int, children.read().split()):
                    found += [child, *descendants(child)]
    return found


def end_all(pid: int) -> None:
    """Kill every process below `pid`, again and again until none is left (a process may fork while we look)."""
    for _ in range(100):
        left = descendants(pid)
        for process in left:
            with contextlib.suppress(OSError):
                os.kill(process, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not left:
            return
        time.sleep(0.02)


def _wait(command: "subprocess.Popen[bytes]", owner: int) -> None:
    """Return when the command has ended or the owner let go."""
    while command.poll() is None:
        if select.select([owner], [], [], 0.2)[0] and not os.read(owner, 1):
            return


def main(arguments: list[str]) -> int:
    """Run the command; the exit code is the command's, or 0 when the owner let go."""
    owner = int(arguments[0])
    for ignored in (signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    command = subprocess.Popen(
        arguments[1:],
        start_new_session=True,
        # One thread only in this process, so running code between fork and exec is safe here.
        preexec_fn=lambda: _prctl(PR_SET_PDEATHSIG, signal.SIGKILL),  # noqa: PLW1509
    )
    signal.signal(signal.SIGTERM, lambda *_: command.terminate())
    _wait(command, owner)
    code = command.poll()
    if code is None:
        command.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            command.wait(GRACE)
    end_all(os.getpid())
    return code or 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
