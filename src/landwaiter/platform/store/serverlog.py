"""What the embedded PostgreSQL said when it would not start, and what to do about it."""

import re
import time
from pathlib import Path

_PATIENCE_SECONDS = 1.0
_TELLING = (re.compile("PANIC|FATAL(?!.*is starting up)"), re.compile("error|could not", re.IGNORECASE))


class ServerLog:
    """The log of one start: what was written before it is not read."""

    def __init__(self, first: Path, folder: Path) -> None:
        """Take the file of the first words and the folder of PostgreSQL's log collector, before the start."""
        self._first = first
        self._folder = folder
        self._before = {path: path.stat().st_size for path in folder.glob("*.log")}

    def last_words(self) -> str:
        """Return what was said on the way out; the log collector may write it a moment after the end."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            text = self._first.read_text(errors="replace") + self._collected()
            if _TELLING[0].search(text) or time.monotonic() > deadline:
                return text
            time.sleep(0.02)

    def _collected(self) -> str:
        return "".join(
            path.read_bytes()[self._before.get(path, 0) :].decode(errors="replace")
            for path in sorted(self._folder.glob("*.log"))
        )


def last_error(text: str) -> str:
    """Return what PostgreSQL said last that is an error, in one line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for pattern in _TELLING:
        if told := [line for line in lines if pattern.search(line)]:
            return told[-1][:400]
    return lines[-1][:400] if lines else "it said nothing."


def remedy(text: str) -> str:
    """Return what to do about it."""
    if "No space left" in text:
        return "Free some space, or choose another folder with LANDWAITER_DATA."
    if "Permission denied" in text:
        return "Make the folder writable and its parents accessible, or choose another one with LANDWAITER_DATA."
    return "Point LANDWAITER_DATABASE_URL at a PostgreSQL server of your own, or mend what it names."
