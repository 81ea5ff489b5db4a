"""rpm's Berkeley DB hash database, `Packages` (libdb, src/dbinc/db_page.h), in either byte order.

Every page is visited once instead of following the hash: the pages of type "hash" hold pairs of key and value, and
a value is either on the page or in a chain of overflow pages. Key 0 holds the counter of the last package number.
"""

import struct
from collections.abc import Iterator

import msgspec

from landwaiter.errors import InputError

_HASH_MAGIC = 0x061561
_META, _PAGE_HEADER = 72, 26
_HASH_PAGES = frozenset({2, 13})
_OVERFLOW_PAGE, _META_PAGE = 7, 8
_KEY_DATA, _OFF_PAGE = 1, 3
_PAGE_SIZES = range(512, 65536 + 1)


class _Page(msgspec.Struct, frozen=True):
    number: int
    next: int
    entries: int
    used: int
    kind: int
    data: bytes


class _Database:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self.order = self._byte_order()
        self._header = struct.Struct(f"{self.order}III HH BB")
        self.page_size, _, kind = struct.unpack_from(f"{self.order}IBB", content, 20)
        if kind != _META_PAGE or self.page_size not in _PAGE_SIZES or self.page_size & (self.page_size - 1):
            raise InputError("The Berkeley DB database is damaged.")
        (self.last,) = struct.unpack_from(f"{self.order}I", content, 32)
        if (self.last + 1) * self.page_size > len(content):
            raise InputError("The Berkeley DB database is cut short.")
        self.followed = 0

    def _byte_order(self) -> str:
        if len(self._content) >= _META:
            for order in "<>":
                if struct.unpack_from(f"{order}I", self._content, 12)[0] == _HASH_MAGIC:
                    return order
        raise InputError("This is no Berkeley DB hash database.")

    def page(self, number: int) -> _Page:
        if number > self.last:
            raise InputError("A page of the Berkeley DB database lies outside of it.")
        start = number * self.page_size
        data = self._content[start : start + self.page_size]
        page, _, following, entries, used, _, kind = self._header.unpack_from(data, 8)
        return _Page(page, following, entries, used, kind, data)

    def chain(self, number: int, length: int) -> bytes:
        """Return `length` bytes from the overflow pages that begin at `number`."""
        parts = []
        left = length
        while number and left > 0:
            # Each overflow page belongs to one value, so that more steps than pages mean a loop.
            self.followed += 1
            if self.followed > self.last:
                raise InputError("The overflow pages of the Berkeley DB database form a loop.")
            page = self.page(number)
            if page.kind != _OVERFLOW_PAGE or page.used > self.page_size - _PAGE_HEADER:
                raise InputError("An overflow page of the Berkeley DB database is damaged.")
            parts.append(page.data[_PAGE_HEADER : _PAGE_HEADER + page.used])
            left -= page.used
            number = page.next
        value = b"".join(parts)
        if len(value) != length:
            raise InputError("A value of the Berkeley DB database is cut short.")
        return value


def _items(database: _Database, page: _Page) -> Iterator[bytes]:
    """Yield the items of a hash page in order, each with its type byte."""
    if page.entries % 2 or _PAGE_HEADER + 2 * page.entries > len(page.data):
        raise InputError("A page of the Berkeley DB database is damaged.")
    end = database.page_size
    for offset in struct.unpack_from(f"{database.order}{page.entries}H", page.data, _PAGE_HEADER):
        # Items are laid down from the end of the page towards its beginning.
        if not _PAGE_HEADER <= offset < end:
            raise InputError("An item of the Berkeley DB database lies outside of its page.")
        yield page.data[offset:end]
        end = offset


def _value(database: _Database, item: bytes) -> bytes:
    if item[0] == _KEY_DATA:
        return item[1:]
    if item[0] == _OFF_PAGE and len(item) >= 12:
        number, length = struct.unpack_from(f"{database.order}II", item, 4)
        return database.chain(number, length)
    raise InputError("An item of the Berkeley DB database is of an unknown kind.")


def read_bdb(content: bytes) -> Iterator[bytes]:
    """Yield the header blobs. Raises InputError where the database is damaged; what came before is right."""
    database = _Database(content)
    for number in range(1, database.last + 1):
        page = database.page(number)
        if page.kind not in _HASH_PAGES:
            continue
        items = _items(database, page)
        for key, value in zip(items, items, strict=True):
            if any(key[1:]):
                yield _value(database, value)
