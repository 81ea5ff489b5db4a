import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.errors import InputError
from landwaiter.inventory.os.chisel import read_manifest

PATH = "var/lib/chisel/manifest.wall"
LINES = (
    '{"jsonwall":"1.0","schema":"1.0","count":6}',
    '{"kind":"content","slice":"libc6_libs","path":"/usr/lib/libc.so.6"}',
    '{"kind":"package","name":"libc6","version":"2.39-0ubuntu8.3","sha256":"ab","arch":"amd64"}',
    '{"kind":"path","path":"/usr/lib/","mode":"0755","slices":["libc6_libs"]}',
    '{"kind":"path","path":"/usr/lib/libc.so.6","mode":"0755","slices":["libc6_libs"],"sha256":"0123456789abcdef01","size":1}',
    '{"kind":"slice","name":"libc6_libs"}',
)


def packed(*lines):
    return zstandard.compress("\n".join(lines).encode())


def test_packages_and_files():
    evidence = read_manifest(PATH, packed(*LINES))
    assert [(one.type, one.name, one.version, one.arch) for one in evidence.packages] == [
        ("deb", "libc6", "2.39-0ubuntu8.3", "amd64")
    ]
    assert evidence.owned == {"usr/lib/libc.so.6": "libc6"}
    assert evidence.owned_digests == {"usr/lib/libc.so.6": "sha256:0123456789abcdef"}
    assert not evidence.notes


def test_broken_lines_are_noted():
    evidence = read_manifest(PATH, packed(*LINES, "{", '{"kind":"package","name":"x"}'))
    assert [note.kind for note in evidence.notes] == ["unreadable-database"]


@pytest.mark.parametrize(
    "content", [b"", b"plain", packed("{}"), packed(*LINES)[:-5], zstandard.compress(bytes(65 << 20))]
)
def test_what_is_refused(content):
    with pytest.raises(InputError):
        read_manifest(PATH, content)


def test_it_speaks_for_the_image(take, m):
    inventory = take([m.file("etc/os-release", "ID=ubuntu\nVERSION_ID=24.04\n"), m.file(PATH, packed(*LINES))])
    assert inventory.coverage.complete
    assert [one.purl for one in inventory.packages] == [
        "pkg:deb/ubuntu/libc6@2.39-0ubuntu8.3?arch=amd64&distro=ubuntu-24.04"
    ]


@settings(max_examples=100)
@given(st.binary(max_size=200))
def test_random_bytes(content):
    for candidate in (content, zstandard.compress(content)):
        with pytest.raises(InputError):
            read_manifest(PATH, candidate)
