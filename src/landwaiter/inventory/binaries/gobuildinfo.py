"""Find the build information that Go's linker puts into every program, in a stream.

It begins with a magic in the writable data, at an address that is a multiple of 16. Until Go 1.17 it points at strings
among the constants, which come before the data in the file. So the constants of a program that carries Go's note are
kept until the magic is met, as long as they are not too many; they also hold a version given by `-X main.version=…`.
"""

import struct

from landwaiter.inventory.binaries.elf import Layout, Segment
from landwaiter.inventory.binaries.goformat import (
    HEADER,
    MAGIC,
    MAX_MODULES,
    BuildInfo,
    between_markers,
    read_inline,
    text,
)
from landwaiter.inventory.binaries.gostamp import stamped_version
from landwaiter.inventory.binaries.regions import Kept, Range, Region, merged

MIB = 1 << 20
MAX_KEPT = 64 * MIB
MAX_KEPT_DATA = 16 * MIB
MAX_MAGICS = 1000
"""A program may hold the magic as data (a scanner); one that repeats it endlessly is hostile."""
WHOLE: Range = (0, 1 << 62)


class GoProbe:
    """Takes an executable's pieces in order; knows afterwards what build information it carries.

    `layout` is None for what is not ELF (PE, Mach-O): then the whole file is searched.
    """

    def __init__(self, layout: Layout | None) -> None:
        self._layout = layout
        data = merged((s.offset, s.stop) for s in layout.segments if s.writable) if layout else [WHOLE]
        self._regions = [Region(start, stop, HEADER) for start, stop in data]
        self._stop = data[-1][1] if data else 0
        keep = _worth_keeping(layout) if layout and layout.go else []
        self._kept, self._keeps = Kept(keep), bool(keep)
        self._begun: tuple[int, bytearray, int] | None = None
        self._info: BuildInfo | None = None
        self._pointers = b""
        self._magics = 0
        self.done = not data

    def feed(self, offset: int, piece: bytes) -> None:
        """Take the piece that begins at `offset`."""
        self._kept.feed(offset, piece)
        for region in self._regions if self._info is None else ():
            cut = region.cut(offset, piece)
            if cut:
                self._look(*cut)
        # Variables that tell a stamped version lie behind the build information.
        self.done = offset + len(piece) >= self._stop or (self._info is not None and not self._keeps)

    def _look(self, offset: int, data: bytes) -> None:
        if self._begun is not None:
            self._continue(offset, data)
        at = data.find(MAGIC) if self._begun is None else -1
        while at >= 0 and self._begun is None and self._info is None and self._magics < MAX_MAGICS:
            header = data[at : at + HEADER]
            if len(header) == HEADER and self._aligned(offset + at):
                self._magics += 1
                self._begin(offset + at, header, data[at:])
            at = data.find(MAGIC, at + 1)

    def _begin(self, offset: int, header: bytes, data: bytes) -> None:
        if header[15] & 2:
            self._begun = (offset, bytearray(), 0)
            self._continue(offset, data)
        elif header[14] in {4, 8}:
            self._pointers = self._pointers or header

    def _continue(self, offset: int, data: bytes) -> None:
        """Gather the inline strings until they are complete, or turn out to be none."""
        if self._begun is None:
            return
        start, gathered, needed = self._begun
        known = start + len(gathered) - offset
        if not 0 <= known < len(data):
            return
        gathered += data[known : known + HEADER + MAX_MODULES]
        if len(gathered) < needed:
            return
        try:
            found = read_inline(gathered)
        except ValueError:
            self._begun = None
            return
        if isinstance(found, int):
            self._begun = (start, gathered, found)
        else:
            self._begun, self._info = None, found

    def _aligned(self, offset: int) -> bool:
        if self._layout is None:
            return offset % 16 == 0
        home = next((s for s in self._layout.segments if s.writable and s.offset <= offset < s.stop), None)
        return home is not None and (home.address + offset - home.offset) % 16 == 0

    def result(self) -> BuildInfo | None:
        """Return the build information, None when there is none. Raises ValueError, saying what is missing."""
        if self._info is not None:
            return self._info
        if self._pointers:
            if self._layout is None:
                raise ValueError("its Go build information is that of Go before 1.18, which is read in ELF files only")
            return self._follow(self._layout)
        if self._begun is not None:
            raise ValueError("its Go build information is cut short")
        return None

    def _follow(self, layout: Layout) -> BuildInfo:
        """Follow the two pointers of Go before 1.18."""
        header = self._pointers
        memory = _Memory(layout, self._kept, ">" if header[15] & 1 else "<", header[14])
        version = memory.string(memory.pointer(header, 16))
        if not version:
            raise ValueError("its Go build information is that of Go before 1.18 and points to where nothing was kept")
        return BuildInfo(text(version), between_markers(memory.string(memory.pointer(header, 16 + header[14]))))

    def stamp(self) -> str:
        """Return the version that the linker was given by `-X`, as far as that is beyond doubt; "" otherwise."""
        return stamped_version(self._layout, self._kept) if self._layout else ""


class _Memory:
    """What the program would see at an address, as far as it was kept."""

    def __init__(self, layout: Layout, kept: Kept, order: str, word: int) -> None:
        self._segments = [segment for segment in layout.segments if segment.writable or segment.constant]
        self._kept, self._sign, self._word = kept, order + ("Q" if word == 8 else "I"), word

    def pointer(self, data: bytes, at: int) -> int:
        """Return the pointer at `at`, 0 where there is none."""
        return int(struct.unpack_from(self._sign, data, at)[0]) if len(data) >= at + self._word else 0

    def string(self, address: int) -> bytes:
        """Return the string whose header (address, length) is at `address`."""
        header = self._bytes(address, 2 * self._word)
        length = self.pointer(header, self._word)
        return self._bytes(self.pointer(header, 0), length) if 0 < length <= MAX_MODULES else b""

    def _bytes(self, address: int, count: int) -> bytes:
        for segment in self._segments:
            if 0 <= address - segment.address <= segment.size - count:
                return self._kept.at(address - segment.address + segment.offset, count)
        return b""


def _worth_keeping(layout: Layout) -> list[Range]:
    """Choose the parts that pointers may lead into: the data, and the constants, with or without the code."""
    data = [segment for segment in layout.segments if segment.writable]
    constants = [segment for segment in layout.segments if segment.constant]
    if _total(constants) > MAX_KEPT:
        constants = [segment for segment in constants if not segment.executable]
    if _total(constants) > MAX_KEPT or _total(data) > MAX_KEPT_DATA:
        return []
    return [(segment.offset, segment.stop) for segment in (*constants, *data)]


def _total(segments: list[Segment]) -> int:
    return sum(segment.size for segment in segments)
