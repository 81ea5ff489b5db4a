import struct
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.inventory.binaries.elf import read_layout

Builder = Callable[..., bytes]


@pytest.mark.parametrize(("order", "word"), [("<", 8), (">", 8), ("<", 4), (">", 4)])
def test_segments_of_every_kind_of_elf(elf: Builder, order: str, word: int) -> None:
    layout = read_layout(
        elf(constants=b"c" * 100, data=b"d" * 50, tail=b"t" * 9, go=True, order=order, word=word)[:4096]
    )
    assert layout is not None
    assert (layout.order, layout.word, layout.go) == (order, word, True)
    assert [(s.offset, s.address, s.size) for s in layout.segments if s.constant] == [(4096, 0x400000, 100)]
    assert [(s.offset, s.stop) for s in layout.segments if s.writable] == [(4208, 4258)]
    assert layout.loaded_stop == 4258


def test_without_gos_note(elf: Builder) -> None:
    assert read_layout(elf(data=b"x")[:4096]).go is False


@pytest.mark.parametrize(
    "damage",
    [
        lambda d: d[:60],
        lambda d: b"\x7fELG" + d[4:],
        lambda d: d[:4] + b"\x07" + d[5:],
        lambda d: d[:5] + b"\x00" + d[6:],
        lambda d: d[:56] + struct.pack("<H", 0) + d[58:],
        lambda d: d[:56] + struct.pack("<H", 60000) + d[58:],
        lambda d: d[:54] + struct.pack("<H", 1) + d[56:],
        lambda d: d[:32] + struct.pack("<Q", 1 << 40) + d[40:],
    ],
)
def test_damaged_headers_have_no_layout(elf: Builder, damage: Callable[[bytes], bytes]) -> None:
    assert read_layout(damage(elf(data=b"x")[:4096])) is None


@settings(max_examples=200)
@given(st.binary(max_size=300), st.sampled_from([b"\x7fELF\x02\x01", b"\x7fELF\x01\x02", b""]))
def test_any_bytes_give_a_layout_or_none(rest: bytes, start: bytes) -> None:
    layout = read_layout(start + rest)
    assert layout is None or len(layout.segments) > 0
