import io
import struct
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.inventory.languages.java.zipdirectory import ZipDirectory, ZipError

Builder = Callable[..., bytes]

FILES = {"a.txt": b"alpha", "b/c.class": b"\xca\xfe" * 500, "empty": b"", "ü.txt": b"umlaut"}


def content(data: bytes, limit: int = 1 << 20) -> dict[str, bytes]:
    directory = ZipDirectory(data, 1000)
    assert directory.complete
    return {name.decode(): directory.read(index, limit) for index, name in enumerate(directory.names)}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_entries_as_another_library_wrote_them(jar: Builder, method: int) -> None:
    assert content(jar(FILES, method=method)) == FILES


def test_what_stands_before_the_archive_does_not_matter(jar: Builder) -> None:
    assert content(b"#!/bin/bash\nexec java -jar $0\n" + jar(FILES)) == FILES


def test_a_comment_behind_the_archive(jar: Builder) -> None:
    target = io.BytesIO(jar(FILES))
    with zipfile.ZipFile(target, "a") as archive:
        archive.comment = b"signed PK\x05\x06 by nobody"[:8] + b"x" * 300
    assert content(target.getvalue()) == FILES


def test_zip64(jar: Builder) -> None:
    target = io.BytesIO()
    with (
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("big.txt", "w", force_zip64=True) as entry,
    ):
        entry.write(b"zip64 " * 1000)
    data = bytearray(target.getvalue())
    central, end = data.index(b"PK\x01\x02"), data.rindex(b"PK\x05\x06")
    stored, size = struct.unpack_from("<II", data, central + 20)
    extra = struct.pack("<HHQQQ", 1, 24, size, stored, 0)
    entry = data[central:end]
    struct.pack_into("<II", entry, 20, 0xFFFFFFFF, 0xFFFFFFFF)
    struct.pack_into("<I", entry, 42, 0xFFFFFFFF)
    struct.pack_into("<H", entry, 30, len(extra))
    entry = entry[: 46 + len(b"big.txt")] + extra
    end64 = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, len(entry), central)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, central + len(entry), 1)
    last = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    whole = bytes(data[:central] + entry + end64 + locator + last)
    assert content(whole) == {"big.txt": b"zip64 " * 1000}
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        assert archive.read("big.txt") == b"zip64 " * 1000


def test_a_limit_is_kept_though_the_directory_lies(jar: Builder) -> None:
    data = bytearray(jar({"bomb": b"\0" * 1_000_000}))
    struct.pack_into("<I", data, data.index(b"PK\x01\x02") + 24, 10)
    directory = ZipDirectory(bytes(data), 10)
    assert directory.size(0) == 10
    with pytest.raises(ZipError, match="more than 1,000 bytes"):
        directory.read(0, 1000)
    assert directory.read(0, 1000, partly=True) == b"\0" * 1000


def test_more_entries_than_are_listed(jar: Builder) -> None:
    directory = ZipDirectory(jar({f"f{n}": b"" for n in range(50)}), 20)
    assert (len(directory), directory.complete) == (20, False)


def damaged(data: bytes, offset: int, replacement: bytes, at: int = b"PK\x01\x02") -> bytes:
    start = data.index(at) + offset
    return data[:start] + replacement + data[start + len(replacement) :]


@pytest.mark.parametrize(
    ("offset", "replacement", "message"),
    [
        (8, b"\x01\x00", "encrypted"),
        (10, b"\x0e\x00", "method 14"),
        (42, b"\x05\x00\x00\x00", "not where the directory says"),
        (42, b"\x00\x00\x00\x7f", "not where the directory says"),
        (20, b"\x03\x00\x00\x00", "cut short"),
    ],
)
def test_an_entry_that_cannot_be_read_says_why(jar: Builder, offset: int, replacement: bytes, message: str) -> None:
    with pytest.raises(ZipError, match=message):
        ZipDirectory(damaged(jar({"a": b"alpha" * 10}), offset, replacement), 10).read(0, 1000)


def test_a_stored_entry_cut_short(jar: Builder) -> None:
    data = jar({"a": b"alpha"}, method=zipfile.ZIP_STORED)
    with pytest.raises(ZipError, match="cut short"):
        ZipDirectory(damaged(data, 20, b"\xff\xff\xff\x00"), 10).read(0, 1 << 30)


@pytest.mark.parametrize(
    "data", [b"", b"PK", b"not a zip" * 100, b"PK\x05\x06" + b"\xff" * 18, b"PK\x05\x06" + b"\x01" * 18]
)
def test_what_is_no_archive_is_refused(data: bytes) -> None:
    with pytest.raises(ZipError):
        ZipDirectory(data, 10)


def test_an_empty_archive_has_no_entries() -> None:
    assert len(ZipDirectory(b"PK\x05\x06" + bytes(18), 10)) == 0


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_damage_anywhere_ends_in_a_zip_error_or_a_result(jar: Builder, data: st.DataObject) -> None:
    whole = jar(FILES)
    at = data.draw(st.integers(0, len(whole)))
    damage = data.draw(st.binary(max_size=40))
    try:
        directory = ZipDirectory(whole[:at] + damage + whole[at + len(damage) :], 100)
    except ZipError:
        return
    for index in range(len(directory)):
        try:
            assert len(directory.read(index, 5000)) <= 5000
        except ZipError:
            continue
