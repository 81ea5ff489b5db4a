"""OSV's incremental update: only the records that changed since the last time.

`<Ecosystem>/modified_id.csv` has rows `<time>,<id>`, newest first. What is newer than the last row seen is fetched one
by one and kept in `changes.zip` beside `all.zip`, which it overrules; when that has become many, all is fetched anew.
Rows in the future (there are some) are fetched every time and never become the point from which the next update goes.
"""

import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import msgspec

from landwaiter.advisories.download import AbsentError, Downloader, is_url
from landwaiter.advisories.feeds.archives import UnreadableError, check_json, check_zip, zip_members
from landwaiter.advisories.scratch import replacing
from landwaiter.advisories.states import FeedState
from landwaiter.advisories.text import is_identifier, timestamp, timestamp_of
from landwaiter.errors import UnreachableError

CHANGES = "changes.zip"
MANY = 1000
"""Records: from here on it is cheaper to fetch the whole archive."""
_LONGEST_LINE = 400

Progress = Callable[[str, int, int], None]
"""Told the feed, how many of its files are through, and how many there are."""


@dataclass(frozen=True)
class OsvFeed:
    """One ecosystem's feed: `name`, the `address` that has its files, the `folder` that takes them."""

    name: str
    address: str
    folder: Path
    downloader: Downloader
    progress: Progress

    def update(self, state: FeedState) -> FeedState:
        """Bring the folder (all.zip, changes.zip) up to date and return the new state.

        Raises UnreachableError and UnreadableError; what was there before then stays.
        """
        changed, newest = self._changed(state.newest_record)
        if changed is None or not (self.folder / "all.zip").exists() or self._too_many(changed):
            return self._whole(state, newest)
        try:
            if changed:
                self._add(list(dict.fromkeys(changed)))
        except (UnreachableError, UnreadableError):
            # A mirror may have the archives and the list, but not the single records.
            return self._whole(state, newest)
        return msgspec.structs.replace(state, newest_record=max(newest, state.newest_record))

    def _too_many(self, changed: list[str]) -> bool:
        return len(_ids(self.folder / CHANGES).union(changed)) > MANY

    def _whole(self, state: FeedState, newest: str) -> FeedState:
        """Fetch the whole archive, unless it is the one that is here and nothing of ours was added to it.

        An address without a list of changes (no `newest`) may be a folder that another update filled: what that one
        has in its `changes.zip` is fetched as well.
        """
        changes, validators = self.folder / CHANGES, dict(state.validators)
        known = validators.get("all.zip", ("", "")) if CHANGES in validators or not changes.exists() else ("", "")
        found = self.downloader.fetch(self._at("all.zip"), self.folder / "all.zip", known, check_zip) or known
        validators = {"all.zip": found}
        had = state.validators.get(CHANGES, ("", ""))
        try:
            if newest:
                changes.unlink(missing_ok=True)
            else:
                validators[CHANGES] = self.downloader.fetch(self._at(CHANGES), changes, had, check_zip) or had
        except AbsentError:
            changes.unlink(missing_ok=True)
        return msgspec.structs.replace(state, validators=validators, newest_record=newest)

    def _changed(self, since: str) -> tuple[list[str] | None, str]:
        """Return the ids that changed after `since` (None: all, there is no such point), and the newest honest time."""
        now = timestamp(datetime.now(UTC))
        changed: list[str] = []
        newest = ""
        try:
            lines = lines_of(self.downloader.stream(self._at("modified_id.csv")))
            for time, identifier in filter(None, map(_row, lines)):
                if time <= since or (newest and not since):
                    break
                newest = max(newest, time) if time <= now else newest
                changed.append(identifier)
                if len(changed) > MANY * 2:
                    return None, newest
        except UnreachableError:
            # A mirror may have the archives only.
            return None, ""
        return (changed if since else None), newest or since

    def _add(self, changed: list[str]) -> None:
        """Fetch the records `changed` and put them into `changes.zip`, replacing it at the end."""

        def fresh() -> Iterator[tuple[str, bytes]]:
            for number, identifier in enumerate(changed, 1):
                content = self.downloader.read(self._at(f"{identifier}.json"))
                check_json(content)
                yield f"{identifier}.json", content
                self.progress(self.name, number, len(changed) + 1)

        merge_into(self.folder / CHANGES, fresh())

    def _at(self, name: str) -> str:
        """Return the address of one file; names with blanks ("Rocky Linux") are encoded for the web."""
        return quote(f"{self.address}/{name}", safe=":/%") if is_url(self.address) else f"{self.address}/{name}"


def merge_into(path: Path, fresh: Iterable[tuple[str, bytes]]) -> None:
    """Replace the zip at `path` by one with the members `fresh`, and with those of its own that are not among them.

    One member at a time is in memory. The old one stays when anything fails.
    """
    with replacing(path) as new, zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as archive:
        done: set[str] = set()
        for source in (fresh, zip_members(path) if _ids(path) else ()):
            for member, content in source:
                if isinstance(content, bytes) and member not in done:
                    done.add(member)
                    archive.writestr(zipfile.ZipInfo(member), content, zipfile.ZIP_DEFLATED)


def lines_of(chunks: Iterator[bytes]) -> Iterator[str]:
    """Yield the lines of a list as it comes. Raises UnreadableError when a line is too long for one."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line.decode("ascii", "replace").strip()
        if len(rest) > _LONGEST_LINE:
            raise UnreadableError("the list of changes is none: a line has no end")
    yield rest.decode("ascii", "replace").strip()


def _row(line: str) -> tuple[str, str] | None:
    stated, _, identifier = line.partition(",")
    time = timestamp_of(stated)
    return (time, identifier) if time and is_identifier(identifier) else None


def _ids(path: Path) -> set[str]:
    """Return the ids in `changes.zip`; one that cannot be read counts as none."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {name.removesuffix(".json") for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile):
        return set()
