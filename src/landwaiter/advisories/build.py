"""Compiling a folder of feeds into one bundle: read, resolve, write, seal, and only then put in place."""

from collections import Counter
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from landwaiter.advisories.bundle import info_of
from landwaiter.advisories.feeds.registry import FEEDS
from landwaiter.advisories.intake import Intake
from landwaiter.advisories.models import (
    Advisory,
    BundleInfo,
    Fact,
    FeedDate,
    FeedInfo,
    KnownExploited,
    Probability,
    ProductRepository,
    Quarantined,
    Release,
    SupportEnded,
    Tables,
)
from landwaiter.advisories.scratch import folder_beside
from landwaiter.advisories.sign import sign_bundle
from landwaiter.advisories.states import FeedState, read_states
from landwaiter.advisories.text import timestamp, timestamp_of
from landwaiter.advisories.writer import Writer
from landwaiter.errors import InputError

Progress = Callable[[str, int], None]
"""Told what is being done ("osv", "writing") and how many records are through."""

_TICK = 2000


def build_bundle(
    feeds_folder: Path,
    out: Path,
    *,
    built: datetime | None = None,
    key: Ed25519PrivateKey | None = None,
    opt_in: Collection[str] = (),
    progress: Progress | None = None,
) -> BundleInfo:
    """Compile the feeds below `feeds_folder` into the bundle `out`, signed when `key` is given.

    `built` is written into the bundle and bounds what `modified` is believed; without it the newest feed's time is
    written, so that the same feeds give the same bytes. `opt_in` names feeds that are read only when asked for. `out`
    is replaced at the end, atomically. Raises InputError: no such folder, disk full, `out` not writable.
    """
    if not feeds_folder.is_dir():
        raise InputError(f"There is no folder of feeds at {feeds_folder}.", "Run `landwaiter feeds update` first.")
    with folder_beside(out) as folder:
        database, latest = folder / "bundle", timestamp(built or datetime.now(UTC))
        facts = _Facts(Intake(folder / "intake", latest), read_states(feeds_folder), latest, progress)
        facts.read(feeds_folder, opt_in)
        facts.write(database, folder / "sorting", timestamp(built))
        if key is not None:
            sign_bundle(database, key)
        info = info_of(database)
        database.replace(out)
    return info


class _Facts:
    """Sorts what the readers yield to where it belongs."""

    def __init__(self, intake: Intake, states: dict[str, FeedState], latest: str, progress: Progress | None) -> None:
        self._intake, self._states, self._latest = intake, states, latest
        self._tell = progress or (lambda _what, _count: None)
        self._tables = Tables()
        self._dates: dict[str, str] = {}
        self._counts: Counter[str] = Counter()
        self._read = 0

    def read(self, folder: Path, opt_in: Collection[str]) -> None:
        """Read every feed that is bundled or asked for."""
        for feed in FEEDS:
            if feed.bundled or feed.name in opt_in:
                for fact in feed.read(folder):
                    self._take(fact, feed.name)
                    self._read += 1
                    if self._read % _TICK == 0:
                        self._tell(feed.name, self._read)

    def _take(self, fact: Fact, feed: str) -> None:
        tables = self._tables
        match fact:
            case Advisory():
                self._intake.add(fact)
                return
            case Quarantined():
                tables.quarantine.append(fact)
                return
            case FeedDate():
                self._dates[fact.feed] = fact.date
                return
            case KnownExploited():
                tables.exploited[fact.cve] = fact
            case Probability():
                tables.probabilities[fact.cve] = fact
            case Release():
                tables.releases.append(fact)
            case SupportEnded():
                tables.support.append(fact)
            case ProductRepository():
                tables.repositories.append(fact)
        self._counts[feed] += 1

    def write(self, database: Path, scratch: Path, built: str) -> None:
        """Write the bundle."""
        writer = Writer(database, scratch)
        named: set[str] = set()
        try:
            for compiled in self._intake.records():
                writer.add(compiled)
                named.update(compiled.record.vulnerabilities)
                if writer.records % _TICK == 0:
                    self._tell("writing", writer.records)
            tables = self._tables
            tables.probabilities = {cve: row for cve, row in tables.probabilities.items() if cve in named}
            tables.quarantine += self._intake.notes
            tables.feeds = self._feeds()
            tables.newest = max((feed.fetched for feed in tables.feeds), default="")
            tables.built = built or tables.newest
            writer.finish(tables)
        finally:
            writer.close()
            self._intake.close()

    def _feeds(self) -> list[FeedInfo]:
        """Return one row for each feed that said anything or whose fetch failed."""
        refused = Counter(item.feed for item in self._tables.quarantine if not item.kept)
        records = self._counts + self._intake.compiled
        skipped = self._intake.skipped
        names = {*records, *refused, *skipped, *self._dates, *self._states}
        return [
            FeedInfo(name, self._fetched(name), records[name], refused[name], skipped[name], self._failed(name))
            for name in sorted(names)
        ]

    def _fetched(self, name: str) -> str:
        state = self._states.get(name)
        stated = max(self._dates.get(name, ""), self._intake.newest.get(name, ""))
        return (state.checked if state else "") or _plausible(stated, self._latest)

    def _failed(self, name: str) -> str:
        state = self._states.get(name)
        return state.failed if state else ""


def _plausible(date: str, latest: str) -> str:
    """Return a feed's own date in our form, "" when it is none or lies in the future."""
    moment = timestamp_of(date)
    return moment if moment <= latest else ""
