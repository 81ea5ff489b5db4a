"""The feeds that exist, in the order in which they are read."""

from landwaiter.advisories.feeds import alpine_secdb, debian_tracker, epss, kev, lifecycle, osv
from landwaiter.advisories.feeds.reader import Feed

FEEDS: tuple[Feed, ...] = (
    Feed("osv", osv.read),
    Feed("osv-derived", osv.read_derived),
    Feed(alpine_secdb.NAME, alpine_secdb.read),
    Feed(debian_tracker.NAME, debian_tracker.read),
    Feed(kev.NAME, kev.read),
    Feed(epss.NAME, epss.read),
    Feed(lifecycle.NAME, lifecycle.read),
)
