"""rpm's SQLite database, `rpmdb.sqlite`, read straight from its pages (sqlite.org, "Database File Format").

Only what this takes is read: the schema for the root page of the table `Packages`, and that table's b-tree, whose
rows are (hnum INTEGER PRIMARY KEY, blob BLOB). So no copy of the database is made, no SQL of a hostile schema runs,
and the pages of a write-ahead log are simply laid over those of the file.
"""

import struct
from collections.abc import Iterator, Mapping

from landwaiter.errors import InputError

MAGIC = b"SQLite format 3\0"
_TABLE = b"packages"
_INTERIOR, _LEAF = 5, 13
_WAL_MAGICS = {0x377F0682: "<", 0x377F0683: ">"}
_WAL_HEADER, _FRAME_HEADER = 32, 24
_MAX_DEPTH = 20
_FIXED_SIZES = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the variable-length integer at `at` and the offset behind it."""
    value = 0
    for position in range(at, at + 8):
        byte = data[position]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, position + 1
    return value << 8 | data[at + 8], at + 9


def _columns(record: bytes) -> list[bytes | int]:
    """Split a record into its columns: text and blobs as bytes, integers as such; NULL is b""."""
    size, at = _varint(record, 0)
    body = size
    columns: list[bytes | int] = []
    while at < size:
        kind, at = _varint(record, at)
        length = (kind - 12) // 2 if kind >= 12 else _FIXED_SIZES[kind]
        value = record[body : body + length]
        if len(value) != length:
            raise InputError("A row of the SQLite database is cut short.")
        columns.append(int.from_bytes(value, "big", signed=True) if 1 <= kind <= 6 else value)
        body += length
    return columns


def _checksum(order: str, data: bytes, first: int, second: int) -> tuple[int, int]:
    for one, two in struct.iter_unpack(f"{order}II", data):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + two + first) & 0xFFFFFFFF
    return first, second


def wal_pages(log: bytes) -> dict[int, bytes]:
    """Return the pages that a write-ahead log has committed, by number; frames after the last commit do not count.

    Raises InputError when the log has content but no valid header.
    """
    if len(log) < _WAL_HEADER:
        if log.strip(b"\0"):
            raise InputError("The write-ahead log of the SQLite database is cut short.")
        return {}
    magic, _, page_size, _, *salts_and_sums = struct.unpack_from(">8I", log)
    order = _WAL_MAGICS.get(magic)
    if not order:
        raise InputError("The write-ahead log of the SQLite database is damaged.")
    salts, sums = salts_and_sums[:2], (salts_and_sums[2], salts_and_sums[3])
    if _checksum(order, log[:24], 0, 0) != sums:
        raise InputError("The write-ahead log of the SQLite database is damaged.")
    committed: dict[int, bytes] = {}
    pending: dict[int, bytes] = {}
    step = _FRAME_HEADER + page_size
    for at in range(_WAL_HEADER, len(log) - step + 1, step):
        number, commit, salt1, salt2, sum1, sum2 = struct.unpack_from(">6I", log, at)
        page = log[at + _FRAME_HEADER : at + step]
        sums = _checksum(order, page, *_checksum(order, log[at : at + 8], *sums))
        if [salt1, salt2] != salts or (sum1, sum2) != sums:
            break
        pending[number] = page
        if commit:
            committed.update(pending)
            pending.clear()
    return committed


class _Pages:
    """The pages of the database, those of the write-ahead log laid over them."""

    def __init__(self, content: bytes, overlay: Mapping[int, bytes]) -> None:
        first = overlay.get(1, content[:512])
        if len(first) < 100 or not first.startswith(MAGIC):
            raise InputError("This is no SQLite database.")
        (size,) = struct.unpack_from(">H", first, 16)
        self._size = 65536 if size == 1 else size
        if self._size < 512 or self._size & (self._size - 1):
            raise InputError("The SQLite database is damaged.")
        self.usable = self._size - first[20]
        self._content, self._overlay = content, overlay
        self._left = 2 * (len(content) // self._size + len(overlay)) + 2
        """Every page is visited twice at most (page 1 for schema and table), so that more visits mean a loop."""
        self._payload_left = 2 * (len(content) + len(overlay) * self._size)
        """Rows do not overlap, so that all of them together are no longer than the file."""

    def page(self, number: int) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise InputError("The pages of the SQLite database form a loop.")
        start = (number - 1) * self._size
        page = self._overlay.get(number) or self._content[start : start + self._size]
        if number < 1 or len(page) != self._size:
            raise InputError("A page of the SQLite database lies outside of it.")
        return page

    def payload(self, page: bytes, at: int) -> bytes:
        """Return the record of the leaf cell at `at`, following its overflow pages."""
        length, at = _varint(page, at)
        _, at = _varint(page, at)
        self._payload_left -= length
        if self._payload_left < 0:
            raise InputError("The rows of the SQLite database overlap.")
        local = self._local(length)
        if local == length:
            return page[at : at + length]
        parts = [page[at : at + local]]
        left = length - local
        (following,) = struct.unpack_from(">I", page, at + local)
        while left > 0:
            overflow = self.page(following)
            parts.append(overflow[4 : min(4 + left, self.usable)])
            left -= len(parts[-1])
            (following,) = struct.unpack_from(">I", overflow)
        return b"".join(parts)

    def _local(self, length: int) -> int:
        """Return how much of a payload lies on its leaf page ("Database File Format", section 1.6)."""
        most = self.usable - 35
        if length <= most:
            return length
        least = (self.usable - 12) * 32 // 255 - 23
        size = least + (length - least) % (self.usable - 4)
        return size if size <= most else least


def _rows(pages: _Pages, root: int, depth: int = 0) -> Iterator[bytes]:
    """Yield the records of the table b-tree at page `root`, in key order."""
    if depth > _MAX_DEPTH:
        raise InputError("The b-tree of the SQLite database is too deep.")
    page = pages.page(root)
    base = 100 if root == 1 else 0
    kind, _, count = struct.unpack_from(">BHH", page, base)
    if kind not in (_INTERIOR, _LEAF):
        raise InputError("A page of the SQLite database is damaged.")
    cells = struct.unpack_from(f">{count}H", page, base + (12 if kind == _INTERIOR else 8))
    if kind == _LEAF:
        for cell in cells:
            yield pages.payload(page, cell)
        return
    for cell in cells:
        yield from _rows(pages, struct.unpack_from(">I", page, cell)[0], depth + 1)
    yield from _rows(pages, struct.unpack_from(">I", page, base + 8)[0], depth + 1)


def _root_of_packages(pages: _Pages) -> int:
    for record in _rows(pages, 1):
        columns = _columns(record)
        if len(columns) < 4 or columns[0] != b"table":
            continue
        name, root = columns[1], columns[3]
        if isinstance(name, bytes) and name.lower() == _TABLE and isinstance(root, int):
            return root
    raise InputError("The SQLite database has no table of packages.")


def read_sqlite(content: bytes, overlay: Mapping[int, bytes]) -> Iterator[bytes]:
    """Yield the header blobs of `content` with the pages of `overlay` laid over it (see `wal_pages`).

    Raises InputError where the database is damaged; what came before is right.
    """
    try:
        pages = _Pages(content, overlay)
        for record in _rows(pages, _root_of_packages(pages)):
            blob = _columns(record)[-1]
            if not isinstance(blob, bytes):
                raise InputError("A row of the SQLite database holds no package.")
            yield blob
    except (LookupError, struct.error) as error:
        raise InputError("The SQLite database is damaged.") from error
