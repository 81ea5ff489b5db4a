"""Sparse members: which runs of a file are stored (GNU old format, pax formats 0.0, 0.1 and 1.0).

The formats are described in the GNU tar manual, appendix "Storing Sparse Files".
"""

from collections.abc import Callable, Iterator

import msgspec

from landwaiter.images.tarheader import BLOCK, DamagedTarError, PaxRecords, decimal, parse_number

_HOLE = bytes(64 * 1024)
MAX_RUNS = 100_000


class SparseMap(msgspec.Struct, frozen=True):
    """`size` of the whole file in bytes, and its stored runs as (offset, length), in order."""

    size: int
    runs: tuple[tuple[int, int], ...]

    def check(self, stored: int) -> "SparseMap":
        """Return self when the runs are in order, within the file, and `stored` bytes long; raises DamagedTarError."""
        at = total = 0
        for offset, length in self.runs:
            if offset < at or offset + length > self.size:
                raise DamagedTarError("A sparse member's map is out of order or reaches beyond its end.")
            at, total = offset + length, total + length
        if total != stored:
            raise DamagedTarError("A sparse member's map does not fit the data stored for it.")
        return self


def old_gnu_map(header: bytes, next_block: Callable[[], bytes]) -> SparseMap:
    """Read the map of a type `S` header, taking the extension blocks that follow it from `next_block`."""
    entries = _old_entries(header[386:482])
    more, count = header[482], 1
    while more:
        block = next_block()
        entries += _old_entries(block[:504])
        more, count = block[504], count + 1
        if count * 21 > MAX_RUNS:
            raise DamagedTarError("A sparse member's map is too long.")
    return SparseMap(parse_number(header[483:495]), tuple(entries))


def _old_entries(field: bytes) -> list[tuple[int, int]]:
    """Read pairs of 12-byte numbers up to the first empty one."""
    entries = []
    for at in range(0, len(field), 24):
        if not field[at] or not field[at + 12]:
            break
        entries.append((parse_number(field[at : at + 12]), parse_number(field[at + 12 : at + 24])))
    return entries


def pax_map(records: PaxRecords) -> SparseMap | None:
    """Return the map of the pax formats 0.0 and 0.1, which is in the header; None when the header has none."""
    size = records.values.get("GNU.sparse.size")
    if size is None:
        return None
    text = records.values.get("GNU.sparse.map")
    numbers = [decimal(part) for part in text.split(",")] if text else records.sparse
    return SparseMap(decimal(size), _pairs(numbers))


def is_pax_1_0(records: PaxRecords) -> bool:
    """Tell whether the member has the pax format 1.0, whose map is in front of the data."""
    return records.values.get("GNU.sparse.major") == "1" and records.values.get("GNU.sparse.minor", "0") == "0"


def pax_1_0_map(records: PaxRecords, next_block: Callable[[], bytes]) -> SparseMap:
    """Read the map in front of the data: decimal lines, first their number, padded to whole blocks."""
    pending = b""
    numbers: list[int] = []
    wanted = 1
    while len(numbers) < wanted:
        line, found, rest = pending.partition(b"\n")
        if not found:
            if len(pending) >= BLOCK:
                raise DamagedTarError("A sparse member's map is malformed.")
            pending += next_block()
            continue
        pending = rest
        numbers.append(decimal(line))
        wanted = 1 + 2 * numbers[0]
        if wanted > 2 * MAX_RUNS:
            raise DamagedTarError("A sparse member's map is too long.")
    return SparseMap(decimal(records.values.get("GNU.sparse.realsize", "")), _pairs(numbers[1:]))


def _pairs(numbers: list[int]) -> tuple[tuple[int, int], ...]:
    if len(numbers) % 2 or len(numbers) > 2 * MAX_RUNS:
        raise DamagedTarError("A sparse member's map is malformed.")
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def expand(sparse: SparseMap, take: Callable[[int], Iterator[bytes]]) -> Iterator[bytes]:
    """Yield the whole file in pieces, holes as zeros; `take(n)` yields the next `n` stored bytes."""
    at = 0
    for offset, length in sparse.runs:
        yield from _holes(offset - at)
        yield from take(length)
        at = offset + length
    yield from _holes(sparse.size - at)


def _holes(count: int) -> Iterator[bytes]:
    while count > 0:
        yield _HOLE[:count]
        count -= len(_HOLE)
