from pathlib import Path

import pytest

from landwaiter.advisories.states import FeedState, only_one, read_states, write_states
from landwaiter.errors import InputError


def test_there_and_back(tmp_path: Path) -> None:
    states = {"kev": FeedState("2024-01-01T00:00:00Z", validators={"a": ("etag", "")}), "epss": FeedState(failed="x")}
    write_states(tmp_path, states)
    assert read_states(tmp_path) == states
    assert [path.name for path in tmp_path.iterdir()] == ["feeds.json"]


def test_none_there(tmp_path: Path) -> None:
    assert read_states(tmp_path) == {}


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"feeds": {"kev": 7}}', b"\xff"])
def test_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "feeds.json").write_bytes(content)
    with pytest.raises(InputError, match="cannot be read"):
        read_states(tmp_path)


def test_only_one_update_at_a_time(tmp_path: Path) -> None:
    with only_one(tmp_path / "feeds"):
        with pytest.raises(InputError, match="Another update"), only_one(tmp_path / "feeds"):
            pytest.fail("two updates at once")
    with only_one(tmp_path / "feeds"):
        pass


def test_states_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / ".feeds.json.new").mkdir()
    with pytest.raises(InputError, match=r"feeds\.json cannot be written"):
        write_states(tmp_path, {})
