"""rpm's NDB database, `Packages.db` (rpm, lib/backend/ndb/rpmpkg.c): slots that point to blobs, little-endian."""

import struct
from collections.abc import Iterator

from landwaiter.errors import InputError

MAGIC = b"RpmP"
_HEADER = struct.Struct("<4sIII")
_SLOT = struct.Struct("<4sIII")
_BLOB = struct.Struct("<4sIII")
_SLOT_PAGE, _BLOCK = 4096, 16
_HEADER_SIZE = 32


def read_ndb(content: bytes) -> Iterator[bytes]:
    """Yield the header blobs. Raises InputError where the database is damaged; what came before is right."""
    if len(content) < _HEADER_SIZE or content[:4] != MAGIC:
        raise InputError("This is no rpm NDB database.")
    _, version, _, pages = _HEADER.unpack_from(content)
    end = pages * _SLOT_PAGE
    if version != 0 or not pages or end > len(content):
        raise InputError("The rpm NDB database is damaged or of an unknown version.")
    total = 0
    for magic, package, offset, count in _SLOT.iter_unpack(content[_HEADER_SIZE:end]):
        if magic != b"Slot":
            raise InputError("A slot of the rpm NDB database is damaged.")
        if package:
            blob = _blob(content, package, offset * _BLOCK, count * _BLOCK)
            # Blobs do not overlap, so that all of them together are no longer than the file.
            total += len(blob)
            if total > len(content):
                raise InputError("The blobs of the rpm NDB database overlap.")
            yield blob


def _blob(content: bytes, package: int, start: int, length: int) -> bytes:
    if start + _BLOB.size > len(content):
        raise InputError("A blob of the rpm NDB database lies outside of it.")
    magic, owner, _, size = _BLOB.unpack_from(content, start)
    start += _BLOB.size
    if magic != b"BlbS" or owner != package or size > length or start + size > len(content):
        raise InputError("A blob of the rpm NDB database is damaged.")
    return content[start : start + size]
