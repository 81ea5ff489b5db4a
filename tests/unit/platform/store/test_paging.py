from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.errors import InputError
from landwaiter.platform.store.paging import cursor_of, position_of


@settings(max_examples=100)
@given(
    st.integers(-(2**63), 2**63 - 1),
    st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), max_size=50),
    st.datetimes(timezones=st.just(UTC)),
)
def test_a_cursor_leads_back_to_its_position(number: int, text: str, time: datetime) -> None:
    assert position_of(cursor_of(number, text, time), tuple[int, str, datetime]) == (number, text, time)


@settings(max_examples=200)
@given(st.text(max_size=60))
def test_another_text_is_no_cursor(text: str) -> None:
    with pytest.raises(InputError, match="cursor"):
        position_of(text, tuple[int, str])


def test_a_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(InputError):
        position_of(cursor_of("CVE-1"), tuple[int, str])


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**30])
def test_a_number_that_no_column_holds_is_refused(number: int) -> None:
    with pytest.raises(InputError, match="cursor"):
        position_of(cursor_of(number), tuple[int])


def test_a_text_that_no_column_holds_is_refused() -> None:
    with pytest.raises(InputError, match="cursor"):
        position_of(cursor_of(1, "a\x00b"), tuple[int, str])
