import struct

import pytest

from landwaiter.errors import InputError
from landwaiter.images.tarstream import Member, MemberKind
from landwaiter.inventory.analyser import Analyser
from landwaiter.inventory.models import Evidence, PackageFact
from landwaiter.inventory.reading import read_member


def member(content=b"x", path="usr/x", size=None):
    size = len(content) if size is None else size
    return Member(path, MemberKind.FILE, size, 0o644, 0, 0, "", lambda limit: content[:limit], lambda: iter([content]))


def analyser(result=None, error=None, **fields):
    def read(path, content):
        if error:
            raise error
        return result

    return Analyser("test", read=read, **fields)


def test_one_several_and_no_evidence():
    one = Evidence("usr/x", "test")
    assert read_member(analyser(one), member()) == (one,)
    assert read_member(analyser((one, one)), member()) == (one, one)
    assert read_member(analyser(None), member()) == ()


@pytest.mark.parametrize(
    "error",
    [InputError("It is broken."), ValueError("x"), struct.error("x"), KeyError("x"), RecursionError(), MemoryError()],
)
def test_what_an_analyser_raises_makes_its_file_unreadable(error):
    (evidence,) = read_member(analyser(error=error), member())
    assert evidence.unreadable
    assert evidence.packages == ()


def test_files_over_the_limit():
    (evidence,) = read_member(analyser(limit=10), member(b"x" * 11))
    assert evidence.notes[0].kind == "too-large"
    assert read_member(analyser(limit=10, quiet=True), member(b"x" * 11)) == ()


def test_a_stream_may_find_its_file_too_large():
    large = Analyser("test", stream=lambda content: Evidence("x", content.whole().decode()), limit=10)
    (evidence,) = read_member(large, member(b"x" * 11))
    assert evidence.notes[0].kind == "too-large"


def test_errors_of_the_layer_are_no_fault_of_the_file():
    def chunks():
        yield b"x" * 5000
        raise InputError("The layer is truncated.")

    broken = Member("x", MemberKind.FILE, 9999, 0o644, 0, 0, "", lambda limit: b"", chunks)
    streaming = Analyser("test", stream=lambda content: Evidence("x", str(len(content.whole()))))
    with pytest.raises(InputError, match="truncated"):
        read_member(streaming, broken)


def test_absurd_fields_are_left_out():
    packages = (
        PackageFact("npm", "good", "1"),
        PackageFact("npm", "x" * 5000, "1"),
        PackageFact("npm", "y", "1" * 5000),
    )
    (evidence,) = read_member(analyser(Evidence("usr/x", "test", packages)), member())
    assert [package.name for package in evidence.packages] == ["good"]
    assert evidence.notes
    licences = (PackageFact("npm", "a", "1", licenses=("l" * 90000,) * 900),)
    (evidence,) = read_member(analyser(Evidence("usr/x", "test", licences)), member())
    assert len(evidence.packages[0].licenses) == 50
    assert len(evidence.packages[0].licenses[0]) == 4096


def test_digests_are_kept_of_small_files_of_the_distribution():
    found = Evidence("x", "test", (PackageFact("npm", "a", "1"),))
    (evidence,) = read_member(analyser(found), member(b"abc"))
    assert evidence.digests == ("md5:900150983cd24fb0", "sha1:a9993e364706816a", "sha256:ba7816bf8f01cfea")
    assert read_member(analyser(found), member(b"abc", "app/x"))[0].digests == ()
    assert read_member(analyser(found), member(b"a" * 100_000))[0].digests == ()
