"""Red Hat's VEX documents: the whole archive when there is a new one, and on top of it what changed since.

`archive_latest.txt` names the archive, `changes.csv` has rows `"2024/cve-2024-1234.json","<time>"`, newest first, and
`deletions.csv` the same for documents that are gone. What changed lies in `changes.zip` beside the archive, which
it overrules; a document that is gone lies there as `null`.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from landwaiter.advisories.download import AbsentError, Downloader
from landwaiter.advisories.feeds.archives import UnreadableError, check_compressed, check_json
from landwaiter.advisories.feeds.redhat_vex import GONE
from landwaiter.advisories.incremental import lines_of, merge_into
from landwaiter.advisories.states import FeedState
from landwaiter.advisories.text import timestamp, timestamp_of

MANY = 3000
"""Documents that are fetched one by one; of more, the newest: the others come with the next archive."""
_ARCHIVE = re.compile(r"[\w.-]{0,80}?(\d{4}-\d\d-\d\d)[\w.-]{0,20}\.tar\.zst")
_DOCUMENT = re.compile(r"\d{4}/cve-\d{4}-\d{4,12}\.json")
_TABLE = "repository-to-cpe.json"


def update_redhat(address: str, folder: Path, state: FeedState, downloader: Downloader) -> FeedState:
    """Bring archive, changes and the table of repositories up to date.

    Raises UnreachableError and UnreadableError; what was there before then stays.
    """
    vex = f"{address}/csaf/v2/vex"
    named = downloader.read(f"{vex}/archive_latest.txt").decode("ascii", "replace").strip()
    found = _ARCHIVE.fullmatch(named)
    if found is None:
        raise UnreadableError(f"{vex}/archive_latest.txt names no archive")
    known = state.validators.get(_TABLE, ("", ""))
    table = downloader.fetch(f"{address}/metrics/{_TABLE}", folder / _TABLE, known, check_json)
    archive, since = folder / "vex.tar.zst", state.newest_record
    if named != state.archive or not archive.exists():
        downloader.fetch(f"{vex}/{named}", archive, ("", ""), check_compressed)
        (folder / "changes.zip").unlink(missing_ok=True)
        since = f"{found[1]}T00:00:00Z"
    newest = _add_changes(vex, folder, since, downloader)
    return msgspec.structs.replace(
        state, archive=named, newest_record=max(since, newest), validators={_TABLE: table or known}
    )


def _add_changes(vex: str, folder: Path, since: str, downloader: Downloader) -> str:
    """Fetch what changed after `since` into `changes.zip`; return the newest honest time of a change."""
    changed, gone = (_newer(f"{vex}/{name}.csv", since, downloader) for name in ("changes", "deletions"))
    if changed or gone:
        merge_into(folder / "changes.zip", _documents(vex, changed, gone, downloader))
    now = timestamp(datetime.now(UTC))
    return max((time for time in (*changed.values(), *gone.values()) if time <= now), default="")


def _newer(address: str, since: str, downloader: Downloader) -> dict[str, str]:
    """Return the documents of a list that are newer than `since`, with their times; none where there is no list."""
    newer: dict[str, str] = {}
    try:
        for line in lines_of(downloader.stream(address)):
            name, _, stated = line.replace('"', "").partition(",")
            time = timestamp_of(stated)
            if time and (time <= since or len(newer) >= MANY):
                break
            if time and _DOCUMENT.fullmatch(name):
                newer.setdefault(name, time)
    except AbsentError:
        # A mirror may have the archives only.
        return {}
    return newer


def _documents(
    vex: str, changed: Iterable[str], gone: Collection[str], downloader: Downloader
) -> Iterator[tuple[str, bytes]]:
    """Yield the documents as they are now; of one that is listed and not there, the archive's stays."""
    yield from ((name, GONE) for name in gone)
    for name in changed:
        try:
            content = downloader.read(f"{vex}/{name}") if name not in gone else GONE
        except AbsentError:
            continue
        check_json(content)
        yield name, content
