import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.sandbox.blob_store import asked_range


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("", (0, 10)),
        ("bytes=0-4", (0, 5)),
        ("bytes=5-", (5, 10)),
        ("bytes=5-99", (5, 10)),
        ("bytes=-3", (0, 10)),
        ("bytes=1-2,4-5", (0, 10)),
        ("lines=1-2", (0, 10)),
    ],
)
def test_ranges_of_ten_bytes(text: str, answer: tuple[int, int]) -> None:
    assert asked_range(text, 10) == answer


@settings(max_examples=200)
@given(st.text(st.sampled_from("bytes=0123456789-,"), max_size=20), st.integers(0, 1000))
def test_a_range_never_leaves_the_blob(text: str, size: int) -> None:
    start, end = asked_range(text, size)
    assert end <= size
    assert start >= 0
