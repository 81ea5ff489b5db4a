"""Reading large XML documents element by element, hardened: no DTD, no entities, bounded size and depth."""

from collections.abc import Iterator
from typing import BinaryIO, cast
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import iterparse

from landwaiter.advisories.feeds.archives import FILE_LIMIT, UnreadableError

_DEEPEST = 64
_ELEMENT_LIMIT = 256 << 20


class _Bounded:
    """A stream that ends in UnreadableError after `limit` bytes, so that no gzip bomb is read to its end.

    Between two calls of `freed` it gives 256 MB at most: so much of the document may be held in memory.
    """

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self._stream, self._left, self._held = stream, limit, 0

    def read(self, size: int = -1) -> bytes:
        content = self._stream.read(size)
        self._left -= len(content)
        self._held += len(content)
        if self._left < 0:
            raise UnreadableError("it is too large")
        if self._held > _ELEMENT_LIMIT:
            raise UnreadableError("one of its elements is too large")
        return content

    def freed(self) -> None:
        """Take note that nothing is held any longer of what was read so far."""
        self._held = 0


def elements(stream: object, name: str, limit: int = FILE_LIMIT) -> Iterator[Element]:
    """Yield every element of the local name `name` as it is complete; all that is around it is forgotten at once.

    Raises ParseError, DefusedXmlException (a DTD or an entity) and UnreadableError (too large, nested too deeply).
    """
    bounded = _Bounded(cast("BinaryIO", stream), limit)
    path: list[Element] = []
    inside = 0
    for event, element in iterparse(bounded, events=("start", "end"), forbid_dtd=True):
        wanted = element.tag.rpartition("}")[2] == name
        if event == "start":
            if len(path) >= _DEEPEST:
                raise UnreadableError("its elements are nested too deeply")
            path.append(element)
            inside += wanted
            continue
        path.pop()
        inside -= wanted
        if wanted:
            yield element
        if not inside:
            element.clear()
            if path:
                path[-1].remove(element)
            bounded.freed()
