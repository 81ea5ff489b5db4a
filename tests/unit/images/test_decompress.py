import gzip
import io
import os
import zlib

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.errors import InputError
from landwaiter.images.decompress import decompress, is_compressed
from landwaiter.images.limits import Limits
from landwaiter.images.sources import ChunkSource


def expand(content, size=70_000, **options):
    source = decompress(io.BytesIO(content), **options)
    buffer = memoryview(bytearray(size))
    found = bytearray()
    while got := source.readinto(buffer):
        found += buffer[:got]
    return bytes(found)


DATA = os.urandom(100_000) + bytes(300_000) + b"the end"
ZSTD = zstandard.ZstdCompressor(level=3)
SKIPPABLE = b"\x51\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"hello"


def streamed(content):
    """A zstd frame without a content size, in many blocks, with a checksum, as streaming writers make it."""
    compressor = zstandard.ZstdCompressor(level=1, write_checksum=True).compressobj()
    return (
        b"".join(compressor.compress(content[at : at + 9999]) for at in range(0, len(content), 9999))
        + compressor.flush()
    )


@pytest.mark.parametrize(
    "packed",
    [
        DATA,
        gzip.compress(DATA),
        gzip.compress(DATA[:1000]) + gzip.compress(DATA[1000:]),
        gzip.compress(DATA) + bytes(512),
        ZSTD.compress(DATA),
        streamed(DATA),
        ZSTD.compress(DATA[:777]) + ZSTD.compress(DATA[777:]),
        SKIPPABLE + ZSTD.compress(DATA) + SKIPPABLE,
        zstandard.ZstdCompressor(level=1, write_content_size=False).compress(DATA),
    ],
    ids=[
        "plain",
        "gzip",
        "gzip members",
        "gzip padded",
        "zstd",
        "zstd streamed",
        "zstd frames",
        "zstd skippable",
        "zstd without size",
    ],
)
def test_every_form_gives_the_content(packed):
    assert expand(packed) == DATA


@pytest.mark.parametrize("content", [b"", b"a", b"\x1f", b"short"])
def test_short_plain_content(content):
    assert expand(content) == content


@pytest.mark.parametrize(
    "packed", [gzip.compress(DATA), ZSTD.compress(DATA), streamed(DATA), SKIPPABLE + ZSTD.compress(DATA)]
)
@pytest.mark.parametrize("missing", [1, 2, 4, 9, 1000, 90_000])
def test_truncation_is_never_taken_for_the_end(packed, missing):
    with pytest.raises(InputError, match="truncated"):
        expand(packed[:-missing])


def test_wrong_checksum():
    packed = bytearray(gzip.compress(DATA))
    packed[-6] ^= 1
    with pytest.raises(InputError, match="cannot be decompressed"):
        expand(bytes(packed))


def test_rubbish_after_gzip():
    with pytest.raises(InputError, match="cannot be decompressed"):
        expand(gzip.compress(DATA) + b"rubbish that is no gzip member")


@pytest.mark.parametrize("head", [b"BZh91AY", b"\xfd7zXZ\x00\x00", b"\x5d\x00\x00\x80\x00"])
def test_other_formats_are_named(head):
    assert is_compressed(io.BytesIO(head))
    with pytest.raises(InputError, match="is compressed with"):
        expand(head + bytes(100))


def test_is_compressed():
    assert is_compressed(io.BytesIO(gzip.compress(b"")))
    assert is_compressed(io.BytesIO(ZSTD.compress(b"")))
    assert is_compressed(io.BytesIO(SKIPPABLE))
    assert not is_compressed(io.BytesIO(b"etc/passwd"))


LIMITS = Limits(expanded_floor=1 << 20, expansion=10, expanded=1 << 24)


@pytest.mark.parametrize("pack", [gzip.compress, ZSTD.compress])
def test_a_bomb_is_stopped_soon_after_the_limit(pack):
    source = decompress(io.BytesIO(pack(bytes(1 << 26))), limits=LIMITS)
    found = []
    with pytest.raises(InputError, match="decompression bomb"):
        found.extend(iter(lambda: source.readinto(memoryview(bytearray(1 << 16))), 0))
    assert sum(found) <= 1 << 20


def test_the_absolute_limit_holds_for_honest_content():
    content = os.urandom(1 << 21) * 9
    with pytest.raises(InputError, match="bomb"):
        expand(
            gzip.compress(content, 1),
            size=1 << 20,
            limits=Limits(expanded_floor=1 << 20, expansion=100, expanded=1 << 24),
        )


def test_under_the_floor_any_ratio_is_fine():
    assert len(expand(gzip.compress(bytes(1 << 20)), limits=LIMITS)) == 1 << 20


def test_a_window_larger_than_we_take_is_refused():
    last_raw_block = (5 << 3 | 1).to_bytes(3, "little") + b"hello"
    for window_log, fine in ((27, True), (28, False)):
        packed = b"\x28\xb5\x2f\xfd\x00" + bytes([window_log - 10 << 3]) + last_raw_block
        if fine:
            assert expand(packed) == b"hello"
        else:
            with pytest.raises(InputError, match="cannot be decompressed"):
                expand(packed)


@given(
    st.binary(max_size=400),
    st.sampled_from(["gzip", "zstd", "skippable"]),
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=3),
    st.integers(0, 300),
)
@settings(max_examples=300, deadline=None)
def test_damaged_content_is_an_input_error_or_content(content, form, changes, length):
    packed = bytearray(
        {"gzip": gzip.compress, "zstd": ZSTD.compress, "skippable": lambda data: SKIPPABLE + streamed(data)}[form](
            content
        )
    )
    for at, value in changes:
        if at < len(packed):
            packed[at] = value
    try:
        expand(bytes(packed[:length]), limits=Limits(expanded_floor=1 << 22))
    except InputError:
        pass


@given(st.binary(max_size=2000), st.lists(st.integers(1, 50), min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_input_in_any_pieces(content, sizes):
    packed = SKIPPABLE + streamed(content)

    def pieces():
        at = turn = 0
        while at < len(packed):
            yield packed[at : at + sizes[turn % len(sizes)]]
            at += sizes[turn % len(sizes)]
            turn += 1

    source = decompress(ChunkSource(pieces()))
    buffer = memoryview(bytearray(333))
    found = bytearray()
    while got := source.readinto(buffer):
        found += buffer[:got]
    assert bytes(found) == content


def test_zlib_itself_agrees():
    assert zlib.decompress(gzip.compress(DATA), 31) == expand(gzip.compress(DATA))
