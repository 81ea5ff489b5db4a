import os

import pytest

from landwaiter.images.sources import ChunkSource, FileSlice, Rejoined, RejoinedSlice, SeekingSource, read_head


@pytest.fixture
def descriptor(tmp_path):
    (tmp_path / "f").write_bytes(bytes(range(200)))
    number = os.open(tmp_path / "f", os.O_RDONLY)
    yield number
    os.close(number)


def drain(source, size=7):
    buffer = memoryview(bytearray(size))
    found = bytearray()
    while got := source.readinto(buffer):
        found += buffer[:got]
    return bytes(found)


def test_a_slice_ends_where_it_should(descriptor):
    assert drain(FileSlice(descriptor, 10, 20)) == bytes(range(10, 30))
    assert b"".join(FileSlice(descriptor, 190, 50).chunks()) == bytes(range(190, 200))
    assert drain(FileSlice(descriptor, 300, 5)) == b""


def test_skipping_reads_nothing(descriptor):
    source = FileSlice(descriptor, 10, 100)
    assert (source.skip(50), source.take(3), source.skip(80), source.take(1)) == (50, bytes([60, 61, 62]), 47, b"")


def test_a_head_is_put_back(descriptor):
    source = FileSlice(descriptor, 0, 200)
    whole = RejoinedSlice(read_head(source, 6), source)
    assert (whole.take(2), whole.skip(10), whole.take(1)) == (b"\0\1", 10, b"\x0c")
    source = FileSlice(descriptor, 0, 200)
    assert drain(Rejoined(read_head(source, 6), source)) == bytes(range(200))
    assert isinstance(whole, SeekingSource)
    assert not isinstance(Rejoined(b"", source), SeekingSource)


def test_chunks_of_any_size():
    assert drain(ChunkSource(iter([b"", b"abc", b"", b"d" * 20])), 4) == b"abc" + b"d" * 20
    assert read_head(ChunkSource(iter([b"ab", b"c"])), 6) == b"abc"
