from datetime import UTC, datetime, timedelta

import pytest

from landwaiter.advisories.freshness import age_hours, age_in_words, freshness
from landwaiter.advisories.models import FeedInfo

NOW = datetime(2024, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "hours"),
    [
        ("2024-05-31T12:00:00Z", 12.0),
        ("2024-05-31", 24.0),
        ("2024-06-02T00:00:00Z", 0.0),
        ("", None),
        ("soon", None),
    ],
)
def test_ages(moment: str, hours: float | None) -> None:
    assert age_hours(moment, NOW) == hours


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (None, "of unknown age"),
        (0.5, "less than an hour old"),
        (1.0, "1 hour old"),
        (47.9, "47 hours old"),
        (48.0, "2 days old"),
    ],
)
def test_words(hours: float | None, words: str) -> None:
    assert age_in_words(hours) == words


def test_feeds() -> None:
    old = (NOW - timedelta(days=4)).isoformat()
    feeds = (FeedInfo("a", NOW.isoformat()), FeedInfo("b", old, failed="no route"), FeedInfo("c", ""))
    found = freshness(feeds, NOW, max_age_hours=72)
    assert [(item.feed, item.stale) for item in found] == [("a", False), ("b", True), ("c", True)]
    assert found[1].words == "last fetch failed: no route; 4 days old"
