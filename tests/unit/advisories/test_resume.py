import os
from pathlib import Path
from typing import Any

import pytest

from landwaiter.advisories.resume import Half, remove_old_halves, validators_of
from landwaiter.images.transport import BusyError


class Stated:
    """What is looked at of an answer: its status and headers."""

    def __init__(self, status: int, **headers: str) -> None:
        self.status = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture
def half(tmp_path: Path) -> Half:
    return Half(tmp_path / "half")


def begun(half: Half, etag: str, content: bytes = b"12345") -> None:
    half.begin(Stated(200, etag=etag, content_length="10"))  # type: ignore[arg-type] # an answer's head is enough
    half.path.write_bytes(content)


def test_the_rest_is_asked_for(half: Half) -> None:
    begun(half, '"a"')
    assert half.conditions(("x", "y")) == {"Range": "bytes=5-", "If-Range": '"a"'}


@pytest.mark.parametrize("etag", ["", 'W/"weak"', "bad\x7f", '"ünsent"'])
def test_without_a_strong_validator_all_is_asked_for(half: Half, etag: str) -> None:
    begun(half, etag)
    assert half.conditions(('"k"', "")) == {"If-None-Match": '"k"'}


def test_a_part_that_continues(half: Half) -> None:
    begun(half, '"a"')
    part: Any = Stated(206, etag='"a"', content_range="bytes 5-9/10")
    assert half.begin(part) == 10
    assert half.path.read_bytes() == b"12345"


@pytest.mark.parametrize(
    ("etag", "content_range"),
    [
        ('"b"', "bytes 5-9/10"),
        ('"a"', "bytes 4-9/10"),
        ('"a"', "bytes 5-9/*"),
        ('"a"', ""),
        ('"a"', "bytes 5-9/" + "9" * 99),
    ],
)
def test_a_part_of_something_else(half: Half, etag: str, content_range: str) -> None:
    begun(half, '"a"')
    part: Any = Stated(206, etag=etag, content_range=content_range)
    with pytest.raises(BusyError):
        half.begin(part)
    assert not half.path.exists()
    assert half.conditions(("", "")) == {}


def test_validators_that_cannot_be_sent_back_count_as_none() -> None:
    answer: Any = Stated(200, etag='"ü"', last_modified="x" * 600)
    assert validators_of(answer) == ("", "")


def test_old_halves_go(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).write_bytes(b"x")
    os.utime(tmp_path / "old", (1, 1))
    remove_old_halves(tmp_path)
    remove_old_halves(tmp_path / "absent")
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
