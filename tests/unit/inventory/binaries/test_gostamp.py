import struct
from collections.abc import Callable
from typing import Any

import pytest

from landwaiter.inventory.binaries.elf import read_layout
from landwaiter.inventory.binaries.gobuildinfo import GoProbe

Builder = Callable[..., bytes]
Feeder = Callable[..., Any]

CONSTANTS_AT = 0x400000


def program(elf: Builder, inline: Builder, texts: list[bytes], *, variables: set[bytes]) -> bytes:
    """Write texts among the constants, zero bytes around each, and Go strings in the data that point at some."""
    constants, data = b"\0", b""
    for text in texts:
        if text in variables:
            data += struct.pack("<QQ", CONSTANTS_AT + len(constants), len(text))
        constants += text + b"\0"
    return elf(constants=constants, data=inline("go1.22.1").ljust(64, b"\0") + data, go=True)


def stamp(feed: Feeder, data: bytes, piece: int = 4096) -> GoProbe:
    return feed(GoProbe(read_layout(data[:4096])), data, piece)


@pytest.mark.parametrize("piece", [33, 4096])
def test_the_one_version_that_a_variable_points_at(elf: Builder, feed: Feeder, inline: Builder, piece: int) -> None:
    data = program(elf, inline, [b"3.40.1", b"v2.8.2+ds1", b"127.0.0.1"], variables={b"v2.8.2+ds1", b"127.0.0.1"})
    assert stamp(feed, data, piece).stamp() == "v2.8.2+ds1"


def test_a_revision_of_the_same_version_does_not_make_it_doubtful(elf: Builder, feed: Feeder, inline: Builder) -> None:
    texts = [b"2.42.0+ds-5", b"2.42.0+ds"]
    assert stamp(feed, program(elf, inline, texts, variables=set(texts)), 1 << 20).stamp() == "2.42.0+ds"


def test_any_byte_may_stand_before_the_text(elf: Builder, feed: Feeder, inline: Builder) -> None:
    for before in (b"\xcb", b"v", b"7"):
        constants = before + b"v1.4.2\0"
        data = inline("go1.22.1").ljust(64, b"\0") + struct.pack("<QQ", CONSTANTS_AT + 1, 6)
        assert stamp(feed, elf(constants=constants, data=data, go=True), 1 << 20).stamp() == "v1.4.2"


def test_two_versions_are_doubtful(elf: Builder, feed: Feeder, inline: Builder) -> None:
    texts = [b"1.2.3", b"1.2.30"]
    assert stamp(feed, program(elf, inline, texts, variables=set(texts)), 1 << 20).stamp() == ""


def test_a_text_of_a_c_library_is_none(elf: Builder, feed: Feeder, inline: Builder) -> None:
    assert stamp(feed, program(elf, inline, [b"3.40.1"], variables=set()), 1 << 20).stamp() == ""


def test_very_many_candidates_are_doubtful(elf: Builder, feed: Feeder, inline: Builder) -> None:
    texts = [b"1.2.%d" % number for number in range(300)]
    assert stamp(feed, program(elf, inline, texts, variables=set()), 1 << 20).stamp() == ""
