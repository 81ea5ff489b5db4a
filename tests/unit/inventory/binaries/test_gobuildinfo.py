from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.inventory.binaries.elf import read_layout
from landwaiter.inventory.binaries.gobuildinfo import GoProbe
from landwaiter.inventory.binaries.goformat import MAGIC, BuildInfo

Builder = Callable[..., bytes]
Feeder = Callable[..., Any]

MODULES = "path\texample.org/a\nmod\texample.org/a\tv1.2.3\t\ndep\tb\tv0.1.0\th1:x\n"


def probe_of(feed: Feeder, program: bytes, piece: int = 4096) -> GoProbe:
    return feed(GoProbe(read_layout(program[:4096])), program, piece)


@pytest.mark.parametrize("piece", [7, 64, 4096, 1 << 20])
@pytest.mark.parametrize("go", [True, False])
def test_inline_information_is_found_in_any_pieces(
    elf: Builder, feed: Feeder, inline: Builder, piece: int, go: bool
) -> None:
    program = elf(constants=b"c" * 999, data=b"\0" * 160 + inline("go1.22.1", MODULES) + b"z" * 500, go=go)
    assert probe_of(feed, program, piece).result() == BuildInfo("go1.22.1", MODULES)


@pytest.mark.parametrize(("order", "word"), [("<", 8), (">", 8), ("<", 4)])
def test_information_before_go_1_18_is_followed_through_its_pointers(
    elf: Builder, feed: Feeder, pointers: Callable[..., dict[str, bytes]], order: str, word: int
) -> None:
    program = elf(**pointers("go1.16.3", MODULES, order, word), go=True, order=order, word=word)
    for piece in (13, 4096):
        assert probe_of(feed, program, piece).result() == BuildInfo("go1.16.3", MODULES)


def test_the_magic_among_constants_or_unaligned_is_not_taken(elf: Builder, feed: Feeder, inline: Builder) -> None:
    info = inline("go1.22.1", MODULES)
    assert probe_of(feed, elf(constants=info, data=b"x" * 64, go=True)).result() is None
    assert probe_of(feed, elf(data=b"12345678" + info, go=True)).result() is None


def test_a_false_magic_before_the_right_one_does_no_harm(elf: Builder, feed: Feeder, inline: Builder) -> None:
    false = MAGIC + b"\x08\x02" + bytes(16) + b"\x05wrong"
    program = elf(data=false.ljust(48, b"\0") + inline("go1.22.1", MODULES), go=True)
    assert probe_of(feed, program, 50).result() == BuildInfo("go1.22.1", MODULES)


def test_reading_ends_with_the_data(elf: Builder, feed: Feeder, inline: Builder) -> None:
    program = elf(data=b"d" * 32, tail=b"t" * 100_000)
    probe = GoProbe(read_layout(program[:4096]))
    probe.feed(0, program[:5000])
    assert probe.done


@pytest.mark.parametrize("magic", [b"MZ", b"\xcf\xfa\xed\xfe"])
def test_other_kinds_of_file_are_searched_as_a_whole(feed: Feeder, inline: Builder, magic: bytes) -> None:
    data = magic.ljust(4096, b"\1") + inline("go1.22.1", MODULES)
    assert feed(GoProbe(None), data).result() == BuildInfo("go1.22.1", MODULES)


def test_what_cannot_be_made_out_is_said(
    elf: Builder, feed: Feeder, inline: Builder, pointers: Callable[..., dict[str, bytes]]
) -> None:
    with pytest.raises(ValueError, match="cut short"):
        probe_of(feed, elf(data=inline("go1.22.1", MODULES)[:-20], go=True)).result()
    with pytest.raises(ValueError, match="nothing was kept"):
        probe_of(feed, elf(**pointers("go1.16.3"), go=False)).result()
    with pytest.raises(ValueError, match="ELF files only"):
        feed(GoProbe(None), b"MZ".ljust(4096) + MAGIC + b"\x08\x00" + bytes(16)).result()


def test_pointers_to_nowhere_end_in_a_sentence(elf: Builder, feed: Feeder) -> None:
    data = MAGIC + b"\x08\x00" + b"\xff" * 16
    with pytest.raises(ValueError, match=r"before 1\.18"):
        probe_of(feed, elf(data=data + bytes(64), go=True)).result()


def test_the_magic_without_end_costs_no_more_than_its_length(elf: Builder, feed: Feeder) -> None:
    data = (MAGIC + b"\x08\x02" + bytes(16) + b"\x01").ljust(48, b"\1") * 20_000
    assert probe_of(feed, elf(data=data, go=True), 1 << 16).result() is None


@settings(max_examples=100, deadline=None)
@given(rest=st.binary(max_size=200), piece=st.integers(5, 300))
def test_any_data_behind_the_magic(elf: Builder, rest: bytes, piece: int) -> None:
    program = elf(data=MAGIC + rest, go=True)
    probe = GoProbe(read_layout(program[:4096]))
    for at in range(0, len(program), piece):
        probe.feed(at, program[at : at + piece])
    try:
        found = probe.result()
    except ValueError:
        return
    assert found is None or isinstance(found, BuildInfo)
