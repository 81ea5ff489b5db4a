from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.errors import InputError
from landwaiter.platform.store.times import parse_time


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T13:00:00+01:00", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T12:00:00", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T12:00:00.123Z", datetime(2026, 1, 31, 12, microsecond=123000, tzinfo=UTC)),
        ("", None),
    ],
)
def test_times_are_read_into_utc(text: str, expected: datetime | None) -> None:
    assert parse_time(text) == expected


@settings(max_examples=200)
@given(st.text(min_size=1, max_size=40))
def test_whatever_is_no_time_is_refused(text: str) -> None:
    try:
        time = parse_time(text)
    except InputError:
        return
    assert time is not None
    assert time.tzinfo is UTC


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00"])
def test_times_beyond_the_calendar_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_time(text)
