"""Sources of bytes for the layer stream: slices of a file, sequences of chunks, and a source with its head put back."""

import os
from collections.abc import Iterator
from itertools import cycle
from typing import Protocol, runtime_checkable

CHUNK = 256 * 1024
"""Bytes that are read at once: large enough that the cost of a call vanishes, small enough to stay in the cache."""

RECYCLED = 7
"""Buffers that `recycled` uses in turn ..."""
RECYCLED_SIZE = 512 * 1024
"""... and the bytes of each."""

HEADROOM = 512
"""Bytes before an exchanged buffer's content: room for the part of a tar header that ended the buffer before it."""


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

    def recycled(self) -> Iterator[memoryview]:
        """Yield the rest in pieces that are written over once `RECYCLED - 1` further ones have been asked for."""
        ...


@runtime_checkable
class SeekingSource(ByteSource, Protocol):
    """A source that need not read what nobody wants."""

    def skip(self, count: int) -> int:
        """Pass over `count` bytes without reading; return how many were there to be passed over."""
        ...

    def take(self, count: int) -> bytes:
        """Return the next bytes, at most `count`; none at the end."""
        ...


@runtime_checkable
class BufferSource(Protocol):
    """A source that hands out its own buffers, so that nothing is copied."""

    def exchange(self) -> tuple[memoryview, int]:
        """Return a buffer with bytes from `HEADROOM` on, and their number, 0 at the end.

        The caller may write to the bytes before, and gives the buffer back by asking for the next.
        """
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

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes, fewer where the slice or the file ends before."""
        piece = os.pread(self._descriptor, min(count, self._end - self._at), self._at)
        self._at += len(piece)
        return piece

    def chunks(self) -> Iterator[bytes]:
        """Yield the rest of the slice in pieces of `CHUNK` bytes."""
        while piece := self.take(CHUNK):
            yield piece

    def recycled(self) -> Iterator[memoryview]:
        """Yield the rest in pieces that are written over once `RECYCLED - 1` further ones have been asked for.

        Getting new memory for each piece from the system, and giving it back, would take longer than reading.
        """
        for buffer in cycle([memoryview(bytearray(RECYCLED_SIZE)) for _ in range(RECYCLED)]):
            filled = self.readinto(buffer)
            if not filled:
                return
            yield buffer[:filled]


class ChunkSource:
    """A source made of an iterator of chunks."""

    def __init__(self, chunks: Iterator[bytes | memoryview]) -> None:
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


class RejoinedSlice(Rejoined):
    """A slice of a file whose first bytes were read."""

    def __init__(self, head: bytes, rest: FileSlice) -> None:
        super().__init__(head, rest)
        self._slice = rest

    def skip(self, count: int) -> int:
        """Pass over `count` bytes without reading; return how many were there to be passed over."""
        passed = min(count, len(self._head))
        self._head = self._head[passed:]
        return passed + self._slice.skip(count - passed)

    def take(self, count: int) -> bytes:
        """Return the next bytes, at most `count`; none at the end."""
        if not self._head:
            return self._slice.take(count)
        piece = bytes(self._head[:count])
        self._head = self._head[len(piece) :]
        return piece


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
