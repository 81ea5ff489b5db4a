import threading
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.advisories.patience import Deadline, Patience, retry_after
from landwaiter.errors import UnreachableError

NOW = datetime(2024, 4, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("", 0),
        ("soon", 0),
        ("-5", 0),
        ("Mon, 01 Apr 2024 12:00:30 GMT", 30),
        ("Mon, 01 Apr 2024 11:00:00 GMT", 0),
        ("9" * 400, 999999999),
        ("Mon, 99 Apr 2024 12:00:30 GMT", 0),
    ],
)
def test_retry_after(text: str, seconds: float) -> None:
    assert retry_after(text, NOW) == seconds


@settings(max_examples=200)
@given(
    st.text(max_size=60) | st.from_regex(r"[A-Z][a-z]{2}, \d{1,3} [A-Z][a-z]{2} \d{1,6} \d\d:\d\d:\d\d [+-]?\w{1,6}")
)
def test_any_text_is_a_number_of_seconds(text: str) -> None:
    assert 0 <= retry_after(text, NOW) < float("inf")


def test_the_first_attempt_waits_for_nothing() -> None:
    started = time.monotonic()
    Deadline(Patience(first_wait=60), threading.Event()).pause("x", 0)
    assert time.monotonic() - started < 1


def test_pauses_grow() -> None:
    deadline = Deadline(Patience(first_wait=0.05), threading.Event())
    started = time.monotonic()
    deadline.pause("x", 1)
    between = time.monotonic()
    deadline.pause("x", 3)
    assert between - started >= 0.05
    assert time.monotonic() - between >= 0.2


def test_the_time_is_over() -> None:
    deadline = Deadline(Patience(whole=0), threading.Event())
    time.sleep(0.001)
    with pytest.raises(UnreachableError, match="longer than 0 seconds"):
        deadline.check("x")
