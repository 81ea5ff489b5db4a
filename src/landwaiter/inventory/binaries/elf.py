"""Where in an ELF file what lies, read from its first bytes (System V ABI, chapters "Object Files", "Program Loading").

Only the file header, the program headers and the notes are read, so a stream needs no seeking. Section headers are not
used: they lie at the end of most files and stripped files may lack them.
"""

import struct
from dataclasses import dataclass

MAGIC = b"\x7fELF"
MAX_SEGMENTS = 256

PT_LOAD, PT_NOTE = 1, 4
PF_EXECUTE, PF_WRITE = 1, 2


@dataclass(frozen=True, slots=True)
class Segment:
    """A program header: `offset` and `size` in the file, both in bytes, and the `address` it is loaded at."""

    kind: int
    flags: int
    offset: int
    address: int
    size: int

    @property
    def stop(self) -> int:
        """The offset in the file behind its last byte."""
        return self.offset + self.size

    @property
    def writable(self) -> bool:
        """Loaded as initialised data."""
        return self.kind == PT_LOAD and bool(self.flags & PF_WRITE)

    @property
    def constant(self) -> bool:
        """Loaded, and not writable: code, constants, tables."""
        return self.kind == PT_LOAD and not self.flags & PF_WRITE

    @property
    def executable(self) -> bool:
        """Loaded as code (older linkers put constants there too)."""
        return bool(self.flags & PF_EXECUTE)


@dataclass(frozen=True, slots=True)
class Layout:
    """The parts of an ELF file. `order` is struct's sign for the byte order, `word` the size of a pointer in bytes."""

    order: str
    word: int
    segments: tuple[Segment, ...]
    go: bool
    """Go's linker wrote it: it carries its note, or (told `-buildid=`) has the section headers where it puts them."""
    go_note: bool = False

    @property
    def loaded_stop(self) -> int:
        """The offset behind everything that is loaded; sections for tools only (`.dep-v0`, symbols) follow it."""
        return max((segment.stop for segment in self.segments if segment.kind == PT_LOAD), default=0)


def read_layout(head: bytes) -> Layout | None:
    """Read the layout from the first bytes of an ELF file; None when they are not enough or make no sense."""
    if len(head) < 64 or not head.startswith(MAGIC) or head[4] not in {1, 2} or head[5] not in {1, 2}:
        return None
    order, word = "<>"[head[5] - 1], 4 * head[4]
    if word == 8:
        (table, sections), (entry, count) = (
            struct.unpack_from(order + "QQ", head, 32),
            struct.unpack_from(order + "HH", head, 54),
        )
    else:
        (table, sections), (entry, count) = (
            struct.unpack_from(order + "II", head, 28),
            struct.unpack_from(order + "HH", head, 42),
        )
    if not 0 < count <= MAX_SEGMENTS or entry < 7 * word or table + entry * count > len(head):
        return None
    segments = tuple(_segment(head, table + entry * index, order, word) for index in range(count))
    noted = any(_has_go_note(head, segment, order) for segment in segments)
    return Layout(order, word, segments, noted or sections == table + entry * count, noted)


def _segment(head: bytes, at: int, order: str, word: int) -> Segment:
    if word == 8:
        kind, flags, offset, address, _, size = struct.unpack_from(order + "IIQQQQ", head, at)
    else:
        kind, offset, address, _, size, _, flags = struct.unpack_from(order + "7I", head, at)
    return Segment(kind, flags, offset, address, size)


def _has_go_note(head: bytes, segment: Segment, order: str) -> bool:
    """Tell whether a note of owner "Go" is in the segment, as far as it lies within the first bytes."""
    if segment.kind != PT_NOTE:
        return False
    at, stop = segment.offset, min(segment.stop, len(head))
    while at + 16 <= stop:
        name_size, content_size = struct.unpack_from(order + "II", head, at)
        if name_size == 4 and head[at + 12 : at + 16] == b"Go\0\0":
            return True
        at += 12 + (name_size + 3 & ~3) + (content_size + 3 & ~3)
    return False
