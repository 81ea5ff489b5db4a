"""Updating a folder of feeds: every source on its own, so that one that fails leaves its last good data in place.

What is known of each feed stands in `feeds.json`: when it was last confirmed, and why it failed if it did.
"""

import re
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from landwaiter.advisories.amazon_repositories import update_amazon, update_amazon_1
from landwaiter.advisories.download import Check, Downloader, is_url
from landwaiter.advisories.feeds.archives import (
    UnreadableError,
    check_compressed,
    check_gzip,
    check_json,
    check_text,
    check_zip,
)
from landwaiter.advisories.feeds.redhat_vex import CHANGES
from landwaiter.advisories.incremental import OsvFeed, Progress
from landwaiter.advisories.mirror import Mirror
from landwaiter.advisories.redhat_changes import update_redhat
from landwaiter.advisories.sources import SOURCES, Address, RemoteFile, Source, address_of
from landwaiter.advisories.states import FeedState, only_one, read_states, write_states
from landwaiter.advisories.text import one_line, timestamp
from landwaiter.errors import InputError, LandwaiterError

_AT_ONCE = 4
_LONGEST_REASON = 500
_RELEASE = re.compile(r"(?<![\w.-])(v3\.\d{1,3}|edge)(?=/)")
_REPOSITORIES = ("main", "community")
_HREF = re.compile(r'href="([\w.-]+)"')
_SUFFIXES: dict[str, Check] = {
    ".bz2": check_compressed,
    ".csv": check_text,
    ".gz": check_gzip,
    ".json": check_json,
    ".zip": check_zip,
    ".zst": check_compressed,
}
_INDEXED = {"amazon": update_amazon, "amazon-1": update_amazon_1, "redhat": update_redhat}


def update_feeds(
    folder: Path,
    *,
    only: Collection[str] = (),
    opt_in: Collection[str] = (),
    mirror: str = "",
    addresses: dict[str, str] | None = None,
    root_ca_pem: str = "",
    progress: Progress | None = None,
    downloader: Downloader | None = None,
) -> dict[str, FeedState]:
    """Bring the feeds in `folder` up to date and return the state of every feed that was tried.

    `only` names feeds ("osv/PyPI"), or all of a kind ("osv"); without it every feed is fetched that is not optional, or
    is named in `opt_in`.
    `mirror` is the address or folder of a mirror of all, `addresses` replace those of single feeds. A feed that fails
    does not raise: its state says so. Raises InputError for a name that is no feed, a folder that cannot be
    written, or in which another update is at work.
    """
    sources = [(source, address_of(source, mirror, addresses or {})) for source in chosen(only, opt_in)]
    with only_one(folder):
        used = downloader or Downloader(folder, root_ca_pem=root_ca_pem)
        try:
            return _update_all(folder, sources, used, Mirror(mirror, used), progress)
        finally:
            if downloader is None:
                used.close()


def _update_all(
    folder: Path,
    sources: list[tuple[Source, Address]],
    downloader: Downloader,
    mirror: Mirror,
    progress: Progress | None,
) -> dict[str, FeedState]:
    """Update all, a few at once; an interruption ends the downloads that run, and what came of them is kept."""
    states, tried = read_states(folder), dict[str, FeedState]()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        jobs = {}
        for source, address in sources:
            place = _Place(source, folder, address, downloader, mirror, progress=progress or _silent)
            jobs[pool.submit(place.update, states.get(source.name, FeedState()))] = source.name
        try:
            for job in as_completed(jobs):
                states[jobs[job]] = tried[jobs[job]] = job.result()
                write_states(folder, states)
        except BaseException:
            downloader.stop()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return dict(sorted(tried.items()))


def _silent(_feed: str, _done: int, _total: int) -> None:
    """Take no notice of progress."""


def chosen(only: Collection[str], opt_in: Collection[str]) -> tuple[Source, ...]:
    """Return the sources that are fetched. Raises InputError for a name that is no feed."""
    if not only:
        return tuple(source for source in SOURCES if not source.optional or source.name in opt_in)
    found = tuple(
        source
        for source in SOURCES
        if source.name in only
        or (source.name.partition("/")[0] in only and (not source.optional or source.name in opt_in))
    )
    names = {source.name for source in found} | {source.name.partition("/")[0] for source in found}
    for name in only:
        if name not in names:
            raise InputError(f"{name!r} is no feed.", f"Feeds are {', '.join(_families())}, or osv/<Ecosystem>.")
    return found


def _families() -> Iterable[str]:
    return dict.fromkeys(source.name.partition("/")[0] for source in SOURCES)


class _Place:
    """One source, where it is fetched from, and where to."""

    def __init__(
        self,
        source: Source,
        folder: Path,
        address: Address,
        downloader: Downloader,
        mirror: Mirror,
        *,
        progress: Progress,
    ) -> None:
        self._source, self._folder = source, folder / source.folder
        self._address, self._mirrored = address.text, address.mirrored
        self._downloader, self._mirror, self._progress = downloader, mirror, progress

    def update(self, state: FeedState) -> FeedState:
        """Fetch the source; what goes wrong is written into the state that is returned."""
        now = timestamp(datetime.now(UTC))
        self._progress(self._source.name, 0, 1)
        if state.address != self._address:
            # What another address said of its content says nothing of this one's.
            state = FeedState(checked=state.checked)
        state = msgspec.structs.replace(state, tried=now, address=self._address)
        try:
            state = self._update(state)
        except (LandwaiterError, UnreadableError, OSError) as error:
            why = error.what if isinstance(error, LandwaiterError) else str(error)
            return msgspec.structs.replace(state, failed=one_line(why, longest=_LONGEST_REASON))
        finally:
            self._progress(self._source.name, 1, 1)
        checked = self._mirror.confirmed(self._source.name, self._address, now)
        return msgspec.structs.replace(state, checked=checked, failed="")

    def _update(self, state: FeedState) -> FeedState:
        if self._source.kind == "osv":
            osv = OsvFeed(self._source.name, self._address, self._folder, self._downloader, self._progress)
            return osv.update(state)
        special = _INDEXED.get(self._source.kind)
        if special is not None and not self._mirrored:
            return special(self._address, self._folder, state, self._downloader)
        files = self._listed()
        if not any(item.path == CHANGES for item in files):
            # What changed since an older archive would overrule the archive that the mirror has now.
            (self._folder / CHANGES).unlink(missing_ok=True)
        validators = dict(state.validators)
        for number, item in enumerate(files, 1):
            remote = item.path if self._mirrored else item.remote or item.path
            check = _SUFFIXES[Path(item.path).suffix]
            known = validators.get(item.path, ("", ""))
            target = self._folder / item.path
            validators[item.path] = self._downloader.fetch(f"{self._address}/{remote}", target, known, check) or known
            self._progress(self._source.name, number, len(files))
        return msgspec.structs.replace(state, validators=validators)

    def _listed(self) -> tuple[RemoteFile, ...]:
        """Return the files to fetch: those known, or those that the address itself lists."""
        if self._source.kind == "releases":
            return self._releases()
        if self._source.kind in _INDEXED:
            return tuple(map(RemoteFile, self._names()))
        return self._source.files

    def _names(self) -> list[str]:
        """Return the names of the feed's files on a mirror: in its folder, or in its index page."""
        if is_url(self._address):
            found = set(_HREF.findall(self._downloader.read(f"{self._address}/").decode("utf-8", "replace")))
        else:
            found = {path.name for path in Path(self._address).glob("*")}
        names = sorted(name for name in found if Path(name).suffix in _SUFFIXES)
        if not names:
            raise UnreadableError(f"{self._address} lists no file")
        return names

    def _releases(self) -> tuple[RemoteFile, ...]:
        """Return the files of every release that the address lists: in its index page, or as folders."""
        if is_url(self._address):
            index = self._downloader.read(f"{self._address}/").decode("utf-8", "replace")
            releases = sorted(set(_RELEASE.findall(index)))
        else:
            releases = sorted(path.parent.name for path in Path(self._address).glob("*/main.json"))
        if not releases:
            raise UnreadableError(f"{self._address} lists no release")
        return tuple(RemoteFile(f"{release}/{name}.json") for release in releases for name in _REPOSITORIES)
