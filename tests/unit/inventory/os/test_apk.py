import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.errors import InputError
from landwaiter.inventory.os import apk

PATH = "lib/apk/db/installed"
INSTALLED = """C:Q1pSfk+sHvZEZnPSBVYRzVCL5AOMs=
P:musl-utils
V:1.2.4-r2
A:x86_64
o:musl
L:MIT AND BSD-2-Clause
F:usr/bin
R:getent
a:0:0:755
Z:Q1/+/9Zz/+Ag4NNXTgdGKTKMsGq0k=
F:
R:top
M:0:0:1777

P:busybox
V:1.36.1-r7
A:x86_64
o:busybox
"""


def test_packages_and_files():
    evidence = apk.read_installed(PATH, INSTALLED.encode())
    musl, busybox = evidence.packages
    assert (musl.name, musl.version, musl.arch, musl.source_name, musl.source_version) == (
        "musl-utils",
        "1.2.4-r2",
        "x86_64",
        "musl",
        "1.2.4-r2",
    )
    assert musl.licenses == ("MIT AND BSD-2-Clause",)
    assert busybox.source_name == ""
    assert evidence.owned == {"usr/bin/getent": "musl-utils", "top": "musl-utils"}
    assert evidence.owned_digests == {"usr/bin/getent": "sha1:ffeffd673ffe020e"}


def test_a_sha256_checksum_and_a_broken_one():
    content = "P:a\nV:1\nF:x\nR:y\nZ:Q2AAAAAAAAAAAA\nR:z\nZ:Q1%%%\n"
    assert apk.read_installed(PATH, content.encode()).owned_digests == {"x/y": "sha256:" + "0" * 16}


def test_broken_entries_are_noted():
    evidence = apk.read_installed(PATH, (INSTALLED + "\nP:no-version\n").encode())
    assert len(evidence.packages) == 2
    assert evidence.notes[0].kind == "unreadable-database"


def test_nonsense():
    assert apk.read_installed(PATH, b"").packages == ()
    assert apk.read_installed("srv/installed", b"yes\n") is None
    with pytest.raises(InputError):
        apk.read_installed(PATH, b"\xff\x00nonsense")


@settings(max_examples=200)
@given(st.one_of(st.binary(max_size=300), st.text("PVAoLFRZ:\nQ12x=", max_size=200).map(str.encode)))
def test_random_bytes(content):
    try:
        evidence = apk.read_installed(PATH, content)
    except InputError:
        return
    assert all(package.name and package.version for package in evidence.packages)
