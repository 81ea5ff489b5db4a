import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.advisories.feeds.archives import UnreadableError
from landwaiter.advisories.incremental import lines_of, merge_into


@settings(max_examples=150)
@given(st.lists(st.text("ab,:- ", max_size=30), max_size=20), st.integers(1, 50))
def test_lines_do_not_depend_on_how_they_come(lines: list[str], size: int) -> None:
    content = "\n".join(lines).encode()
    chunks = (content[at : at + size] for at in range(0, len(content), size))
    assert [line for line in lines_of(chunks) if line] == [line.strip() for line in lines if line.strip()]


def test_a_line_without_end_is_refused() -> None:
    read = []
    with pytest.raises(UnreadableError, match="has no end"):
        read.extend(lines_of(iter([b"2024-01-01T00:00:00Z,GHSA-a\n"] + [b"x" * 300] * 9)))
    assert read == ["2024-01-01T00:00:00Z,GHSA-a"]


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert len(archive.namelist()) == len(set(archive.namelist()))
        return {name: archive.read(name) for name in archive.namelist()}


def test_what_is_fresh_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "changes.zip"
    merge_into(path, [("a.json", b"1"), ("b.json", b"1")])
    merge_into(path, [("b.json", b"2"), ("c.json", b"2"), ("b.json", b"3")])
    assert members(path) == {"a.json": b"1", "b.json": b"2", "c.json": b"2"}


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "changes.zip"
    merge_into(path, [("a.json", b"1")])

    def failing() -> object:
        yield "b.json", b"2"
        raise UnreadableError("not today")

    with pytest.raises(UnreadableError):
        merge_into(path, failing())  # type: ignore[arg-type] # what it yields is right
    assert members(path) == {"a.json": b"1"}


def test_one_that_is_broken_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "changes.zip"
    path.write_bytes(b"rubbish")
    merge_into(path, [("a.json", b"1")])
    assert members(path) == {"a.json": b"1"}
