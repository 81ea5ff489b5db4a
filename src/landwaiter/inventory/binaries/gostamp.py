"""The version that `go build -ldflags "-X main.version=1.2.3"` stamped into a program whose build settings are gone.

The linker puts the text among the constants, with a zero byte behind it, and makes a string variable in the data point
at it. What stands before it may be anything, so that the text may begin at any digit or at a `v`. A text that looks
like a version and is both is taken; of two different ones neither, unless one is the other with a revision behind it
(`2.42.0` and `2.42.0-5`). C libraries linked into the program leave no such variable.
"""

import re
import struct
from collections.abc import Iterator

from landwaiter.inventory.binaries.elf import Layout
from landwaiter.inventory.binaries.regions import Kept

MAX_DOTS = 1_000_000
"""Places looked at; real programs have some ten thousand."""
MAX_CANDIDATES = 256

_DOTS = re.compile(rb"\.\d{1,5}\.\d")
_ALONE = re.compile(rb"v?\d{1,5}\.\d{1,5}\.\d{1,7}(?:[-+~][-+.~0-9A-Za-z]{1,60})?(?=\x00)")
_BEFORE = re.compile(rb"v?\d{1,5}\Z")
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
                for alone in _beginnings(data, dots.start()):
                    yield segment.address + offset + alone.start() - segment.offset, alone[0]
                if budget < 0:
                    return


def _beginnings(data: bytes, dot: int) -> Iterator[re.Match[bytes]]:
    """Yield the texts that look like a version and have their first dot at `dot`: one for each place they may begin."""
    before = _BEFORE.search(data, max(dot - 6, 0), dot)
    for start in range(before.start(), dot) if before else ():
        alone = _ALONE.match(data, start)
        if alone is None:
            return
        yield alone


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
