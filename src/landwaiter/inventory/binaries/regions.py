"""Parts of a file that is read as a stream of pieces: searched as they pass, or kept for a later look."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator

Range = tuple[int, int]
"""Offset of the first byte, and the offset behind the last."""


class Region:
    """The bytes from `start` to `stop` of a stream, passed on piece by piece.

    Each piece begins with the last `overlap` bytes of the one before, so that what is shorter is never cut in two.
    """

    __slots__ = ("_carry", "_overlap", "_start", "_stop")

    def __init__(self, start: int, stop: int, overlap: int) -> None:
        self._start, self._stop, self._overlap = start, stop, overlap
        self._carry = b""

    def cut(self, offset: int, piece: bytes) -> tuple[int, bytes] | None:
        """Return what of the `piece` at `offset` lies in the region, after the overlap: its own offset, and it."""
        begin, end = max(self._start - offset, 0), min(self._stop - offset, len(piece))
        if begin >= end:
            return None
        inside = piece[begin:end]
        joined = self._carry + inside if self._carry else inside
        self._carry = joined[-self._overlap :]
        return offset + end - len(joined), joined


class Kept:
    """Some parts of a stream, held as the pieces they came in; nothing in them may overlap."""

    __slots__ = ("_offsets", "_pieces", "_ranges")

    def __init__(self, ranges: Iterable[Range]) -> None:
        self._ranges = merged(ranges)
        self._offsets: list[int] = []
        self._pieces: list[bytes] = []

    def feed(self, offset: int, piece: bytes) -> None:
        """Keep what of the `piece` at `offset` lies in one of the ranges."""
        for start, stop in self._ranges:
            begin, end = max(start - offset, 0), min(stop - offset, len(piece))
            if begin < end:
                self._offsets.append(offset + begin)
                self._pieces.append(piece[begin:end])

    def at(self, offset: int, count: int) -> bytes:
        """Return `count` bytes from `offset`, or fewer where they were not kept."""
        found = bytearray()
        index = bisect_right(self._offsets, offset) - 1
        while 0 <= index < len(self._pieces) and len(found) < count:
            skip = offset + len(found) - self._offsets[index]
            part = self._pieces[index][skip : skip + count - len(found)] if skip >= 0 else b""
            if not part:
                break
            found += part
            index += 1
        return bytes(found)

    def windows(self, start: int, stop: int, overlap: int) -> Iterator[tuple[int, bytes]]:
        """Yield what is kept from `start` to `stop` with its offset; each piece begins with the end of the one before.

        `overlap` is the length of that end, in bytes.
        """
        region = Region(start, stop, overlap)
        for offset, piece in zip(self._offsets, self._pieces, strict=True):
            cut = region.cut(offset, piece)
            if cut:
                yield cut

    def clear(self) -> None:
        """Let go of everything, and keep nothing more."""
        self._ranges = []
        self._offsets.clear()
        self._pieces.clear()


def merged(ranges: Iterable[Range]) -> list[Range]:
    """Return the ranges in order, overlapping and touching ones as one, empty ones left out."""
    result: list[Range] = []
    for start, stop in sorted(ranges):
        if start >= stop:
            continue
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(stop, result[-1][1]))
        else:
            result.append((start, stop))
    return result
