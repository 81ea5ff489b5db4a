"""Documents as they are stored: JSON, compressed with zstd where they are large."""

import threading
from typing import TypeVar

import msgspec
import zstandard

T = TypeVar("T")
LARGEST = 512 * 1024 * 1024
"""Bytes that a stored document may have when unpacked."""

_LOCAL = threading.local()


def pack(document: object) -> bytes:
    """Return `document` as compressed JSON."""
    return _compressor().compress(msgspec.json.encode(document))


def unpack(data: bytes, kind: type[T]) -> T:
    """Return the document that `pack` made of one of type `kind`."""
    return msgspec.json.decode(_decompressor().decompress(data, max_output_size=LARGEST), type=kind)


def _compressor() -> zstandard.ZstdCompressor:
    """Return this thread's compressor: making one costs more than packing a small document."""
    if not hasattr(_LOCAL, "compressor"):
        _LOCAL.compressor = zstandard.ZstdCompressor(level=3, write_content_size=True)
    compressor: zstandard.ZstdCompressor = _LOCAL.compressor
    return compressor


def _decompressor() -> zstandard.ZstdDecompressor:
    if not hasattr(_LOCAL, "decompressor"):
        _LOCAL.decompressor = zstandard.ZstdDecompressor()
    decompressor: zstandard.ZstdDecompressor = _LOCAL.decompressor
    return decompressor
