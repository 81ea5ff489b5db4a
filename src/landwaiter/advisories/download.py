"""Fetching one file of a feed: over HTTPS with conditional requests, resumption and retries, or from a folder.

What was half downloaded is kept in `.partial` and continued, if the server still has the same content (RFC 9110,
`If-Range`). A file takes its place only when it is whole and `check` finds nothing wrong with it.
"""

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin

from landwaiter.advisories.feeds.archives import UnreadableError
from landwaiter.errors import UnreachableError
from landwaiter.images.limits import Limits
from landwaiter.images.transport import Answer, Failure, Http

Validators = tuple[str, str]
"""ETag and Last-Modified as the server gave them, "" where it gave none."""

Check = Callable[[Path], None]
"""Raises UnreadableError when a downloaded file is not what it should be."""

LARGEST = 4 << 30
"""Bytes of one file of a feed."""
_DOCUMENT = 256 << 20
_REDIRECTS = 5
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_WAIT = 60.0


class Downloader:
    """Fetches files; may be used by several threads. `folder` is the feeds folder."""

    def __init__(self, folder: Path, *, root_ca_pem: str = "", attempts: int = 4, first_wait: float = 1.0) -> None:
        self._http = Http(root_ca_pem, Limits())
        self._partial = folder / ".partial"
        self._attempts, self._first_wait = attempts, first_wait

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def fetch(self, address: str, target: Path, known: Validators, check: Check) -> Validators | None:
        """Fetch `address` to `target`; None when it has not changed since `known`, else its validators.

        Raises UnreachableError, and UnreadableError when the content is not what it should be; `target` then stays.
        """
        known = known if target.exists() else ("", "")
        new = self._partial / hashlib.sha256(address.encode()).hexdigest()[:32]
        new.parent.mkdir(parents=True, exist_ok=True)
        found = self._download(address, new, known) if is_url(address) else _copy(Path(address), new, known)
        if found is not None:
            try:
                check(new)
                target.parent.mkdir(parents=True, exist_ok=True)
                new.replace(target)
            finally:
                new.unlink(missing_ok=True)
                _tag(new).unlink(missing_ok=True)
        return found

    def read(self, address: str, limit: int = _DOCUMENT) -> bytes:
        """Return a small document. Raises UnreachableError, and UnreadableError when it is too large."""
        content = bytearray()
        for chunk in self.stream(address):
            content += chunk
            if len(content) > limit:
                raise UnreadableError(f"{address} is larger than {limit >> 20} MB")
        return bytes(content)

    def stream(self, address: str) -> Iterator[bytes]:
        """Yield a document as it comes; stop early and the rest is not downloaded. Raises UnreachableError."""
        if not is_url(address):
            try:
                yield Path(address).read_bytes()
            except OSError as error:
                raise _unreachable(address, str(error.strerror)) from error
            return
        answer = self._ask(address, {})
        try:
            yield from answer.chunks()
        except Failure as error:
            raise _unreachable(address, _words(error)) from error
        finally:
            answer.close()

    def _download(self, address: str, new: Path, known: Validators) -> Validators | None:
        failure = ""
        for attempt in range(self._attempts):
            if attempt:
                time.sleep(min(self._first_wait * 2 ** (attempt - 1), _LONGEST_WAIT))
            answer = self._ask(address, _conditions(new, known))
            try:
                if answer.status == 304:
                    return None
                validators = answer.headers.get("etag", ""), answer.headers.get("last-modified", "")
                _save(answer, new, validators)
            except Failure as error:
                failure = _words(error)
            else:
                return validators
            finally:
                answer.close()
        raise _unreachable(address, failure)

    def _ask(self, address: str, headers: dict[str, str]) -> Answer:
        """Return an answer of status 200, 206 or 304; other failures that may pass are tried again."""
        failure = ""
        for attempt in range(self._attempts):
            if attempt:
                time.sleep(min(self._first_wait * 2 ** (attempt - 1), _LONGEST_WAIT))
            try:
                answer = self._follow(address, headers)
            except Failure as error:
                failure = _words(error)
                continue
            if answer.status in (200, 206, 304):
                return answer
            answer.close()
            failure = f"it answers {answer.status}"
            if answer.status == 416:
                headers = {name: value for name, value in headers.items() if name not in ("Range", "If-Range")}
            elif answer.status not in _TRY_AGAIN:
                break
        raise _unreachable(address, failure)

    def _follow(self, address: str, headers: dict[str, str]) -> Answer:
        for _ in range(_REDIRECTS):
            answer = self._http.send("GET", address, headers)
            location = answer.headers.get("location", "")
            if answer.status not in (301, 302, 303, 307, 308) or not location:
                return answer
            answer.close()
            address = urljoin(address, location)
        raise _unreachable(address, "it redirects without end")


def is_url(address: str) -> bool:
    """Tell a web address from the path of a folder."""
    return address.startswith(("https://", "http://"))


def _tag(new: Path) -> Path:
    return new.with_suffix(".tag")


def _conditions(new: Path, known: Validators) -> dict[str, str]:
    """Return the headers that ask for the rest of what is half there, or for anything that is new."""
    if new.exists() and _tag(new).exists() and new.stat().st_size:
        return {"Range": f"bytes={new.stat().st_size}-", "If-Range": _tag(new).read_text()}
    names = ("If-None-Match", "If-Modified-Since")
    return {name: value for name, value in zip(names, known, strict=True) if value}


def _save(answer: Answer, new: Path, validators: Validators) -> None:
    """Write the body to `new`, behind what is there for a 206. Raises one of Failure when it breaks off."""
    resumed = answer.status == 206
    if not resumed:
        strong = "" if validators[0].startswith("W/") else validators[0] or validators[1]
        _tag(new).unlink(missing_ok=True)
        if strong:
            _tag(new).write_text(strong)
    with new.open("ab" if resumed else "wb") as stream:
        for chunk in answer.chunks():
            stream.write(chunk)
            if stream.tell() > LARGEST:
                raise UnreadableError(f"{answer.url} is larger than {LARGEST >> 30} GB")
        stream.flush()
        os.fsync(stream.fileno())


def _copy(source: Path, new: Path, known: Validators) -> Validators | None:
    """Copy a file of a mirror that is a folder; size and time stand for an ETag."""
    try:
        stat = source.stat()
        validators = f"{stat.st_size}-{stat.st_mtime_ns}", ""
        if validators == known:
            return None
        shutil.copyfile(source, new)
    except OSError as error:
        raise _unreachable(str(source), error.strerror or str(error)) from error
    return validators


def _unreachable(address: str, why: str) -> UnreachableError:
    return UnreachableError(f"{address} cannot be fetched: {why}.", "Check the network, or name a mirror.")


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
