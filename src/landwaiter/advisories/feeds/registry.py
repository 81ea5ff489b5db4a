"""The feeds that exist, in the order in which they are read."""

from landwaiter.advisories.feeds import (
    alpine_secdb,
    amazon,
    apk_secdb,
    arch,
    debian_tracker,
    endoflife,
    epss,
    kev,
    lifecycle,
    oracle,
    osv,
    photon,
    redhat_vex,
)
from landwaiter.advisories.feeds.reader import Feed

FEEDS: tuple[Feed, ...] = (
    Feed("osv", osv.read),
    Feed("osv-derived", osv.read_derived),
    Feed("osv-optional", osv.read_optional, bundled=False),
    Feed(alpine_secdb.NAME, alpine_secdb.read),
    Feed("wolfi-secdb", apk_secdb.read_wolfi, bundled=False),
    Feed("chainguard-secdb", apk_secdb.read_chainguard, bundled=False),
    Feed(debian_tracker.NAME, debian_tracker.read),
    Feed(redhat_vex.NAME, redhat_vex.read),
    Feed(amazon.NAME, amazon.read),
    Feed(oracle.NAME, oracle.read),
    Feed(photon.NAME, photon.read),
    Feed(arch.NAME, arch.read),
    Feed(kev.NAME, kev.read),
    Feed(epss.NAME, epss.read),
    Feed(lifecycle.NAME, lifecycle.read),
    Feed(endoflife.NAME, endoflife.read),
)
