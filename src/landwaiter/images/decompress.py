"""Decompression of a layer: gzip, zstd or none, recognised by content (media types lie), bounded against bombs."""

import io
import zlib
from collections.abc import Callable
from typing import BinaryIO, cast

import zstandard
from isal import isal_zlib

from landwaiter.errors import InputError
from landwaiter.images.limits import DEFAULT_LIMITS, MIB, Limits
from landwaiter.images.sources import CHUNK, ByteSource, FileSlice, Rejoined, RejoinedSlice, read_head
from landwaiter.images.zstdframes import FrameWalk

_WINDOW = 128 * MIB
"""The largest zstd window we take: that of `zstd --long`, the most that decoders accept by default."""

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_REFUSED = ((b"BZh", "bzip2"), (b"\xfd7zXZ\x00", "xz"), (b"\x5d\x00\x00", "lzma"))

# isal's stubs give its error as a value, hence the cast.
_DAMAGE = (OSError, zlib.error, zstandard.ZstdError, cast("type[Exception]", isal_zlib.IsalError))


class Counted(io.RawIOBase):
    """Passes bytes on and counts them, as the file object that the decompressors want."""

    def __init__(self, source: ByteSource) -> None:
        super().__init__()
        self._source = source
        self.count = 0

    def readable(self) -> bool:
        """Say that this may be read."""
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override] # typeshed's WriteableBuffer is wider
        """Fill `buffer`; return the number of bytes, 0 at the end."""
        got = self._source.readinto(memoryview(buffer)) or 0
        self.count += got
        return got


class Decompressed:
    """The expanded bytes of one layer. Raises InputError on damage, truncation and bombs."""

    def __init__(
        self,
        packed: Counted,
        readinto: Callable[[memoryview], int],
        at_end: Callable[[], None],
        limits: Limits,
        name: str,
    ) -> None:
        self._packed = packed
        self._readinto = readinto
        self._at_end = at_end
        self._limits = limits
        self._name = name
        self._count = 0

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill `buffer`; return the number of bytes, 0 at the end."""
        try:
            got = self._readinto(buffer)
            if not got:
                self._at_end()
        except EOFError:
            raise InputError(f"{self._name} is truncated.", "Pull or export the image again.") from None
        except _DAMAGE as error:
            raise InputError(f"{self._name} cannot be decompressed: {error}.", "Pull or export it again.") from error
        self._count += got
        if self._count > self._limits.expanded_floor:
            self._check_expansion()
        return got

    def _check_expansion(self) -> None:
        allowed = min(
            self._limits.expanded, max(self._limits.expanded_floor, self._limits.expansion * self._packed.count)
        )
        if self._count > allowed:
            raise InputError(
                f"{self._name} expands to more than {allowed:,} bytes from {self._packed.count:,}: it is taken for a"
                " decompression bomb and refused.",
                "Rebuild the image without the huge file, if it is meant to be there.",
            )


def decompress(source: ByteSource, *, name: str = "The layer", limits: Limits = DEFAULT_LIMITS) -> ByteSource:
    """Return the expanded bytes of `source`; plain bytes are passed on as they are, with their `skip` if they have one.

    Gzip may have several members and zstd several frames, skippable ones too (as zstd:chunked and eStargz write).
    """
    head = read_head(source, 6)
    whole = RejoinedSlice(head, source) if isinstance(source, FileSlice) else Rejoined(head, source)
    if head[:2] == _GZIP:
        return _gzip(Counted(whole), limits, name)
    if head[:4] == _ZSTD or _is_skippable(head):
        return _zstd(whole, limits, name)
    for magic, method in _REFUSED:
        if head.startswith(magic):
            raise InputError(
                f"{name} is compressed with {method}, which the OCI image specification does not know.",
                "Push or export the image again with gzip or zstd layers.",
            )
    return whole


def is_compressed(source: ByteSource) -> bool:
    """Tell whether the next bytes begin a compression format (also one that `decompress` refuses)."""
    head = read_head(source, 6)
    zstd = head[:4] == _ZSTD or _is_skippable(head)
    return zstd or head[:2] == _GZIP or any(head.startswith(magic) for magic, _ in _REFUSED)


def _is_skippable(head: bytes) -> bool:
    return head[1:4] == b"\x2a\x4d\x18" and head[0] & 0xF0 == 0x50


def _gzip(packed: Counted, limits: Limits, name: str) -> Decompressed:
    reader = isal_zlib._GzipReader(cast("BinaryIO", packed), CHUNK)  # noqa: SLF001 - igzip.IGzipFile adds only a second buffer around it
    return Decompressed(packed, reader.readinto, lambda: None, limits, name)


def _zstd(whole: ByteSource, limits: Limits, name: str) -> Decompressed:
    frames = FrameWalk(whole)
    packed = Counted(frames)
    reader = zstandard.ZstdDecompressor(max_window_size=_WINDOW).stream_reader(
        cast("BinaryIO", packed), read_size=CHUNK, read_across_frames=True
    )
    return Decompressed(packed, reader.readinto, frames.check_complete, limits, name)
