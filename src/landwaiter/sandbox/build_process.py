"""One phase of a build: its commands in a shell of their own, which takes over where that of the phase before left off.

CodeBuild runs all phases of a 0.2 buildspec in one shell. A shell per phase that hands its state on behaves the same,
and lets a phase that calls `exit` fail without taking the later ones along.
"""

import contextlib
import os
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SAVE = 'trap \'__code=$?; export -p > "{state}/variables"; pwd > "{state}/folder"; exit $__code\' EXIT'
_RESTORE = 'if [ -f "{state}/variables" ]; then . "{state}/variables"; cd "$(cat "{state}/folder")"; fi'


@dataclass(frozen=True, slots=True)
class PhaseResult:
    """How a phase ended: "done", "stopped" or "timeout"; `command` and `exit_code` tell which command failed."""

    exit_code: int
    command: str = ""
    ending: str = "done"


class BuildShell:
    """Runs the phases of one build. `stop()` may be called from another thread at any time."""

    def __init__(
        self, words: Sequence[str], folder: Path, environment: Mapping[str, str], write: Callable[[str], None]
    ) -> None:
        self._words = list(words)
        self._folder = folder
        self._environment = dict(environment)
        self._write = write
        self._process: subprocess.Popen[str] | None = None
        self._ending = "done"
        self._state = folder.parent / "state"
        self._state.mkdir(exist_ok=True)

    def run(self, commands: Sequence[str], extra: Mapping[str, str], deadline: float) -> PhaseResult:
        """Run commands until one fails. `deadline` is a time.monotonic() moment after which they are killed."""
        if not commands or self._ending != "done":
            return PhaseResult(0, ending=self._ending)
        script = self._state / "script"
        script.write_text(self._script(commands), encoding="utf-8")
        self._process = subprocess.Popen(
            [*self._words, str(script)],
            cwd=self._folder,
            env={**self._environment, **extra},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            encoding="utf-8",
            errors="replace",
        )
        if self._ending != "done":
            self._kill()
        code = self._follow(self._process, deadline)
        return PhaseResult(code, self._last_command(commands), self._ending)

    def _script(self, commands: Sequence[str]) -> str:
        lines = [_RESTORE.format(state=self._state), _SAVE.format(state=self._state)]
        for number, command in enumerate(commands):
            shown = shlex.quote(command.rstrip("\n"))
            lines.append(f'echo {number} > "{self._state}/command"; printf "[Container] Running command %s\\n" {shown}')
            lines += [command, "__status=$?; [ $__status -eq 0 ] || exit $__status"]
        return "\n".join(lines) + "\n"

    def _follow(self, process: "subprocess.Popen[str]", deadline: float) -> int:
        """Pass the output on until the process ends."""
        timer = threading.Timer(max(deadline - time.monotonic(), 0.0), self.stop, ["timeout"])
        timer.daemon = True
        timer.start()
        try:
            for line in process.stdout or ():
                self._write(line.rstrip("\n"))
            return process.wait()
        finally:
            timer.cancel()

    def _last_command(self, commands: Sequence[str]) -> str:
        with contextlib.suppress(OSError, ValueError, IndexError):
            return commands[int((self._state / "command").read_text(encoding="utf-8"))].strip()
        return ""

    def stop(self, ending: str = "stopped") -> None:
        """Kill what runs now and let nothing else start."""
        self._ending = ending
        self._kill()

    def _kill(self) -> None:
        if self._process is not None:
            with contextlib.suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)
