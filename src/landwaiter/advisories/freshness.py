"""How old advisory data are, in numbers and in words."""

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from landwaiter.advisories.models import FeedInfo

_HOUR = 3600.0
_DAY = 24.0


class Freshness(msgspec.Struct, frozen=True):
    """One feed's age: `hours` since it was last confirmed, None where that is not known; `stale` beyond the limit.

    `words` says it as a person would ("3 hours old", "last fetch failed: …; 2 days old", "of unknown age").
    """

    feed: str
    fetched: str
    hours: float | None
    stale: bool
    failed: str
    words: str


def age_hours(moment: str, now: datetime) -> float | None:
    """Return the hours from `moment` (RFC 3339) to `now`; None for "" or what is no time; never less than 0."""
    try:
        then = datetime.fromisoformat(moment)
    except ValueError:
        return None
    then = then.replace(tzinfo=UTC) if then.tzinfo is None else then
    return max((now - then).total_seconds() / _HOUR, 0.0)


def age_in_words(hours: float | None) -> str:
    """Return an age as a person says it."""
    if hours is None:
        return "of unknown age"
    number, unit = (hours, "hour") if hours < 2 * _DAY else (hours / _DAY, "day")
    count = int(number)
    return "less than an hour old" if not count else f"{count} {unit}{'s' * (count != 1)} old"


def freshness(feeds: Iterable[FeedInfo], now: datetime, *, max_age_hours: float) -> tuple[Freshness, ...]:
    """Return every feed's age; a feed of unknown age is stale."""
    return tuple(_of(feed, now, max_age_hours) for feed in feeds)


def _of(feed: FeedInfo, now: datetime, max_age_hours: float) -> Freshness:
    hours = age_hours(feed.fetched, now)
    words = age_in_words(hours)
    said = f"last fetch failed: {feed.failed}; {words}" if feed.failed else words
    return Freshness(feed.name, feed.fetched, hours, hours is None or hours > max_age_hours, feed.failed, said)
