"""The version that `go build -ldflags "-X main.version=1.2.3"` stamped into a program whose build settings are gone.

The linker puts the text among the constants, alone (with zero bytes around it), and makes a string variable in the data
point at it. A text that looks like a version and is both is taken; of two different ones neither, unless one is the
other with a revision behind it (`2.42.0` and `2.42.0-5`). C libraries linked into the program leave no such variable.
"""

import re
import struct
from collections.abc import Iterator

from landwaiter.inventory.binaries.elf import Layout
from landwaiter.inventory.binaries.regions import Kept

MAX_DOTS = 1_000_000
"""Places looked at; real programs have some ten thousand."""
MAX_CANDIDATES = 32

_DOTS = re.compile(rb"\.\d{1,5}\.\d")
_ALONE = re.compile(rb"\x00(v?\d{1,5}\.\d{1,5}\.\d{1,7}(?:[-+~][-+.~0-9A-Za-z]{1,60})?)\x00")
_LONGEST = 96


def stamped_version(layout: Layout, kept: Kept) -> str:
    """Return the one version that was stamped into the program, "" where there is none or more than one."""
    found: set[bytes] = set()
    for count, (address, text) in enumerate(_candidates(layout, kept)):
        if count >= MAX_CANDIDATES:
            return ""
        if text not in found and _has_variable(layout, kept, address, len(text)):
            found.add(text)
    shortest = min(found, key=len, default=b"")
    return shortest.decode() if all(re.match(re.escape(shortest) + rb"(?:[-+]|$)", text) for text in found) else ""


def _candidates(layout: Layout, kept: Kept) -> Iterator[tuple[int, bytes]]:
    """Yield the address and text of what stands alone among the constants and looks like a version."""
    budget = MAX_DOTS
    for segment in layout.segments:
        if not segment.constant:
            continue
        for offset, data in kept.windows(segment.offset, segment.stop, _LONGEST):
            for dots in _DOTS.finditer(data):
                budget -= 1
                before = data.rfind(b"\0", max(dots.start() - 7, 0), dots.start())
                alone = _ALONE.match(data, before) if before >= 0 else None
                if alone:
                    yield segment.address + offset + alone.start(1) - segment.offset, alone[1]
                if budget < 0:
                    return


def _has_variable(layout: Layout, kept: Kept, address: int, length: int) -> bool:
    """Tell whether the data hold a Go string header: this address, then this length."""
    try:
        header = struct.pack(layout.order + ("QQ" if layout.word == 8 else "II"), address, length)
    except struct.error:
        return False
    return any(
        header in data
        for segment in layout.segments
        if segment.writable
        for _, data in kept.windows(segment.offset, segment.stop, len(header))
    )
