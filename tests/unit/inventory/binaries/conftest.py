"""Small executables written by hand: an ELF file of which only headers, notes and the named parts mean anything."""

import struct
from collections.abc import Callable
from typing import NamedTuple

import pytest

from landwaiter.images.tarstream import Member, MemberKind
from landwaiter.inventory.analyser import Content


class Program(NamedTuple):
    """Parts of a program: constants, writable data, and what follows everything that is loaded."""

    constants: bytes = b""
    data: bytes = b""
    tail: bytes = b""
    note: bytes = b""


CONSTANTS_AT, DATA_AT = 0x400000, 0x600000


def make_elf(program: Program, order: str = "<", word: int = 8) -> bytes:
    """Lay the parts out at 4096 and behind, aligned to 16; they are loaded at CONSTANTS_AT and DATA_AT."""
    constants_at = 4096
    data_at = constants_at + (len(program.constants) + 15 & ~15)
    segments = [
        (1, 4, constants_at, CONSTANTS_AT, len(program.constants)),
        (1, 6, data_at, DATA_AT, len(program.data)),
        (4, 4, 1024, 0, len(program.note)),
    ]
    wide = word == 8
    head = b"\x7fELF" + bytes([word // 4, 1 if order == "<" else 2, 1]) + bytes(9)
    head += struct.pack(order + "HHI", 2, 62, 1)
    head += struct.pack(order + ("QQQ" if wide else "III"), 0, 64, 0)
    head += struct.pack(order + "IHHHHHH", 0, 64 if wide else 52, 56 if wide else 32, len(segments), 0, 0, 0)
    head = head.ljust(64, b"\0")
    for kind, flags, offset, address, size in segments:
        if wide:
            head += struct.pack(order + "IIQQQQQQ", kind, flags, offset, address, address, size, size, 16)
        else:
            head += struct.pack(order + "8I", kind, offset, address, address, size, size, flags, 16)
    head = head.ljust(1024, b"\0") + program.note
    return (
        head.ljust(constants_at, b"\0")
        + program.constants.ljust(data_at - constants_at, b"\0")
        + program.data
        + program.tail
    )


def make_content(data: bytes, path: str = "usr/local/bin/tool", piece: int = 1 << 16) -> Content:
    """Offer `data` as a file of a layer, in pieces of `piece` bytes."""
    pieces = lambda: iter([data[at : at + piece] for at in range(0, len(data), piece)])  # noqa: E731 - a Member wants a callable
    return Content(
        Member(path, MemberKind.FILE, len(data), 0o755, 0, 0, "", lambda limit: data[:limit], pieces), 1 << 20
    )


@pytest.fixture(scope="session")
def elf() -> Callable[..., bytes]:
    def build(
        *,
        constants: bytes = b"",
        data: bytes = b"",
        tail: bytes = b"",
        go: bool = False,
        order: str = "<",
        word: int = 8,
    ) -> bytes:
        note = struct.pack(order + "III", 4, 4, 4) + b"Go\0\0abcd" if go else b""
        return make_elf(Program(constants, data, tail, note), order, word)

    return build


@pytest.fixture(scope="session")
def content() -> Callable[..., Content]:
    return make_content


@pytest.fixture(scope="session")
def feed() -> Callable[..., object]:
    """Feed data to a probe in pieces of a size."""

    def run(probe: object, data: bytes, piece: int = 4096) -> object:
        for at in range(0, len(data), piece):
            probe.feed(at, data[at : at + piece])  # type: ignore[attr-defined] - any probe
            if probe.done:  # type: ignore[attr-defined] - any probe
                break
        return probe

    return run


@pytest.fixture(scope="session")
def inline() -> Callable[..., bytes]:
    """Build information as Go 1.18 and later write it."""

    def build(version: str, modules: str = "") -> bytes:
        def counted(text: bytes) -> bytes:
            length, prefix = len(text), b""
            while length >= 0x80:
                prefix += bytes([length & 0x7F | 0x80])
                length >>= 7
            return prefix + bytes([length]) + text

        marked = b"<" * 16 + modules.encode() + b">" * 16 if modules else b""
        return b"\xff Go buildinf:\x08\x02".ljust(32, b"\0") + counted(version.encode()) + counted(marked)

    return build


@pytest.fixture(scope="session")
def pointers() -> Callable[..., dict[str, bytes]]:
    """Build information of Go 1.13 to 1.17: constants and data of a program."""

    def build(version: str, modules: str = "", order: str = "<", word: int = 8, tail: bytes = b"") -> dict[str, bytes]:
        sign = order + ("QQ" if word == 8 else "II")
        marked = b"<" * 16 + modules.encode() + b">" * 16 if modules else b""
        text = version.encode()
        constants = b"prefix" + text + b"runtime error" + marked
        version_at, modules_at = CONSTANTS_AT + 6, CONSTANTS_AT + 6 + len(text) + 13
        headers = struct.pack(sign, version_at, len(text)) + struct.pack(sign, modules_at, len(marked))
        info = b"\xff Go buildinf:" + bytes([word, 0 if order == "<" else 1])
        info += struct.pack(sign, DATA_AT + 48, DATA_AT + 48 + 2 * word)
        return {"constants": constants, "data": info.ljust(48, b"\0") + headers + tail}

    return build
