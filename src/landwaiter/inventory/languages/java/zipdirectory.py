"""The entries of a zip archive in memory, read from its central directory (APPNOTE.TXT 4.3, zip64 too).

The standard library's `zipfile` reads every entry's fields into an object; here only names are looked at until an entry
is asked for, which makes opening a jar about ten times as fast. What stands before the archive is allowed for (the
launch script of an executable jar).
"""

import struct
import zlib
from collections.abc import Iterator

MAX_NAME = 4096
_END, _LOCATOR, _END64, _CENTRAL, _LOCAL = b"PK\x05\x06", b"PK\x06\x07", b"PK\x06\x06", b"PK\x01\x02", b"PK\x03\x04"
_FULL, _FULL16 = 0xFFFFFFFF, 0xFFFF
_LENGTHS = struct.Struct("<HHH")
STORED, DEFLATED = 0, 8
ENCRYPTED = 1


class ZipError(ValueError):
    """The bytes are no zip archive, or an entry cannot be read."""


class ZipDirectory:
    """The central directory of the archive `data`. `max_entries` bounds how many are listed."""

    def __init__(self, data: bytes, max_entries: int) -> None:
        self._data = data
        start, stop, self._shift = _central(data)
        self.names: list[bytes] = []
        """The names of all entries, in the order of the directory."""
        self._at: list[int] = []
        self.complete = True
        """False when there are more entries than `max_entries`, or the directory breaks off."""
        self._list(start, stop, max_entries)

    def _list(self, at: int, stop: int, max_entries: int) -> None:
        data, lengths = self._data, _LENGTHS.unpack_from
        while at + 46 <= stop:
            if data[at : at + 4] != _CENTRAL or len(self.names) >= max_entries:
                self.complete = False
                return
            name, extra, comment = lengths(data, at + 28)
            self.names.append(data[at + 46 : at + 46 + name])
            self._at.append(at)
            at += 46 + name + extra + comment
        self.complete = at == stop

    def __len__(self) -> int:
        return len(self.names)

    def size(self, index: int) -> int:
        """Return how many bytes the entry claims to have, uncompressed."""
        return self._numbers(index)[1]

    def read(self, index: int, limit: int, *, partly: bool = False) -> bytes:
        """Return the content of an entry.

        Raises ZipError when it is damaged, encrypted, compressed by another method than deflate, or has more than
        `limit` bytes; unless `partly`, then what exceeds the limit or is damaged is left out.
        """
        flags, method = struct.unpack_from("<HH", self._data, self._at[index] + 8)
        stored, _, offset = self._numbers(index)
        start = offset + self._shift
        if flags & ENCRYPTED:
            raise ZipError("the entry is encrypted")
        if start < 0 or len(self._data) < start + 30 or self._data[start : start + 4] != _LOCAL:
            raise ZipError("the entry is not where the directory says")
        start += 30 + sum(struct.unpack_from("<HH", self._data, start + 26))
        content = self._data[start : start + stored]
        if method == DEFLATED:
            content = _inflate(content, limit, partly=partly)
        elif method != STORED:
            raise ZipError(f"the entry is compressed by method {method}")
        elif len(content) < stored and not partly:
            raise ZipError("the entry is cut short")
        if len(content) > limit and not partly:
            raise ZipError(f"the entry has more than {limit:,} bytes")
        return content[:limit]

    def _numbers(self, index: int) -> tuple[int, int, int]:
        """Return stored size, size and offset of the local header, those of 4 GiB and more from the zip64 field."""
        at = self._at[index]
        stored, size = struct.unpack_from("<II", self._data, at + 20)
        offset = struct.unpack_from("<I", self._data, at + 42)[0]
        if _FULL not in {stored, size, offset}:
            return stored, size, offset
        wide = _zip64_numbers(self._extra(at))
        size = next(wide, size) if size == _FULL else size
        stored = next(wide, stored) if stored == _FULL else stored
        offset = next(wide, offset) if offset == _FULL else offset
        return stored, size, offset

    def _extra(self, at: int) -> bytes:
        name, extra, _ = _LENGTHS.unpack_from(self._data, at + 28)
        return self._data[at + 46 + name : at + 46 + name + extra]


def _central(data: bytes) -> tuple[int, int, int]:
    """Return start and stop of the central directory, and by how much all offsets are too small."""
    end = data.rfind(_END, max(len(data) - 65_557, 0))
    if end < 0 or len(data) < end + 22:
        raise ZipError("it is no zip archive, or its end is missing")
    size, offset = struct.unpack_from("<II", data, end + 12)
    entries = struct.unpack_from("<H", data, end + 10)[0]
    stop = end
    if (_FULL in {size, offset} or entries == _FULL16) and data[max(end - 20, 0) : end - 16] == _LOCATOR:
        at = data.rfind(_END64, max(end - 20 - 4096, 0), end - 20)
        if at < 0 or len(data) < at + 56:
            raise ZipError("its zip64 directory is missing")
        size, offset = struct.unpack_from("<QQ", data, at + 40)
        stop = at
    start = stop - size
    if start < 0 or (size and data[start : start + 4] != _CENTRAL):
        raise ZipError("its directory is damaged")
    return start, stop, start - offset


def _zip64_numbers(extra: bytes) -> Iterator[int]:
    """Yield the numbers of the zip64 extra field (header id 1)."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            yield from struct.unpack_from(f"<{min(size, len(extra) - at - 4, 24) // 8}Q", extra, at + 4)
            return
        at += 4 + size


def _inflate(content: bytes, limit: int, *, partly: bool) -> bytes:
    stream = zlib.decompressobj(-15)
    try:
        result = stream.decompress(content, limit + 1)
    except zlib.error as error:
        raise ZipError("the entry is damaged") from error
    if not partly and not stream.eof and len(result) <= limit:
        raise ZipError("the entry is cut short")
    return result
