"""What a layer is made of: its members, and the stream of them."""

import enum
from collections.abc import Callable, Iterable, Iterator

import msgspec


class MemberKind(enum.Enum):
    """What a member is, as far as an inventory cares."""

    FILE = "file"
    FOLDER = "folder"
    SYMLINK = "symlink"
    HARDLINK = "hardlink"
    OTHER = "other"


class Member(msgspec.Struct):
    """One entry of a layer.

    `path` is normalised: relative to the root, no leading or doubled slash, no `.` parts, no trailing slash. A member
    whose name climbs out of the root (`..`) never becomes a Member: the reader skips it and notes it. `target` is a
    link's target: as written for a symbolic link, normalised like `path` for a hard link. Content may be read once, and
    only before the iterator is advanced: `read` for the whole, `chunks` for a stream.
    """

    path: str
    kind: MemberKind
    size: int
    mode: int
    uid: int
    gid: int
    target: str
    read: Callable[[int], bytes]
    """`read(limit)`: the first `limit` bytes of the content (all of it when it is shorter)."""
    chunks: Callable[[], Iterator[bytes]]


class MemberStream(Iterable[Member]):
    """The members in order, and what the reader had to leave out.

    `refused` holds the first names (at most `KEPT_NAMES`) that climb out of the root, or links to such names, as they
    were written; `refused_count` says how many there were. `unreadable` holds paths whose content may not be read
    (only a root file system folder has such). All are complete once the iterator is exhausted.

    `ignores`, when set before the iteration begins, is asked of plain regular files by the name field of their header
    and their mode. Those it ignores never become a Member and are counted in `ignored` and `ignored_size` (bytes): most
    of a layer's files, and making a Member takes longer than all else that is done about such a file.
    """

    KEPT_NAMES = 20

    def __init__(self, members: Iterator[Member] | None = None) -> None:
        self._members: Iterator[Member] = members or iter(())
        self.refused: list[str] = []
        self.refused_count = 0
        self.unreadable: list[str] = []
        self.ignores: Callable[[bytes, int], bool] | None = None
        self.ignored = 0
        self.ignored_size = 0

    def feed(self, members: Iterator[Member]) -> "MemberStream":
        """Take the members from `members`, which may call `refuse`; return self."""
        self._members = members
        return self

    def refuse(self, name: str) -> None:
        """Note a member whose name leads out of the root."""
        self.refused_count += 1
        if len(self.refused) < self.KEPT_NAMES:
            self.refused.append(name)

    def __iter__(self) -> Iterator[Member]:
        return self._members


def first_bytes(chunks: Callable[[], Iterator[bytes]], limit: int) -> bytes:
    """Return the first `limit` bytes of what `chunks` yields."""
    content = bytearray()
    for piece in chunks():
        content += piece[: limit - len(content)]
        if len(content) >= limit:
            break
    return bytes(content)
