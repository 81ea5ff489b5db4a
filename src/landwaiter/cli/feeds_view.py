"""What `landwaiter feeds` shows: the state of every feed, what was left out, and progress while feeds are updated."""

import sys
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import click
import msgspec

from landwaiter.cli.tables import show_rows
from landwaiter.printable import printable

if TYPE_CHECKING:
    from landwaiter.advisories.download import Downloader
    from landwaiter.advisories.incremental import Progress
    from landwaiter.advisories.models import BundleInfo, FeedInfo
    from landwaiter.advisories.states import FeedState

_NAMED_AT_ONCE = 3


class FeedRow(msgspec.Struct, frozen=True):
    """One feed as `feeds status` shows it.

    `state` is "fresh", "stale" (older than the limit), "failed" (the last fetch did not succeed; the data of `fetched`
    are in use), "never fetched" or "unknown" (its age is not known). `age_hours` is null where it is not known.
    """

    feed: str
    records: int
    left_out: int
    fetched: str
    age: str
    age_hours: float | None
    state: str
    reason: str
    address: str


class Status(msgspec.Struct, frozen=True):
    """The whole of `feeds status --format json`."""

    bundle: "BundleInfo"
    max_age_hours: float
    feeds: tuple[FeedRow, ...]


def rows_of(
    feeds: Collection["FeedInfo"], states: Mapping[str, "FeedState"], now: datetime, max_age_hours: float
) -> tuple[FeedRow, ...]:
    """Return a row for each feed of the bundle, and for each that was tried and is not in it."""
    from landwaiter.advisories.freshness import age_hours, age_in_words
    from landwaiter.advisories.models import FeedInfo
    from landwaiter.advisories.states import FeedState

    there = {feed.name: feed for feed in feeds}
    rows = []
    for name in sorted(there.keys() | states.keys()):
        feed, tried = there.get(name, FeedInfo(name, "")), states.get(name, FeedState())
        hours = age_hours(feed.fetched, now)
        failed = tried.failed or ("" if tried.checked else feed.failed)
        if failed:
            state = "failed" if feed.fetched else "never fetched"
        elif hours is None:
            state = "unknown"
        else:
            state = "stale" if hours > max_age_hours else "fresh"
        age = age_in_words(hours) if feed.fetched else "-"
        rows.append(
            FeedRow(name, feed.records, feed.quarantined, feed.fetched, age, hours, state, failed, tried.address)
        )
    return tuple(rows)


def show_status(status: Status, form: str) -> None:
    """Print the feeds as a table with the failures below, or everything as JSON."""
    if form == "json":
        click.echo(msgspec.json.format(msgspec.json.encode(status)).decode())
        return
    click.echo(f"{told(status.bundle)}\n")
    show_rows(status.feeds, ("feed", "records", "left_out", "fetched", "age", "state"), "table")
    failed = [row for row in status.feeds if row.reason]
    if failed:
        click.echo()
    for row in failed:
        click.echo(f"{row.feed}: {printable(row.reason)}")


def told(info: "BundleInfo") -> str:
    """Return what a bundle says of itself in one line."""
    signer = f"signed by {info.signed_by}" if info.signed_by else "not signed"
    newest = f"newest of {info.newest}" if info.newest else "of unknown age"
    return printable(f"{info.advisories} advisories, {newest}, {signer}, {info.id[:19]}")


@contextmanager
def update_progress(total: int, downloader: "Downloader") -> Iterator["Progress | None"]:
    """Show a bar of feeds with what is being fetched and how much came; nothing when nobody looks."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn
    from rich.text import Text

    class Received(ProgressColumn):
        """How much came so far; it counts on between two files, as large ones take minutes."""

        def render(self, task: object) -> Text:  # noqa: ARG002 - the same for every task
            return Text(f"{downloader.received / 1e6:.0f} MB")

    doing = TextColumn("{task.description}", markup=False)
    columns = BarColumn(), MofNCompleteColumn(), Received(), doing, TimeElapsedColumn()
    running: dict[str, tuple[int, int]] = {}
    lock = threading.Lock()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task("feeds", total=total)

        def tell(feed: str, done: int, of: int) -> None:
            with lock:
                if done == of == 1:
                    bars.advance(bar, 1 if running.pop(feed, None) else 0)
                else:
                    running[feed] = done, of
                bars.update(bar, description=_doing(running))

        yield tell


def _doing(running: Mapping[str, tuple[int, int]]) -> str:
    parts = [f"{name} {done}/{of}" if of > 1 else name for name, (done, of) in sorted(running.items())]
    more = f" and {len(parts) - _NAMED_AT_ONCE} more" if len(parts) > _NAMED_AT_ONCE else ""
    return f"{', '.join(parts[:_NAMED_AT_ONCE])}{more}"
