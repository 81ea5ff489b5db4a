import pytest

from landwaiter.advisories.severity_words import severity_of_summary, severity_of_word


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("Important", "high"),
        ("MODERATE", "medium"),
        ("low**", "low"),
        ("unimportant", "negligible"),
        ("not yet assigned", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_words(word: object, severity: str) -> None:
    assert severity_of_word(word) == severity


@pytest.mark.parametrize(
    ("summary", "severity"),
    [
        ("Important: openssl security update", "high"),
        ("Red Hat Security Advisory: Critical: x", ""),
        ("critical bug fix", ""),
        ("low: tide", "low"),
        ("", ""),
    ],
)
def test_titles(summary: str, severity: str) -> None:
    assert severity_of_summary(summary) == severity
