"""How much one layer may bring, whatever its maker intends; beyond it a note says what was left out."""

from typing import Generic, TypeVar

from landwaiter.inventory.models import Note

MAX_MEMBERS = 3_000_000
MAX_EVIDENCE = 100_000
MAX_PACKAGES = 300_000
MAX_OWNED = 300_000
MAX_OWNED_WHOLE = 1_000_000
"""Owned files that are held until the end of the layer; real images have some hundred thousand."""
MAX_LINKS = 50_000
MAX_WHITEOUTS = 200_000
MAX_PROGRAMS = 50_000
MAX_FILE_FACTS = 1_000
MAX_SECRETS = 500
MAX_NOTES = 200
MAX_GATHERED = 320 << 20
"""Bytes of files that are kept until the end of the layer."""
MAX_SECRET_BYTES = 32 << 20
"""Bytes of files that are looked through for secrets."""

T = TypeVar("T")


class Bounded(Generic[T]):
    """A list that takes at most `limit` items and counts those it refused."""

    __slots__ = ("items", "limit", "refused", "what")

    def __init__(self, limit: int, what: str) -> None:
        self.limit, self.what = limit, what
        self.items: list[T] = []
        self.refused = 0

    def add(self, item: T) -> None:
        """Take `item`, unless the list is full."""
        if len(self.items) < self.limit:
            self.items.append(item)
        else:
            self.refused += 1

    def note(self) -> Note | None:
        """Return the note that says what was refused, None when nothing was."""
        if not self.refused:
            return None
        return Note(
            "too-many",
            f"The layer has {self.limit + self.refused:,} {self.what}; {self.refused:,} of them were left out.",
        )
