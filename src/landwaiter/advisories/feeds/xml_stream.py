"""Reading large XML documents element by element, hardened: no DTD, no entities, bounded size (defusedxml)."""

from collections.abc import Iterator
from typing import BinaryIO, cast
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import iterparse

from landwaiter.advisories.feeds.archives import FILE_LIMIT, UnreadableError


class _Bounded:
    """A stream that ends in UnreadableError after `limit` bytes, so that no gzip bomb is read to its end."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self._stream, self._left = stream, limit

    def read(self, size: int = -1) -> bytes:
        content = self._stream.read(size)
        self._left -= len(content)
        if self._left < 0:
            raise UnreadableError("it is too large")
        return content


def elements(stream: object, name: str, limit: int = FILE_LIMIT) -> Iterator[Element]:
    """Yield every element of the local name `name` as it is complete, and free it afterwards.

    Raises ParseError, DefusedXmlException (a DTD or an entity) and UnreadableError (too large).
    """
    bounded = _Bounded(cast("BinaryIO", stream), limit)
    path: list[Element] = []
    for event, element in iterparse(bounded, events=("start", "end"), forbid_dtd=True):
        if event == "start":
            path.append(element)
            continue
        path.pop()
        if element.tag.rpartition("}")[2] == name:
            yield element
            element.clear()
            if path:
                path[-1].remove(element)
