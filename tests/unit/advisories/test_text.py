from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.advisories.text import (
    embedded_cve,
    is_cve,
    is_identifier,
    is_name,
    names_of,
    one_line,
    summary_of,
    timestamp,
)


@pytest.mark.parametrize("text", ["CVE-2024-1234", "CVE-1999-0001", "CVE-2021-1234567"])
def test_cve(text: str) -> None:
    assert is_cve(text)
    assert is_identifier(text)


@pytest.mark.parametrize(
    "text", ["CVE-2024-123", "cve-2024-1234", "CVE-3024-1234", "CVE-2024-1234\n", "XCVE-2024-1234", ""]
)
def test_no_cve(text: str) -> None:
    assert not is_cve(text)


@pytest.mark.parametrize(
    ("identifier", "cve"),
    [
        ("UBUNTU-CVE-2024-1234", "CVE-2024-1234"),
        ("DEBIAN-CVE-2024-1234", "CVE-2024-1234"),
        ("EEF-CVE-2025-0001", "CVE-2025-0001"),
        ("BIT-activemq-2020-11998", ""),
        ("CVE-2024-1234", ""),
    ],
)
def test_embedded_cve(identifier: str, cve: str) -> None:
    assert embedded_cve(identifier) == cve


@pytest.mark.parametrize("text", ["", "a\nb", "x" * 600, "a\x1b[31m", "\u202egnp.exe"])
def test_names_are_clean(text: str) -> None:
    assert not is_name(text)


@given(st.lists(st.text(max_size=8) | st.just("x" * 600), max_size=5))
@settings(max_examples=100)
def test_names_of_many(texts: list[str]) -> None:
    assert names_of(texts) == tuple(text for text in texts if is_name(text))


@given(st.text(max_size=2000))
@settings(max_examples=100)
def test_one_line_is_short_and_printable(text: str) -> None:
    line = one_line(text)
    assert len(line) <= 240
    assert not any(ord(char) < 32 or ord(char) == 127 for char in line)


def test_summary_is_taken_from_the_details() -> None:
    assert summary_of(None, "## Impact\n\nA flaw\nallows much.\n\nMore.") == "A flaw allows much."
    assert summary_of(" Short. ", "Long") == "Short."
    assert summary_of(None, None) == ""


def test_timestamps() -> None:
    zone = timezone(timedelta(hours=2))
    assert timestamp(datetime(2024, 1, 1, 1, 0, 0, 999, zone)) == "2023-12-31T23:00:00Z"
    assert timestamp(datetime(2024, 1, 1)) == "2024-01-01T00:00:00Z"  # noqa: DTZ001 - some feeds leave the zone out
    assert timestamp(datetime(1, 1, 1, tzinfo=UTC)) == ""
    assert timestamp(None) == ""
