"""The walk over a tar stream: from header to header, reading only the content that somebody asks for."""

import struct
from collections.abc import Callable, Iterator
from functools import partial

import msgspec
from isal.isal_zlib import adler32

from landwaiter.images import sparse, tarheader
from landwaiter.images.limits import DEFAULT_LIMITS, Limits
from landwaiter.images.members import Member, MemberKind, MemberStream, first_bytes
from landwaiter.images.sources import CHUNK, BufferSource, ByteSource
from landwaiter.images.tarcursor import Cursor
from landwaiter.images.tarheader import BLOCK, ZEROS, DamagedTarError, PaxRecords, cut_text, normalise, parse_number

_KINDS = {
    0x30: MemberKind.FILE,
    0x00: MemberKind.FILE,
    0x37: MemberKind.FILE,
    0x53: MemberKind.FILE,
    0x31: MemberKind.HARDLINK,
    0x32: MemberKind.SYMLINK,
    0x35: MemberKind.FOLDER,
}
_WITHOUT_DATA = frozenset(b"123456")
_EXTENDED = frozenset(b"xgXLKN")
_SPARSE = ord("S")
_FILE = ord("0")
_NO_RECORDS = PaxRecords({}, [])

_HEADER = struct.Struct("100s24s12s12x8sB100s6s")
"""name; mode, uid and gid; size; checksum; type; link name; magic."""
_REMEMBERED = 16384
"""How many different numeric fields are remembered; a layer has few, as the same owners and sums come again."""

_Fields = tuple[bytes, bytes, bytes, bytes, int, bytes, bytes]
_Content = tuple[Callable[[int], bytes], Callable[[], Iterator[bytes]], int]


class _Extension(msgspec.Struct):
    """What the extended headers in front of a member say."""

    pax: PaxRecords = _NO_RECORDS
    long_name: str | None = None
    long_link: str | None = None


class TarWalk:
    """Steps from header to header; `offset` is where the current member's data starts, from the stream's start."""

    def __init__(self, stream: ByteSource | BufferSource, limits: Limits = DEFAULT_LIMITS) -> None:
        self._cursor = Cursor(stream)
        self._limits = limits
        self._serial = 0
        self._block_at = 0
        self._owners: dict[bytes, tuple[int, int, int]] = {}
        self._sums: dict[bytes, int] = {}

    @property
    def offset(self) -> int:
        """Position in the stream of the next byte."""
        return self._cursor.offset

    def members(self, notes: MemberStream) -> Iterator[Member]:
        """Yield the members up to the end of the archive; names that climb out of the root go to `notes`."""
        remaining = self._limits.members
        extension: _Extension | None = None
        ignores = notes.ignores
        while (fields := self._header()) is not None:
            remaining -= 1
            if remaining < 0:
                raise DamagedTarError(f"It has more than {self._limits.members:,} members.")
            if fields[4] == _FILE and extension is None and ignores and self._pass_by(fields, ignores, notes):
                continue
            if fields[4] in _EXTENDED:
                extension = self._extend(fields[4], parse_number(fields[2]), extension or _Extension())
                continue
            member = self._member(fields, extension, notes)
            extension = None
            if member is not None:
                yield member

    def _pass_by(self, fields: _Fields, ignores: Callable[[bytes, int], bool], notes: MemberStream) -> bool:
        """Count a regular file that nobody wants to see; False when it must be made a Member."""
        owner_field, size_field = fields[1], fields[2]
        mode = (self._owners.get(owner_field) or self._owner(owner_field))[0]
        if not ignores(fields[0], mode) or self._cursor.buffer[self._block_at + 345]:
            return False
        digits = size_field[:11]
        size = int(digits, 8) if digits.isdigit() and not size_field[11] else parse_number(size_field)
        self._claim(size)
        notes.ignored += 1
        notes.ignored_size += size
        return True

    def _header(self) -> _Fields | None:
        """Return the fields of the next header, None at the end of the archive."""
        cursor = self._cursor
        at = cursor.start + cursor.left + cursor.padding
        if at + BLOCK <= cursor.end:
            # What `next_block` does, without the call: so it is almost always.
            cursor.left = cursor.padding = 0
            cursor.start = at + BLOCK
        else:
            at = cursor.next_block()
            if at < 0:
                return None
        self._block_at = at
        fields: _Fields = _HEADER.unpack_from(cursor.buffer, at)
        # Adler-32's lower half is one plus the sum of the bytes modulo 65521: a fast way to add up a block.
        found = adler32(cursor.buffer[at : at + BLOCK]) & 0xFFFF
        if found != self._sums.get(fields[3]) and not self._check_sum(fields[3], found):
            return None
        return fields

    def _check_sum(self, field: bytes, found: int) -> bool:
        """Check a checksum field met for the first time; False when the block is the end of the archive."""
        block = self._block()
        if block == ZEROS:
            # Like Go: one block of zeros may be followed by nothing or by another, but not by a header.
            if self._cursor.next_block() >= 0 and self._block_after() != ZEROS:
                raise DamagedTarError("There is a member after the end of the archive.")
            return False
        expected = tarheader.adler_of_sum(field)
        if expected != found and not tarheader.checksum_holds(block):
            raise DamagedTarError("A header's checksum is wrong." if self._sums else "It does not begin with a header.")
        if len(self._sums) >= _REMEMBERED:
            self._sums.clear()
        self._sums[field] = expected
        return True

    def _block(self) -> bytes:
        return bytes(self._cursor.buffer[self._block_at : self._block_at + BLOCK])

    def _block_after(self) -> bytes:
        return bytes(self._cursor.buffer[self._cursor.start - BLOCK : self._cursor.start])

    def _member(
        self,
        fields: _Fields,
        extension: _Extension | None,
        notes: MemberStream,
    ) -> Member | None:
        """Make the member of a header; None for the root itself and for names that climb out of it."""
        name_field, owner_field, size_field, _, kind, link_field, magic = fields
        mode, uid, gid = self._owners.get(owner_field) or self._owner(owner_field)
        digits = size_field[:11]
        size = int(digits, 8) if digits.isdigit() and not size_field[11] else parse_number(size_field)
        name = cut_text(name_field)
        if magic == tarheader.POSIX_MAGIC and self._cursor.buffer[self._block_at + 345]:
            name = tarheader.block_name(self._block())
        target = cut_text(link_field) if kind in b"12" else ""
        records = _NO_RECORDS
        if extension:
            records = extension.pax
            name, target = _long_names(extension, name, target)
            size, uid, gid = _numbers(records, size, uid, gid)
        read, chunks, size = self._content(kind, size, records)
        what = _KINDS.get(kind, MemberKind.OTHER)
        if name[-1:] == "/" and kind in b"\x000":
            what = MemberKind.FOLDER
        path = normalise(name)
        link = normalise(target) if what is MemberKind.HARDLINK else target
        if path is None or link is None:
            notes.refuse(name)
            return None
        return Member(path, what, size, mode, uid, gid, link, read, chunks) if path else None

    def _content(self, kind: int, size: int, records: PaxRecords) -> _Content:
        """Prepare the member's data: how it is read, and its size when holes are filled."""
        if kind in _WITHOUT_DATA:
            self._serial += 1
            return _read_nothing, _no_chunks, 0
        self._claim(size)
        serial = self._serial
        if records is _NO_RECORDS and kind != _SPARSE:
            return partial(self._read, serial), partial(self._chunks, serial), size
        hole_map = self._sparse_map(kind, records)
        if hole_map is None:
            return partial(self._read, serial), partial(self._chunks, serial), size
        if hole_map.size > self._limits.expanded:
            raise DamagedTarError(f"A sparse member claims {hole_map.size:,} bytes.")
        whole = partial(self._expanded, serial, hole_map.check(self._cursor.left))
        return partial(first_bytes, whole), whole, hole_map.size

    def _claim(self, size: int) -> None:
        """Take what follows as the current member's data."""
        if size > self._limits.expanded:
            raise DamagedTarError(f"A member claims {size:,} bytes.")
        self._serial += 1
        self._cursor.left = size
        self._cursor.padding = -size % BLOCK

    def _sparse_map(self, kind: int, records: PaxRecords) -> sparse.SparseMap | None:
        """Return the map of a sparse member, or None for an ordinary one."""
        if kind == _SPARSE:
            return sparse.old_gnu_map(self._block(), partial(self._cursor.exactly, BLOCK))
        if sparse.is_pax_1_0(records):
            return sparse.pax_1_0_map(records, self._data_block)
        return sparse.pax_map(records)

    def _data_block(self) -> bytes:
        """Take one block of the current member's data (the map of sparse format 1.0)."""
        if self._cursor.left < BLOCK:
            raise DamagedTarError("A sparse member's map is longer than the member.")
        self._cursor.left -= BLOCK
        return self._cursor.exactly(BLOCK)

    def _owner(self, field: bytes) -> tuple[int, int, int]:
        """Read mode, uid and gid, and remember them."""
        owner = (parse_number(field[:8]) & 0o7777, parse_number(field[8:16]), parse_number(field[16:24]))
        if len(self._owners) >= _REMEMBERED:
            self._owners.clear()
        self._owners[field] = owner
        return owner

    def _extend(self, kind: int, size: int, extension: _Extension) -> _Extension:
        """Read an extended header's content into `extension`; global headers are passed over."""
        if size > self._limits.header:
            raise DamagedTarError(f"An extended header claims {size:,} bytes.")
        content = self._cursor.exactly(size)
        self._cursor.left, self._cursor.padding = 0, -size % BLOCK
        letter = chr(kind)
        if letter in "xX":
            extension.pax = tarheader.parse_pax(content)
        elif letter in "LN":
            extension.long_name = cut_text(content)
        elif letter == "K":
            extension.long_link = cut_text(content)
        return extension

    def _check_current(self, serial: int) -> None:
        if serial != self._serial:
            raise RuntimeError("The content of a member is gone once the iterator has moved on.")

    def _read(self, serial: int, limit: int) -> bytes:
        """Return the next bytes of the current member, `limit` at most."""
        self._check_current(serial)
        cursor = self._cursor
        count = min(limit, cursor.left)
        cursor.left -= count
        return cursor.exactly(count)

    def _chunks(self, serial: int) -> Iterator[bytes]:
        """Yield the rest of the current member's data."""
        self._check_current(serial)
        return self._stored(serial, self._cursor.left)

    def _stored(self, serial: int, count: int) -> Iterator[bytes]:
        """Yield the next `count` bytes of the current member's data."""
        while count > 0:
            self._check_current(serial)
            piece = self._cursor.piece(min(count, CHUNK))
            count -= len(piece)
            self._cursor.left -= len(piece)
            yield piece

    def _expanded(self, serial: int, hole_map: sparse.SparseMap) -> Iterator[bytes]:
        """Yield a sparse member's content with its holes."""
        self._check_current(serial)
        return sparse.expand(hole_map, partial(self._stored, serial))


def _read_nothing(_limit: int) -> bytes:
    """Return the content of what has none."""
    return b""


def _no_chunks() -> Iterator[bytes]:
    """Return the chunks of what has no content."""
    return iter(())


def _long_names(extension: _Extension, name: str, target: str) -> tuple[str, str]:
    """Return name and link target as the extended headers give them."""
    values = extension.pax.values
    name = values.get("GNU.sparse.name") or values.get("path") or name
    target = values.get("linkpath") or target
    return extension.long_name or name, extension.long_link or target


def _numbers(records: PaxRecords, size: int, uid: int, gid: int) -> tuple[int, int, int]:
    """Return size, uid and gid as the pax records give them."""
    values = records.values
    if not values:
        return size, uid, gid
    return (
        tarheader.decimal(values["size"]) if "size" in values else size,
        tarheader.decimal(values["uid"]) if "uid" in values else uid,
        tarheader.decimal(values["gid"]) if "gid" in values else gid,
    )
