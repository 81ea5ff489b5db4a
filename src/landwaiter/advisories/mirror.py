"""What a mirror says of its own freshness.

A mirror that `landwaiter feeds update` fills carries a `feeds.json` (see `states`). Its data are as old as it says,
however lately they were fetched from it.
"""

import threading
from pathlib import Path

from landwaiter.advisories.download import Downloader, is_url
from landwaiter.advisories.feeds.archives import UnreadableError
from landwaiter.advisories.states import FILE, FeedState, parse_states
from landwaiter.advisories.text import timestamp_of
from landwaiter.errors import LandwaiterError


class Mirror:
    """A mirror of all feeds, by its address; "" for none. Used by several threads; it is asked once, on first use."""

    def __init__(self, address: str, downloader: Downloader) -> None:
        self._address = address.rstrip("/")
        self._downloader = downloader
        self._lock = threading.Lock()
        self._states: dict[str, FeedState] | None = None

    def confirmed(self, feed: str, address: str, now: str) -> str:
        """Return when the mirror last confirmed a feed that was just fetched from `address`: `now` where it is silent.

        Times are RFC 3339 UTC; one in the future counts as now.
        """
        if not self._address or not address.startswith(f"{self._address}/"):
            return now
        with self._lock:
            if self._states is None:
                self._states = self._read()
        state = self._states.get(feed)
        return min(timestamp_of(state.checked) or now, now) if state else now

    def _read(self) -> dict[str, FeedState]:
        where = f"{self._address}/{FILE}"
        try:
            content = self._downloader.read(where) if is_url(where) else Path(where).read_bytes()
            return parse_states(content, where)
        except (LandwaiterError, UnreadableError, OSError):
            return {}
