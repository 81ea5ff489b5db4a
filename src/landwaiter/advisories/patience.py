"""How long an address that fails is asked again, and when it is left alone."""

import threading
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

from landwaiter.errors import UnreachableError


class Patience(msgspec.Struct, frozen=True):
    """How often one request is tried, and how long. Times are seconds.

    `first_wait` doubles with every further attempt; `longest_wait` is how long a server may ask us to stay away
    (`Retry-After`) before the feed counts as failed; `whole` bounds one file, pauses and attempts included.
    """

    attempts: int = 4
    first_wait: float = 1.0
    longest_wait: float = 300.0
    whole: float = 3600.0


class Deadline:
    """The time that is left for one file; `stop` ends it, and every pause, at once."""

    def __init__(self, patience: Patience, stop: threading.Event) -> None:
        self._patience, self._stop = patience, stop
        self._ends = time.monotonic() + patience.whole

    def check(self, address: str) -> None:
        """Raise UnreachableError when the time is over, or when all is stopped."""
        if self._stop.is_set():
            raise UnreachableError(f"{address} was not fetched: stopped.")
        if time.monotonic() > self._ends:
            raise UnreachableError(
                f"{address} cannot be fetched: it takes longer than {self._patience.whole:g} seconds.",
                "What came is kept, and continued by the next update.",
            )

    def pause(self, address: str, attempt: int, asked: float = 0.0) -> None:
        """Wait before attempt number `attempt` (the first is 0 and waits for nothing), as long as `asked` at least.

        Raises UnreachableError when the server asks for more time than it may have.
        """
        if not attempt:
            return
        if asked > self._patience.longest_wait:
            raise UnreachableError(
                f"{address} cannot be fetched: it asks to be left alone for {asked:.0f} seconds.", "Update later."
            )
        self._stop.wait(max(min(self._patience.first_wait * 2 ** (attempt - 1), self._patience.longest_wait), asked))
        self.check(address)


def retry_after(text: str, now: datetime) -> float:
    """Return the seconds that a `Retry-After` asks for (RFC 9110, section 10.2.3: seconds or a date); 0 for none."""
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return max((moment - now).total_seconds(), 0.0)
