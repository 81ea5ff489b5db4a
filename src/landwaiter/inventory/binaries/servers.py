"""Find the version of an interpreter, server or library in its own bytes, in a stream."""

import re
from collections.abc import Iterable

from landwaiter.inventory.binaries.regions import Region
from landwaiter.inventory.binaries.signatures import ALONE, Signature, signatures_of
from landwaiter.inventory.models import PackageFact

OVERLAP = 512
"""The longest text that a pattern matches, in bytes."""
MAX_TEXTS = 4096
"""Versions that stand alone, and build identifiers, that are remembered of one file."""


class ServerProbe:
    """Takes the pieces of the file called `name` in order; knows afterwards which product and version it is."""

    def __init__(self, name: str) -> None:
        self._searches = [_Search(signature) for signature in signatures_of(name)]
        self._region = Region(0, 1 << 62, OVERLAP)
        self.done = not self._searches

    def feed(self, offset: int, piece: bytes) -> None:
        """Take the piece that begins at `offset`."""
        cut = self._region.cut(offset, piece)
        for search in self._searches if cut else ():
            search.look(cut[1] if cut else b"")
        self.done = any(search.certain for search in self._searches)

    def result(self) -> tuple[PackageFact, ...]:
        """Return the products that the file is."""
        found = ((search.signature.product, search.version()) for search in self._searches)
        return tuple(PackageFact("generic", product, version) for product, version in found if version)


class _Search:
    """The search for one signature."""

    def __init__(self, signature: Signature) -> None:
        self.signature = signature
        self._patterns = [re.compile(pattern) for pattern in signature.patterns]
        self._found: list[bytes] = [b""] * len(self._patterns)
        self._build_id = re.compile(signature.build_id) if signature.build_id else None
        self._alone: set[bytes] = set()
        self._build_ids: set[bytes] = set()

    @property
    def certain(self) -> bool:
        """The clearest pattern has matched: nothing that follows can change the result."""
        return bool(self._found and self._found[0])

    def look(self, data: bytes) -> None:
        for index, pattern in enumerate(self._patterns):
            match = None if self._found[index] else pattern.search(data)
            if match and match.end() < len(data):
                # A match up to the very end may go on in the next piece, which begins with it again.
                self._found[index] = match[1]
        if self._build_id:
            _remember(self._alone, re.finditer(ALONE, data))
            _remember(self._build_ids, self._build_id.finditer(data))

    def version(self) -> str:
        """Return the version, "" when none was found."""
        for found in self._found:
            if found:
                return found.decode()
        candidates = [text for text in self._alone if any(build.startswith(text) for build in self._build_ids)]
        return max(candidates, key=len, default=b"").decode()


def _remember(texts: set[bytes], matches: Iterable[re.Match[bytes]]) -> None:
    for match in matches:
        if len(texts) >= MAX_TEXTS:
            return
        texts.add(match[1])
