import pytest

from landwaiter.images.tarstream import Member, MemberKind
from landwaiter.inventory.analyser import HEAD, Analyser, Content, TooLargeError


def content(*pieces, limit=1 << 20):
    size = sum(map(len, pieces))
    return Content(Member("x", MemberKind.FILE, size, 0o755, 0, 0, "", lambda n: b"", lambda: iter(pieces)), limit)


def test_the_head_is_filled_from_small_pieces():
    pieces = [bytes([n]) * 100 for n in range(60)]
    read = content(*pieces)
    assert len(read.head) >= HEAD
    assert b"".join(read.chunks()) == b"".join(pieces)


def test_whole():
    assert content(b"a" * 5000, b"b" * 5000).whole() == b"a" * 5000 + b"b" * 5000
    assert content().whole() == b""
    with pytest.raises(TooLargeError, match="10,000 bytes"):
        content(b"a" * 10000, limit=9999).whole()


def test_an_error_of_the_layer_is_remembered():
    def pieces():
        yield b"a" * HEAD
        raise OSError("the layer is cut short")

    read = Content(Member("x", MemberKind.FILE, 9999, 0o755, 0, 0, "", lambda n: b"", pieces), 10000)
    with pytest.raises(OSError, match="cut short"):
        read.whole()
    assert isinstance(read.failure, OSError)


def test_an_analyser_has_one_way_to_read():
    with pytest.raises(ValueError, match="one of"):
        Analyser("none")
    with pytest.raises(ValueError, match="one of"):
        Analyser("two", read=lambda path, content: None, stream=lambda content: None)
