"""A tar file as a table of its members, so that each can be read on its own without unpacking anything.

A tar that is compressed as a whole (`docker save … | gzip`) has no such offsets: each member is read from the start.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import msgspec

from landwaiter.errors import InputError
from landwaiter.images.decompress import decompress, is_compressed
from landwaiter.images.files import open_regular
from landwaiter.images.limits import DEFAULT_LIMITS, Limits
from landwaiter.images.members import MemberKind, MemberStream
from landwaiter.images.sources import CHUNK, ByteSource, FileSlice, ReadableSource
from landwaiter.images.tarheader import DamagedTarError, normalise
from landwaiter.images.tarwalk import TarWalk

_MAX_MEMBERS = 200_000
_MAX_LINKS = 16


class _Entry(msgspec.Struct, frozen=True):
    offset: int
    size: int
    link: str | None = None


class Bounded:
    """The next `length` bytes of another source; raises InputError when that ends before."""

    def __init__(self, source: ByteSource, length: int, name: str) -> None:
        self._source = source
        self._left = length
        self._name = name

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill `buffer`; return the number of bytes, 0 at the end."""
        if not self._left:
            return 0
        count = self._source.readinto(buffer[: self._left]) or 0
        if not count:
            raise InputError(f"{self._name} is truncated.", "Export the image again.")
        self._left -= count
        return count

    def chunks(self) -> Iterator[bytes]:
        """Yield the rest in pieces of `CHUNK` bytes."""
        buffer = memoryview(bytearray(CHUNK))
        while count := self.readinto(buffer):
            yield bytes(buffer[:count])

    def recycled(self) -> Iterator[memoryview]:
        """Yield the rest as `ReadableSource` says; these pieces are never written over."""
        return (memoryview(piece) for piece in self.chunks())


class TarIndex:
    """The regular files of a tar file by name; links are followed, of several members of one name the last counts."""

    def __init__(self, path: Path, limits: Limits = DEFAULT_LIMITS) -> None:
        self._path = path
        self._limits = limits
        self._descriptor, self._size = open_regular(path)
        try:
            self._packed = is_compressed(FileSlice(self._descriptor, 0, self._size))
            self._entries = self._scan()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def __contains__(self, name: str) -> bool:
        return self._find(name) is not None

    def size(self, name: str) -> int:
        """Return the size of a member in bytes; raises InputError when there is none of this name."""
        return self._entry(name).size

    @contextmanager
    def open(self, name: str) -> Iterator[ReadableSource]:
        """Give a member's bytes; raises InputError when there is none of this name."""
        entry = self._entry(name)
        if not self._packed:
            yield FileSlice(self._descriptor, entry.offset, entry.size)
            return
        whole = self._whole()
        for _ in Bounded(whole, entry.offset, str(self._path)).chunks():
            pass
        yield Bounded(whole, entry.size, str(self._path))

    def read(self, name: str, limit: int) -> bytes:
        """Return a member's content; raises InputError when it is longer than `limit` bytes or missing."""
        if self._entry(name).size > limit:
            raise InputError(f"{name} in {self._path} is larger than {limit:,} bytes, too large for what it should be.")
        with self.open(name) as source:
            return b"".join(source.chunks())

    def _whole(self) -> ByteSource:
        source = FileSlice(self._descriptor, 0, self._size)
        return decompress(source, name=str(self._path), limits=self._limits) if self._packed else source

    def _scan(self) -> dict[str, _Entry]:
        """Walk over the headers once."""
        entries: dict[str, _Entry] = {}
        walk = TarWalk(self._whole(), msgspec.structs.replace(self._limits, members=_MAX_MEMBERS))
        try:
            for member in walk.members(MemberStream()):
                if member.kind is MemberKind.FILE:
                    entries[member.path] = _Entry(walk.offset, member.size)
                elif member.kind is MemberKind.HARDLINK:
                    entries[member.path] = _Entry(0, 0, member.target)
                elif member.kind is MemberKind.SYMLINK:
                    beside = str(PurePosixPath(member.path).parent / member.target)
                    entries[member.path] = _Entry(0, 0, normalise(beside) or "")
        except DamagedTarError as error:
            raise InputError(
                f"{self._path} cannot be read as a tar: {error.what}", "Export the image again."
            ) from error
        return entries

    def _find(self, name: str) -> _Entry | None:
        entry = self._entries.get(normalise(name) or "")
        for _ in range(_MAX_LINKS):
            if entry is None or entry.link is None:
                return entry
            entry = self._entries.get(entry.link)
        return None

    def _entry(self, name: str) -> _Entry:
        entry = self._find(name)
        if entry is None:
            raise InputError(f"{self._path} is incomplete: it has no {name!r}.", "Export the image again.")
        return entry
