import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.inventory.binaries.executable import EXECUTABLE, read_executable

MODULES = "path\tgithub.com/traefik/traefik/v3/cmd/traefik\nmod\tgithub.com/traefik/traefik/v3\tv3.1.0\t\ndep\tb\tv0.1.0\th1:x\n"


def names(evidence):
    return [(package.type, package.name, package.version) for package in evidence.packages]


def test_a_go_server_is_its_modules_and_itself(elf, content, inline):
    evidence = read_executable(content(elf(constants=b"c" * 70_000, data=inline("go1.22.1", MODULES), go=True), "usr/bin/traefik"))
    assert (evidence.path, evidence.analyser, evidence.notes) == ("usr/bin/traefik", "executable", ())
    assert names(evidence) == [
        ("golang", "github.com/traefik/traefik/v3", "v3.1.0"),
        ("golang", "b", "v0.1.0"),
        ("golang", "stdlib", "1.22.1"),
        ("generic", "traefik", "3.1.0"),
    ]


def test_a_rust_program_is_its_crates(elf, content):
    listing = b'{"packages":[{"name":"ryu","version":"1.0.15","source":"crates.io"},{"name":"cc","version":"1.0.0","kind":"build"}]}'
    assert names(read_executable(content(elf(tail=zlib.compress(listing))))) == [("cargo", "ryu", "1.0.15")]


def test_an_interpreter_is_known_by_its_words(elf, content):
    evidence = read_executable(content(elf(constants=b"node.js/v20.18.0\0"), "usr/local/bin/node", 1000))
    assert names(evidence) == [("generic", "node", "20.18.0")]


def test_a_program_that_says_nothing_replaces_the_one_before_it(elf, content):
    evidence = read_executable(content(elf(constants=b"x"), "usr/local/bin/tool"))
    assert (evidence.path, evidence.packages, evidence.notes) == ("usr/local/bin/tool", (), ())
    assert read_executable(content(elf(constants=b"x"), "usr/lib/libx.so.1")) is None


def test_a_packed_program_is_not_taken_for_an_empty_one(elf, content):
    packed = bytearray(elf(constants=b"x"))
    packed[500:504] = b"UPX!"
    (note,) = read_executable(content(bytes(packed))).notes
    assert (note.kind, note.path) == ("unsupported", "usr/local/bin/tool")
    assert "UPX" in note.reason


def test_what_is_cut_short_is_said(elf, content, inline):
    (note,) = read_executable(content(elf(data=inline("go1.22.1", MODULES)[:-9], go=True))).notes
    assert "cut short" in note.reason


def test_a_list_that_is_no_list_is_said(elf, content):
    (note,) = read_executable(content(elf(tail=zlib.compress(b'{"packages":[1,2]}')))).notes
    assert "cargo-auditable" in note.reason


def test_windows_and_mac_programs(content, inline):
    for magic in EXECUTABLE.magics[1:]:
        assert len(names(read_executable(content(magic.ljust(4096, b"\1") + inline("go1.22.1", MODULES))))) == 4
        assert read_executable(content(magic + b"x" * 5000)) is None


@pytest.mark.parametrize("path", ["usr/bin/tool", "usr/sbin/nginx"])
@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=400), at=st.integers(0, 4600), piece=st.integers(200, 5000))
def test_a_damaged_program_gives_evidence_all_the_same(elf, content, inline, path, data, at, piece):
    program = elf(constants=b"c" * 64, data=inline("go1.22.1", MODULES), tail=zlib.compress(b'{"packages":[]}'), go=True)
    damaged = program[:4] + (program[:at] + data + program[at + len(data) :])[4:]
    evidence = read_executable(content(damaged, path, piece))
    assert evidence is None or evidence.path == path
