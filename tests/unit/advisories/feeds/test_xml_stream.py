"""Hostile XML: what is asked for is given, and no more of the document is held than that."""

import io
import tracemalloc

import pytest
from defusedxml.common import DefusedXmlException

from landwaiter.advisories.feeds import xml_stream
from landwaiter.advisories.feeds.archives import UnreadableError
from landwaiter.advisories.feeds.xml_stream import elements


def texts(document: bytes, name: str = "x") -> list[str]:
    return [found.findtext("y") or "" for found in elements(io.BytesIO(document), name)]


def test_elements_with_and_without_namespace() -> None:
    assert texts(b"<r><x><y>1</y></x><z><x><y>2</y></x></z></r>") == ["1", "2"]
    assert [e.tag for e in elements(io.BytesIO(b'<r xmlns="urn:n"><x/></r>'), "x")] == ["{urn:n}x"]


@pytest.mark.parametrize("filler", [b"<junk a='b'/>", b"<junk><more/>text</junk>", b"<x><y>1</y></x>", b"text "])
def test_a_long_document_is_not_held(filler: bytes) -> None:
    document = b"<r>" + filler * 150_000 + b"</r>"
    tracemalloc.start()
    for _ in elements(io.BytesIO(document), "x"):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20


def test_depth_is_bounded() -> None:
    with pytest.raises(UnreadableError, match="nested too deeply"):
        texts(b"<a>" * 10_000)


def test_one_element_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_stream, "_ELEMENT_LIMIT", 1 << 20)
    assert len(texts(b"<r>" + b"<x><y>1</y></x>" * 200_000 + b"</r>")) == 200_000
    with pytest.raises(UnreadableError, match="one of its elements"):
        texts(b"<r><x>" + b"<y>1</y>" * 200_000 + b"</x></r>")


def test_the_whole_is_bounded() -> None:
    with pytest.raises(UnreadableError, match="too large"):
        list(elements(io.BytesIO(b"<r>" + b"<x/>" * 99_999), "x", 1000))


@pytest.mark.parametrize("declared", ['<!ENTITY a "b">', '<!ENTITY a SYSTEM "file:///etc/passwd">', "<!ELEMENT r ANY>"])
def test_no_declarations(declared: str) -> None:
    with pytest.raises(DefusedXmlException):
        texts(f"<!DOCTYPE r [{declared}]><r><x><y>1</y></x></r>".encode())
