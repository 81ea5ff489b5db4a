"""Layer facts kept in a folder: one file for each layer and analyser version, written by atomic rename, without locks.

Any number of processes may share the folder. An entry that cannot be read is a miss; a folder that cannot be written
costs speed only.
"""

import hashlib
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import msgspec

from landwaiter.inventory.models import ANALYSER_VERSION, LayerFacts

GIB = 1 << 30
_SUM_LENGTH = 64
_KEPT_SHARE = 0.9
"""Eviction goes on until this share of the limit is left, so that it does not run at every write."""


class FactsCache(Protocol):
    """Where facts of layers are kept. `digest` is that of the blob that was read and verified."""

    def get(self, diff_id: str, digest: str = "") -> LayerFacts | None:
        """Return the facts, None when they are not there."""
        ...

    def put(self, facts: LayerFacts, digest: str = "") -> None:
        """Keep the facts."""
        ...


class FolderCache:
    """Facts in the folder `path`, made when needed; the least recently used go when it holds over `limit` bytes.

    An image's config claims a diff_id for each of its blobs, and nothing verifies that claim. So an entry is found by
    both: an image that claims the diff_id of a well-known layer for a blob of its own has no effect on other images.
    """

    def __init__(self, path: Path, limit: int = GIB) -> None:
        self._path = path
        self._limit = limit
        self._size: int | None = None

    def get(self, diff_id: str, digest: str = "") -> LayerFacts | None:
        """Return the facts of the layer, None when they are not there or damaged."""
        file = self._file(diff_id, digest)
        try:
            content = file.read_bytes()
        except OSError:
            return None
        total, body = content[:_SUM_LENGTH], memoryview(content)[_SUM_LENGTH:]
        if hashlib.sha256(body).hexdigest().encode() != total:
            return None
        try:
            facts = msgspec.json.decode(body, type=LayerFacts)
        except (msgspec.DecodeError, ValueError):
            return None
        if facts.diff_id != diff_id or facts.analyser != ANALYSER_VERSION:
            return None
        with suppress(OSError):
            os.utime(file)
        return facts

    def put(self, facts: LayerFacts, digest: str = "") -> None:
        """Keep the facts of a layer, and let go of old ones."""
        body = msgspec.json.encode(facts)
        content = hashlib.sha256(body).hexdigest().encode() + body
        file = self._file(facts.diff_id, digest)
        with suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            temporary = file.with_name(f".new-{os.getpid()}-{threading.get_ident()}-{file.name}")
            try:
                temporary.write_bytes(content)
                temporary.replace(file)
            except OSError:
                temporary.unlink(missing_ok=True)
                raise
            self._make_room(len(content))

    def _file(self, diff_id: str, digest: str) -> Path:
        key = hashlib.sha256(f"{diff_id}\n{digest}\n{ANALYSER_VERSION}".encode()).hexdigest()
        return self._path / key[:2] / f"{key}.json"

    def _make_room(self, added: int) -> None:
        if self._size is not None:
            self._size += added
            if self._size <= self._limit:
                return
        entries = sorted(self._entries())
        self._size = sum(size for _, size, _ in entries)
        if self._size <= self._limit:
            return
        for _, size, file in entries:
            if self._size <= self._limit * _KEPT_SHARE:
                break
            with suppress(OSError):
                file.unlink()
                self._size -= size

    def _entries(self) -> list[tuple[float, int, Path]]:
        """Return last use (seconds since the epoch), size in bytes and path of each file, half-written ones too."""
        found = []
        for file in self._path.glob("??/*"):
            with suppress(OSError):
                status = file.stat()
                found.append((status.st_mtime, status.st_size, file))
        for file in self._path.glob("??/.new-*"):
            with suppress(OSError):
                status = file.stat()
                found.append((status.st_mtime, status.st_size, file))
        return found
