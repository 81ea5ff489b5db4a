import contextlib
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.errors import InputError
from landwaiter.inventory.os.rpm_header import read_header


def test_all_fields_are_read(rpm_files):
    header = read_header(
        rpm_files.package(
            "bash", "5.2", "3.el9", epoch=2, vendor="Red Hat", license="GPLv3+", sourcerpm="bash-5.2-3.el9.src.rpm",
            modularity="m:s:1:c:x86_64", summary="a shell",
        )
    )  # fmt: skip
    assert (header.name, header.version, header.release, header.epoch, header.arch) == (
        "bash",
        "5.2",
        "3.el9",
        2,
        "x86_64",
    )
    assert (header.vendor, header.license, header.source_rpm) == ("Red Hat", "GPLv3+", "bash-5.2-3.el9.src.rpm")
    assert header.modularity == "m:s:1:c:x86_64"
    assert header.files == ()


def test_files_are_those_that_are_regular_and_installed(rpm_files):
    header = read_header(
        rpm_files.package(
            "x",
            dirnames=["/usr/bin/", "/"],
            basenames=["x", "y", "folder", "replaced", "left-out"],
            dirindexes=[0, 0, 1, 0, 0],
            modes=[0o100755, 0o100644, 0o040755, 0o100644, 0o100644],
            states=[0, 0, 0, 1, 2],
            digests=["ab" * 32, "", "", "cd" * 32, ""],
            algorithm=8,
        )
    )
    assert header.files == (("usr/bin/x", "sha256:" + "ab" * 8), ("usr/bin/y", ""))


def test_digests_without_an_algorithm_are_md5(rpm_files):
    header = read_header(rpm_files.package("x", dirnames=["/"], basenames=["x"], dirindexes=[0], digests=["0f" * 16]))
    assert header.files == (("x", "md5:" + "0f" * 8),)


def test_a_header_with_its_magic_is_read_too(rpm_files):
    assert read_header(b"\x8e\xad\xe8\x01\0\0\0\0" + rpm_files.package("x")).name == "x"


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"\0" * 7,
        struct.pack(">II", 1, 0),
        struct.pack(">II", 2**31, 2**31) + bytes(100),
        struct.pack(">IIIIII", 1, 4, 1000, 6, 0, 1) + b"name",
        struct.pack(">IIIIII", 1, 4, 1000, 6, 9, 1) + b"na\0\0",
        struct.pack(">IIIIII", 1, 4, 1003, 4, 2, 1) + bytes(4),
        struct.pack(">IIIIII", 1, 4, 1117, 8, 0, 2**32 - 1) + b"a\0b\0",
    ],
)
def test_damaged_headers_are_refused(blob):
    with pytest.raises(InputError):
        read_header(blob)


def test_a_file_list_that_does_not_fit_together_is_refused(rpm_files):
    with pytest.raises(InputError, match="does not fit"):
        read_header(rpm_files.package("x", dirnames=["/"], basenames=["x", "y"], dirindexes=[0, 1]))


@settings(max_examples=200)
@given(st.data())
def test_any_damage_gives_a_header_or_an_input_error(rpm_files, data):
    blob = bytearray(rpm_files.package("x", dirnames=["/"], basenames=["x"], dirindexes=[0], modes=[0o100644], epoch=1))
    for _ in range(data.draw(st.integers(1, 6))):
        blob[data.draw(st.integers(0, len(blob) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(InputError):
        read_header(bytes(blob))


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_random_bytes_are_a_header_or_an_input_error(blob):
    with contextlib.suppress(InputError):
        read_header(blob)
