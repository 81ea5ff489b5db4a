"""Fetching one file of a feed: over HTTPS with conditional requests, resumption and retries, or from a folder.

What was half downloaded is kept in `.partial` and continued, if the server still has the same content (see `resume`).
A file takes its place only when it is whole and `check` finds nothing wrong with it.
"""

import hashlib
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urljoin

from landwaiter.advisories.feeds.archives import UnreadableError
from landwaiter.advisories.patience import Deadline, Patience, retry_after
from landwaiter.advisories.resume import Half, Validators, remove_old_halves, validators_of
from landwaiter.errors import InputError, UnreachableError
from landwaiter.images.limits import Limits
from landwaiter.images.transport import Answer, BusyError, Failure, Http

Check = Callable[[Path], None]
"""Raises UnreadableError when a downloaded file is not what it should be."""

LARGEST = 4 << 30
"""Bytes of one file of a feed."""
_REMEDY = "Check the network, or name a mirror."
_DOCUMENT = 256 << 20
_REDIRECTS = 5
_ABSENT = frozenset({403, 404, 410})
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


class AbsentError(UnreachableError):
    """There is no such file at the address (object stores answer 403 for what they do not have)."""


class Downloader:
    """Fetches files; may be used by several threads. `folder` is the feeds folder, `received` counts bytes."""

    def __init__(
        self, folder: Path, *, root_ca_pem: str = "", patience: Patience | None = None, limits: Limits | None = None
    ) -> None:
        self._http = Http(root_ca_pem, limits or Limits())
        self._partial = folder / ".partial"
        self._patience = patience or Patience()
        self._stop = threading.Event()
        self.received = 0
        remove_old_halves(self._partial)

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def stop(self) -> None:
        """End every download and pause soon; each raises UnreachableError."""
        self._stop.set()

    def fetch(self, address: str, target: Path, known: Validators, check: Check) -> Validators | None:
        """Fetch `address` to `target`; None when it has not changed since `known`, else its validators.

        Raises UnreachableError; UnreadableError when the content is not what it should be; InputError when it cannot
        be written. `target` then stays.
        """
        known = known if target.exists() else ("", "")
        half = Half(self._partial / hashlib.sha256(address.encode()).hexdigest()[:32])
        try:
            self._partial.mkdir(parents=True, exist_ok=True)
            found = self._download(address, half, known) if is_url(address) else _copy(Path(address), half.path, known)
            if found is not None:
                _put_in_place(half, target, check)
        except OSError as error:
            half.remove()
            raise InputError(
                f"{target} cannot be written: {error.strerror or error}.", "The last good data stay."
            ) from error
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
            yield from _chunks_of(Path(address))
            return
        deadline = Deadline(self._patience, self._stop)
        answer = self._ask(address, {}, deadline)
        try:
            for chunk in answer.chunks():
                self.received += len(chunk)
                deadline.check(address)
                yield chunk
        except Failure as error:
            raise _unreachable(address, _words(error)) from error
        finally:
            answer.close()

    def _download(self, address: str, half: Half, known: Validators) -> Validators | None:
        deadline = Deadline(self._patience, self._stop)
        failure = ""
        for attempt in range(self._patience.attempts):
            deadline.pause(address, attempt)
            answer = self._ask(address, half.conditions(known), deadline)
            try:
                if answer.status == 304:
                    return None
                self._save(answer, half, deadline)
            except Failure as error:
                failure = _words(error)
            else:
                return validators_of(answer)
            finally:
                answer.close()
        raise _unreachable(address, failure)

    def _save(self, answer: Answer, half: Half, deadline: Deadline) -> None:
        """Write the body behind what is there for a 206, else afresh. Raises one of Failure when it breaks off."""
        whole = half.begin(answer)
        if whole > LARGEST:
            raise UnreadableError(f"{answer.url} is larger than {LARGEST >> 30} GB")
        with half.path.open("ab") as stream:
            for chunk in answer.chunks():
                stream.write(chunk)
                self.received += len(chunk)
                if stream.tell() > LARGEST:
                    raise UnreadableError(f"{answer.url} is larger than {LARGEST >> 30} GB")
                deadline.check(answer.url)
            stream.flush()
            os.fsync(stream.fileno())
            size = stream.tell()
        if whole and size != whole:
            if size > whole:
                half.remove()
            raise BusyError(f"it sent {size:,} bytes of {whole:,}")

    def _ask(self, address: str, headers: dict[str, str], deadline: Deadline) -> Answer:
        """Return an answer of status 200, 206 or 304; other failures that may pass are tried again."""
        failure, asked = "", 0.0
        for attempt in range(self._patience.attempts):
            deadline.pause(address, attempt, asked)
            try:
                answer = self._follow(address, headers)
            except Failure as error:
                failure, asked = _words(error), 0.0
                continue
            if answer.status in (200, 206, 304):
                return answer
            answer.close()
            failure = f"it answers {answer.status}"
            if answer.status in _ABSENT:
                raise AbsentError(f"{address} cannot be fetched: {failure}.", _REMEDY)
            asked = retry_after(answer.headers.get("retry-after", ""), datetime.now(UTC))
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
            address = _joined(address, location)
        raise _unreachable(address, "it redirects without end")


def is_url(address: str) -> bool:
    """Tell a web address from the path of a folder."""
    return address.startswith(("https://", "http://"))


def _joined(address: str, location: str) -> str:
    try:
        return urljoin(address, location)
    except ValueError as error:
        raise _unreachable(address, f"it redirects to {location[:80]!r}") from error


def _put_in_place(half: Half, target: Path, check: Check) -> None:
    """Move a whole download to its place if `check` finds nothing wrong with it; forget it otherwise."""
    try:
        check(half.path)
        target.parent.mkdir(parents=True, exist_ok=True)
        half.path.replace(target)
    finally:
        half.remove()


def _copy(source: Path, new: Path, known: Validators) -> Validators | None:
    """Copy a file of a mirror that is a folder; size and time stand for an ETag."""
    try:
        stat = source.stat()
    except FileNotFoundError as error:
        raise AbsentError(f"{source} cannot be fetched: {error.strerror}.", _REMEDY) from error
    except OSError as error:
        raise _unreachable(str(source), error.strerror or str(error)) from error
    validators = f"{stat.st_size}-{stat.st_mtime_ns}", ""
    if validators == known:
        return None
    if stat.st_size > LARGEST:
        raise UnreadableError(f"{source} is larger than {LARGEST >> 30} GB")
    if not source.is_file():
        raise _unreachable(str(source), "it is no file")
    shutil.copyfile(source, new)
    return validators


def _chunks_of(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                yield chunk
    except FileNotFoundError as error:
        raise AbsentError(f"{path} cannot be fetched: {error.strerror}.", _REMEDY) from error
    except OSError as error:
        raise _unreachable(str(path), str(error.strerror)) from error


def _unreachable(address: str, why: str) -> UnreachableError:
    return UnreachableError(f"{address} cannot be fetched: {why}.", _REMEDY)


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
