"""Run a command and measure it: wall time, CPU time and peak memory of the process and its children."""

import os
import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """Medians of several runs: seconds of wall and CPU time, peak resident megabytes."""

    wall: float
    cpu: float
    peak: float
    runs: int

    def __str__(self) -> str:
        return f"{self.wall:.2f} s wall, {self.cpu:.2f} s CPU, {self.peak:.0f} MB"


def measure(command: Sequence[str], runs: int, environment: dict[str, str] | None = None) -> Measured:
    """Run the command `runs` times after one unmeasured run, and return the medians. Raises when it fails."""
    samples = [_once(command, environment) for _ in range(runs + 1)][1:]
    return Measured(*(statistics.median(column) for column in zip(*samples, strict=True)), runs)


def _once(command: Sequence[str], environment: dict[str, str] | None) -> tuple[float, float, float]:
    started = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, **(environment or {})}
    )
    assert process.stderr is not None
    complaint = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(
            f"{command[0]} failed with {process.returncode}: {complaint[-500:].decode(errors='replace')}"
        )
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
