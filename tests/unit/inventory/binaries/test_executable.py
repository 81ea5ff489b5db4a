import zlib
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.inventory.analyser import Content
from landwaiter.inventory.binaries.executable import EXECUTABLE, read_executable
from landwaiter.inventory.models import Evidence

Builder = Callable[..., bytes]

MODULES = "path\tgithub.com/traefik/traefik/v3/cmd/traefik\nmod\tgithub.com/traefik/traefik/v3\tv3.1.0\t\ndep\tb\tv0.1.0\th1:x\n"


def names(evidence: Evidence) -> list[tuple[str, str, str]]:
    return [(package.type, package.name, package.version) for package in evidence.packages]


def test_a_go_server_is_its_modules_and_itself(elf: Builder, content: Callable[..., Content], inline: Builder) -> None:
    evidence = read_executable(
        content(elf(constants=b"c" * 70_000, data=inline("go1.22.1", MODULES), go=True), "usr/bin/traefik")
    )
    assert (evidence.path, evidence.analyser, evidence.notes) == ("usr/bin/traefik", "executable", ())
    assert names(evidence) == [
        ("golang", "github.com/traefik/traefik/v3", "v3.1.0"),
        ("golang", "b", "v0.1.0"),
        ("golang", "stdlib", "1.22.1"),
        ("generic", "traefik", "3.1.0"),
    ]


def test_a_rust_program_is_its_crates(elf: Builder, content: Callable[..., Content]) -> None:
    listing = b'{"packages":[{"name":"ryu","version":"1.0.15","source":"crates.io"},{"name":"cc","version":"1.0.0","kind":"build"}]}'
    assert names(read_executable(content(elf(tail=zlib.compress(listing))))) == [("cargo", "ryu", "1.0.15")]


def test_an_interpreter_is_known_by_its_words(elf: Builder, content: Callable[..., Content]) -> None:
    evidence = read_executable(content(elf(constants=b"node.js/v20.18.0\0"), "usr/local/bin/node", 1000))
    assert names(evidence) == [("generic", "node", "20.18.0")]


def test_a_program_that_says_nothing_replaces_the_one_before_it(elf: Builder, content: Callable[..., Content]) -> None:
    evidence = read_executable(content(elf(constants=b"x"), "usr/local/bin/tool"))
    assert (evidence.path, evidence.packages, evidence.notes) == ("usr/local/bin/tool", (), ())
    assert read_executable(content(elf(constants=b"x"), "usr/lib/libx.so.1")) is None


def test_a_packed_program_is_not_taken_for_an_empty_one(elf: Builder, content: Callable[..., Content]) -> None:
    packed = bytearray(elf(constants=b"x"))
    packed[500:504] = b"UPX!"
    (note,) = read_executable(content(bytes(packed))).notes
    assert (note.kind, note.path) == ("unsupported", "usr/local/bin/tool")
    assert "UPX" in note.reason


def test_what_is_cut_short_is_said(elf: Builder, content: Callable[..., Content], inline: Builder) -> None:
    (note,) = read_executable(content(elf(data=inline("go1.22.1", MODULES)[:-9], go=True))).notes
    assert "cut short" in note.reason


def test_a_list_that_is_no_list_is_said(elf: Builder, content: Callable[..., Content]) -> None:
    (note,) = read_executable(content(elf(tail=zlib.compress(b'{"packages":[1,2]}')))).notes
    assert "cargo-auditable" in note.reason


def test_windows_and_mac_programs(content: Callable[..., Content], inline: Builder) -> None:
    for magic in EXECUTABLE.magics[1:]:
        assert len(names(read_executable(content(magic.ljust(4096, b"\1") + inline("go1.22.1", MODULES))))) == 4
        assert read_executable(content(magic + b"x" * 5000)) is None


@settings(max_examples=120, deadline=None)
@given(
    damage=st.tuples(st.integers(0, 4600), st.binary(max_size=400)),
    path=st.sampled_from(["usr/bin/tool", "usr/sbin/nginx"]),
)
def test_a_damaged_program_gives_evidence_all_the_same(
    elf: Builder, content: Callable[..., Content], inline: Builder, damage: tuple[int, bytes], path: str
) -> None:
    at, data = damage
    program = elf(
        constants=b"c" * 64, data=inline("go1.22.1", MODULES), tail=zlib.compress(b'{"packages":[]}'), go=True
    )
    damaged = program[:4] + (program[:at] + data + program[at + len(data) :])[4:]
    evidence = read_executable(content(damaged, path, 500 + at))
    assert evidence is None or evidence.path == path
