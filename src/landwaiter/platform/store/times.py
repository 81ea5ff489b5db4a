"""Times as AWS and the scan job write them (RFC 3339)."""

from datetime import UTC, datetime

from landwaiter.errors import InputError


def parse_time(text: str) -> datetime | None:
    """Return the time, in UTC; None for "". A time without offset is UTC. Raises InputError."""
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InputError(f"{text[:64]!r} is no time.", "Times are written as 2026-01-31T12:00:00Z.") from None
