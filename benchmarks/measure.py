"""Run commands in turn and measure them: wall time, CPU time and peak memory of each with its children."""

import os
import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

POLL = 0.02
"""Seconds between two looks at the memory."""
_FAILED = 500


@dataclass(frozen=True)
class Command:
    """What is run, how often, and with which additions to the environment."""

    arguments: Sequence[str]
    runs: int
    environment: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Measured:
    """Medians of several runs: seconds of wall and CPU time; peak megabytes, all processes of the command together."""

    wall: float
    cpu: float
    peak: float
    runs: int

    def __str__(self) -> str:
        return f"{self.wall:.2f} s wall, {self.cpu:.2f} s CPU, {self.peak:.0f} MB"


def measure(*commands: Command) -> list[Measured]:
    """Run the commands in turn, so that whatever else the machine does meets all of them. Raises when one fails.

    One run of each comes first: it warms the page cache, and its memory is what is reported (the proportional set size
    of the process and its children, looked at every 20 ms). The others are timed.
    """
    peaks = [_peak(command) for command in commands]
    samples: list[list[tuple[float, float]]] = [[] for _ in commands]
    for number in range(max(command.runs for command in commands)):
        for command, taken in zip(commands, samples, strict=True):
            if number < command.runs:
                taken.append(_time(command))
    return [
        Measured(*(statistics.median(column) for column in zip(*taken, strict=True)), peak, command.runs)
        for command, taken, peak in zip(commands, samples, peaks, strict=True)
    ]


def _start(command: Command) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, **dict(command.environment)}
    return subprocess.Popen(
        command.arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment, start_new_session=True
    )


def _time(command: Command) -> tuple[float, float]:
    """Return the wall and CPU seconds of one run."""
    started = time.perf_counter()
    process = _start(command)
    assert process.stderr is not None
    complaint = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    _check(command, process.returncode, complaint)
    return wall, usage.ru_utime + usage.ru_stime


def _peak(command: Command) -> float:
    """Return the most megabytes that one run held at once."""
    process = _start(command)
    most = 0
    while process.poll() is None:
        most = max(most, sum(map(_held, _members(process.pid))))
        time.sleep(POLL)
    assert process.stderr is not None
    _check(command, process.returncode, process.stderr.read())
    return most / 1024


def _members(session: int) -> list[Path]:
    """Return the folders in /proc of all processes of a session."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session:
            found.append(folder)
    return found


def _held(folder: Path) -> int:
    """Return the proportional set size of a process in kilobytes, 0 when it has gone."""
    try:
        lines = (folder / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def _check(command: Command, code: int, complaint: bytes) -> None:
    if code:
        text = complaint[-_FAILED:].decode(errors="replace")
        raise RuntimeError(f"{command.arguments[0]} failed with {code}: {text}")
