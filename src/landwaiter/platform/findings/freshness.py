"""How old the advisory data in use is, judged as the policy judges it: by its newest record or its build."""

from datetime import datetime, timedelta

import msgspec

from landwaiter.errors import InputError
from landwaiter.matching.models import BundleInfo
from landwaiter.platform.store.times import parse_time

_CLOCK_SKEW = timedelta(hours=24)
_HOUR, _DAY = 3600, 86_400


class DataAge(msgspec.Struct, frozen=True):
    """The age of a bundle: `state` is "fresh", "stale" (older than the policy allows) or "unknown".

    `age_seconds` is None where the bundle does not say how old it is, or says that it is from the future.
    """

    newest: str
    built: str
    age_seconds: int | None
    state: str

    @property
    def words(self) -> str:
        """The age as a person says it: "5 hours old", "3 days old"."""
        if self.age_seconds is None:
            return "of unknown age"
        if self.age_seconds < _HOUR:
            return "less than an hour old"
        days = self.age_seconds >= 2 * _DAY
        count = self.age_seconds // (_DAY if days else _HOUR)
        return f"{count} {'day' if days else 'hour'}{'s' if count != 1 else ''} old"


def data_age(bundle: BundleInfo | None, max_age_hours: int, now: datetime) -> DataAge | None:
    """Return the age of a bundle at `now`, None where there is no bundle."""
    if bundle is None:
        return None
    times = [time for text in (bundle.newest, bundle.built) if (time := _time(text)) is not None]
    age = now - min(times) if times else None
    if age is None or age < -_CLOCK_SKEW:
        return DataAge(bundle.newest, bundle.built, None, "unknown")
    state = "fresh" if age <= timedelta(hours=max_age_hours) else "stale"
    return DataAge(bundle.newest, bundle.built, max(0, int(age.total_seconds())), state)


def is_stale(bundle: BundleInfo | None, max_age_hours: int, now: datetime) -> bool:
    """Tell whether verdicts that rest on this bundle are given in want of fresh data."""
    age = data_age(bundle, max_age_hours, now)
    return age is not None and age.state != "fresh"


def _time(text: str) -> datetime | None:
    try:
        return parse_time(text)
    except InputError:
        return None
