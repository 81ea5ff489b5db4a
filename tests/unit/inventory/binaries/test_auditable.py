import json
import time
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.inventory.binaries import auditable
from landwaiter.inventory.binaries.auditable import AuditableProbe
from landwaiter.inventory.binaries.elf import read_layout

Builder = Callable[..., bytes]
Feeder = Callable[..., Any]

LISTING = json.dumps(
    {"packages": [{"name": f"crate{n}", "version": f"1.{n}.0", "source": "crates.io"} for n in range(300)]},
    separators=(",", ":"),
).encode()


@pytest.mark.parametrize("level", [1, 6, 9])
@pytest.mark.parametrize("piece", [1, 37, 1 << 16])
def test_the_list_is_found_behind_what_is_loaded(elf: Builder, feed: Feeder, level: int, piece: int) -> None:
    program = elf(constants=b"code", data=b"data", tail=b"GCC: 12\0" + zlib.compress(LISTING, level) + b"symbols" * 50)
    program = program[4096:] if piece == 1 else program
    layout = read_layout(elf(constants=b"code", data=b"data")[:4096]) if piece > 1 else None
    probe = feed(AuditableProbe(layout), program, piece)
    assert probe.result() == LISTING
    assert probe.done


def test_a_list_within_the_loaded_program_is_data(elf: Builder, feed: Feeder) -> None:
    program = elf(data=zlib.compress(LISTING))
    assert feed(AuditableProbe(read_layout(program[:4096])), program).result() == b""


def test_other_compressed_data_are_passed_over(feed: Feeder) -> None:
    data = b"\0" * 1000 + zlib.compress(b"debug information " * 100) + b"\x78\x9c\x78\x01" + zlib.compress(LISTING)
    assert feed(AuditableProbe(None), data, 100).result() == LISTING


@pytest.mark.parametrize("damage", [lambda d: d[:-30], lambda d: d[:200] + b"\xff" * 40 + d[240:]])
def test_a_damaged_list_is_said_to_be_damaged(feed: Feeder, damage: Callable[[bytes], bytes]) -> None:
    with pytest.raises(ValueError, match="cut short, damaged or too large"):
        feed(AuditableProbe(None), damage(zlib.compress(LISTING)), 64).result()


def test_a_bomb_is_given_up_at_the_specifications_limit(feed: Feeder) -> None:
    bomb = zlib.compress(b'{"packages":[' + b" " * (20 * auditable.MIB))
    with pytest.raises(ValueError, match="too large"):
        feed(AuditableProbe(None), bomb, 4096).result()


def test_endless_beginnings_are_given_up_in_time(feed: Feeder) -> None:
    started = time.monotonic()
    with pytest.raises(ValueError, match="too many beginnings"):
        feed(AuditableProbe(None), b"\x78\x9c" * 2_000_000, 1 << 18).result()
    assert time.monotonic() - started < 10


@settings(max_examples=100, deadline=None)
@given(rest=st.binary(max_size=300), piece=st.integers(1, 200))
def test_any_bytes(rest: bytes, piece: int) -> None:
    data = b"\x78\x9c" + rest
    probe = AuditableProbe(None)
    for at in range(0, len(data), piece):
        probe.feed(at, data[at : at + piece])
    assert probe.result() == b""
