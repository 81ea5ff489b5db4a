import re

from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.inventory.binaries.regions import Kept, Region, merged


@settings(max_examples=200)
@given(st.binary(max_size=200), st.lists(st.integers(1, 40), min_size=1), st.integers(0, 200), st.integers(0, 200))
def test_what_is_short_is_found_wherever_pieces_are_cut(data: bytes, sizes: list[int], start: int, stop: int) -> None:
    region = Region(start, stop, 3)
    found, at = set(), 0
    for size in sizes * (len(data) // sum(sizes) + 1):
        cut = region.cut(at, data[at : at + size])
        if cut:
            offset, joined = cut
            assert data[offset : offset + len(joined)] == joined
            found |= {offset + m.start() for m in re.finditer(rb"(?=\x00[\x00-\x40]{2})", joined)}
        at += size
    assert found == {start + m.start() for m in re.finditer(rb"(?=\x00[\x00-\x40]{2})", data[start:stop])}


@settings(max_examples=100)
@given(st.binary(min_size=50, max_size=120), st.integers(1, 30), st.integers(0, 60), st.integers(0, 60))
def test_kept_bytes_are_those_of_the_stream(data: bytes, piece: int, offset: int, count: int) -> None:
    kept = Kept([(10, 30), (25, 40)])
    for at in range(0, len(data), piece):
        kept.feed(at, data[at : at + piece])
    expected = data[offset : min(offset + count, 40)] if 10 <= offset < 40 else b""
    assert kept.at(offset, count) == expected


def test_windows_overlap_and_keep_to_their_part() -> None:
    kept = Kept([(0, 100)])
    for at in range(0, 100, 10):
        kept.feed(at, bytes(range(at, at + 10)))
    assert list(kept.windows(15, 32, 2)) == [
        (15, bytes(range(15, 20))),
        (18, bytes(range(18, 30))),
        (28, bytes(range(28, 32))),
    ]


def test_overlapping_ranges_are_kept_once() -> None:
    assert merged([(5, 9), (0, 3), (3, 4), (8, 12), (7, 7)]) == [(0, 4), (5, 12)]
    kept = Kept([(0, 10), (0, 10), (2, 5)])
    kept.feed(0, b"0123456789")
    assert kept.at(0, 100) == b"0123456789"


def test_nothing_is_kept_after_clearing() -> None:
    kept = Kept([(0, 10)])
    kept.feed(0, b"01234")
    kept.clear()
    kept.feed(5, b"56789")
    assert kept.at(0, 10) == b""
