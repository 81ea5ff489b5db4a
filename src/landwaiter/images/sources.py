"""Sources of bytes for the layer stream: slices of a file, sequences of chunks, and a source with its head put back."""

import os
from collections.abc import Iterator
from typing import Protocol

CHUNK = 256 * 1024
"""Bytes that are read at once: large enough that the cost of a call vanishes, small enough to stay in the cache."""


class ByteSource(Protocol):
    """Anything that fills a buffer: an open binary file is one."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill `buffer` from its start; return how many bytes were written, 0 at the end."""
        ...


class ReadableSource(ByteSource, Protocol):
    """A source that can be had in chunks too."""

    def chunks(self) -> Iterator[bytes]:
        """Yield the rest in pieces of `CHUNK` bytes at most."""
        ...


class FileSlice:
    """`length` bytes of an open file from `offset` on; never moves the file's position, so threads may share the file.

    With `skip`, what nobody reads is never fetched from the disk.
    """

    def __init__(self, descriptor: int, offset: int, length: int) -> None:
        self.length = length
        self._descriptor = descriptor
        self._at = offset
        self._end = offset + length

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill `buffer`; return the number of bytes, 0 at the end of the slice or of a file that ends before it."""
        wanted = min(len(buffer), self._end - self._at)
        if wanted <= 0:
            return 0
        count = os.preadv(self._descriptor, [buffer[:wanted]], self._at)
        self._at += count
        return count

    def skip(self, count: int) -> int:
        """Pass over `count` bytes without reading; return how many were there to be passed over."""
        passed = min(count, self._end - self._at)
        self._at += passed
        return passed

    def chunks(self) -> Iterator[bytes]:
        """Yield the rest of the slice in pieces of `CHUNK` bytes."""
        while self._at < self._end:
            piece = os.pread(self._descriptor, min(CHUNK, self._end - self._at), self._at)
            if not piece:
                return
            self._at += len(piece)
            yield piece


class ChunkSource:
    """A source made of an iterator of chunks."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill `buffer` from the next chunk; return the number of bytes, 0 at the end."""
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


class Rejoined:
    """A source whose first bytes were read to recognise it: gives them once more, then the rest."""

    def __init__(self, head: bytes, rest: ByteSource) -> None:
        self._head = memoryview(head)
        self._rest = rest

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill `buffer`; return the number of bytes, 0 at the end."""
        if not self._head:
            return self._rest.readinto(buffer) or 0
        count = min(len(buffer), len(self._head))
        buffer[:count] = self._head[:count]
        self._head = self._head[count:]
        return count

    def skip(self, count: int) -> int:
        """Pass over up to `count` bytes without reading; 0 where the rest cannot skip."""
        passed = min(count, len(self._head))
        self._head = self._head[passed:]
        skip = getattr(self._rest, "skip", None)
        return passed + (skip(count - passed) if skip and passed < count else 0)


def read_head(source: ByteSource, count: int) -> bytes:
    """Read `count` bytes, or fewer where the source ends before."""
    head = bytearray(count)
    view = memoryview(head)
    filled = 0
    while filled < count:
        got = source.readinto(view[filled:])
        if not got:
            break
        filled += got
    return bytes(view[:filled])
