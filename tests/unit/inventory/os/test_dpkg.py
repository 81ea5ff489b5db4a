import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.errors import InputError
from landwaiter.inventory.os import dpkg

STATUS = "var/lib/dpkg/status"


def names(evidence):
    return [package.name for package in evidence.packages]


def stanza(name, state="install ok installed", version="1.0"):
    return f"Package: {name}\nStatus: {state}\nArchitecture: amd64\nVersion: {version}\n"


def test_fields_and_continuation_lines():
    content = (
        b"Package: libc6\nStatus: install ok installed\nMulti-Arch: same\nArchitecture: arm64\nSource: glibc (2.36-9)\n"
        b"Version: 2.36-9+deb12u4\nDescription: GNU C Library\n Version: 9.9\n .\n Package: not-me\n"
    )
    (package,) = dpkg.read_status(STATUS, content).packages
    assert (package.name, package.version, package.arch) == ("libc6", "2.36-9+deb12u4", "arm64")
    assert (package.source_name, package.source_version) == ("glibc", "2.36-9")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", ("", "")),
        ("Source: bash\n", ("", "")),
        ("Source: bash (1.0)\n", ("", "")),
        ("Source: bash (0.9)\n", ("bash", "0.9")),
        ("Source: bashsrc\n", ("bashsrc", "1.0")),
    ],
)
def test_source(source, expected):
    (package,) = dpkg.read_status(STATUS, (stanza("bash") + source).encode()).packages
    assert (package.source_name, package.source_version) == expected


@pytest.mark.parametrize(
    ("state", "installed"),
    [
        ("install ok installed", True),
        ("hold ok installed", True),
        ("deinstall ok installed", True),
        ("install ok unpacked", True),
        ("install ok half-configured", True),
        ("install ok triggers-pending", True),
        ("install reinstreq half-installed", True),
        ("deinstall ok config-files", False),
        ("purge ok not-installed", False),
        ("unknown ok not-installed", False),
    ],
)
def test_states(state, installed):
    evidence = dpkg.read_status(STATUS, stanza("a", state).encode())
    assert names(evidence) == (["a"] if installed else [])
    assert not evidence.notes


def test_a_removed_package_needs_no_version():
    evidence = dpkg.read_status(STATUS, b"Package: a\nStatus: deinstall ok config-files\n\n" + stanza("b").encode())
    assert names(evidence) == ["b"]
    assert not evidence.notes


def test_crlf_and_odd_spacing():
    content = ("\n\n" + stanza("a") + "\n \n\n" + stanza("b")).replace("\n", "\r\n").encode()
    assert names(dpkg.read_status(STATUS, content)) == ["a", "b"]


def test_an_entry_without_version_is_noted():
    evidence = dpkg.read_status(STATUS, (stanza("a") + "\nPackage: b\nStatus: install ok installed\n").encode())
    assert names(evidence) == ["a"]
    assert [note.kind for note in evidence.notes] == ["unreadable-database"]


def test_an_empty_database_is_readable():
    assert dpkg.read_status(STATUS, b"").packages == ()


def test_nonsense_is_refused_in_its_place_and_passed_over_elsewhere():
    with pytest.raises(InputError):
        dpkg.read_status(STATUS, b"\x00\xffnonsense\n")
    assert dpkg.read_status("srv/app/status", b"all fine\n") is None


@pytest.mark.parametrize("name", ["a b", "x" * 600, "a\x1b[31m", "a\u2028b"])
def test_implausible_names_are_no_packages(name):
    evidence = dpkg.read_status(STATUS, (stanza("a") + "\n" + stanza(name)).encode())
    assert names(evidence) == ["a"]
    assert evidence.notes


def test_status_d():
    folder = "var/lib/dpkg/status.d"
    evidence = dpkg.read_status_d(f"{folder}/base", b"Package: base-files\nVersion: 12.4\nArchitecture: amd64\n")
    assert names(evidence) == ["base-files"]
    assert dpkg.read_status_d(f"{folder}/base.preinst", b"#!/bin/sh\nexit 0\n") is None
    sums = dpkg.read_status_d(f"{folder}/base.md5sums", b"0123456789abcdef0123456789abcdef  usr/bin/x\n")
    assert sums.owned == {"usr/bin/x": "base"}
    with pytest.raises(InputError):
        dpkg.read_status_d(f"{folder}/broken", b"Package: x\n")


def test_file_lists():
    listed = dpkg.read_files("var/lib/dpkg/info/libc6:amd64.list", b"/.\n/usr\n/usr/lib/libc.so\n")
    assert listed.owned["usr/lib/libc.so"] == "libc6"
    sums = dpkg.read_files(
        "var/lib/dpkg/info/libc6:amd64.md5sums", b"0123456789abcdef0123456789abcdef  ./usr/a b\nbroken\n"
    )
    assert sums.owned == {"usr/a b": "libc6"}
    assert sums.owned_digests == {"usr/a b": "md5:0123456789abcdef"}


def test_licences():
    content = b"Files: *\nLicense: GPL-2+\n\nFiles: x\nLicense: Expat\n text\n\nLicense: GPL-2+\n the text\n"
    assert dpkg.read_copyright("usr/share/doc/a/copyright", content).licenses == ("GPL-2+", "Expat")
    assert dpkg.read_copyright("usr/share/doc/a/copyright", b"It is in the public domain.\n") is None
    old = b"The text is in `/usr/share/common-licenses/GPL-2'.\nSee /usr/share/common-licenses/LGPL-2.1.\n"
    assert dpkg.read_copyright("usr/share/doc/a/copyright", old).licenses == ("GPL-2", "LGPL-2.1")


@settings(max_examples=200)
@given(st.binary(max_size=400))
def test_random_bytes(content):
    for path in (STATUS, "status"):
        try:
            evidence = dpkg.read_status(path, content)
        except InputError:
            continue
        assert evidence is None or all(package.name for package in evidence.packages)
    dpkg.read_files("var/lib/dpkg/info/a.md5sums", content)
    dpkg.read_copyright("usr/share/doc/a/copyright", content)
