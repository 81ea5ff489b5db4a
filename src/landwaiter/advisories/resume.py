"""Half downloads: what is kept of them, how the rest is asked for, and whether what comes is the rest.

Beside the half lies the validator it came with, so that two versions of a file are never put together (RFC 9110,
sections 13.1.5 and 14.4).
"""

import os
import re
import time
from pathlib import Path

from landwaiter.images.transport import Answer, BusyError

_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")
_KEPT_SECONDS = 14 * 86400

Validators = tuple[str, str]
"""ETag and Last-Modified as the server gave them, "" where it gave none."""


def validators_of(answer: Answer) -> Validators:
    """Return the validators of an answer; one that could not be sent back counts as none."""
    etag, modified = (answer.headers.get(name, "") for name in ("etag", "last-modified"))
    return etag if _sendable(etag) else "", modified if _sendable(modified) else ""


def _sendable(value: str) -> bool:
    return value.isascii() and value.isprintable() and len(value) <= 512


class Half:
    """The half download at `path`, which need not exist."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._tag = path.with_suffix(".tag")

    def conditions(self, known: Validators) -> dict[str, str]:
        """Return the headers that ask for the rest of what is half there, or for anything newer than `known`."""
        tag = self._kept_tag()
        if tag and self.path.exists() and self.path.stat().st_size:
            return {"Range": f"bytes={self.path.stat().st_size}-", "If-Range": tag}
        names = ("If-None-Match", "If-Modified-Since")
        return {name: value for name, value in zip(names, known, strict=True) if value}

    def begin(self, answer: Answer) -> int:
        """Prepare for the body of `answer`, and return the size that the whole must have, 0 where nobody says.

        Raises BusyError when it is part of something else than what is half here; all is then asked for again.
        """
        if answer.status != 206:
            etag, modified = validators_of(answer)
            self._tag.unlink(missing_ok=True)
            self.path.unlink(missing_ok=True)
            strong = "" if etag.startswith("W/") else etag or modified
            if strong:
                self._tag.write_text(strong)
            length = answer.headers.get("content-length", "")
            return int(length) if length.isascii() and length.isdigit() else 0
        found = _CONTENT_RANGE.fullmatch(answer.headers.get("content-range", ""))
        here = self.path.stat().st_size if self.path.exists() else 0
        if found is None or int(found[1]) != here or not self._same(answer):
            self.remove()
            raise BusyError("it answers with a part of something else")
        return int(found[3])

    def _same(self, answer: Answer) -> bool:
        """Tell whether a part is of the version that is half here, as far as the server says of which it is."""
        stated = [value for value in validators_of(answer) if value]
        return not stated or self._kept_tag() in stated

    def _kept_tag(self) -> str:
        return self._tag.read_text() if self._tag.exists() else ""

    def remove(self) -> None:
        """Forget it."""
        self.path.unlink(missing_ok=True)
        self._tag.unlink(missing_ok=True)


def remove_old_halves(folder: Path) -> None:
    """Remove half downloads that nobody continued for two weeks: their addresses are no longer asked for."""
    oldest = time.time() - _KEPT_SECONDS
    for entry in os.scandir(folder) if folder.is_dir() else ():
        if entry.is_file(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_mtime < oldest:
            Path(entry.path).unlink(missing_ok=True)
