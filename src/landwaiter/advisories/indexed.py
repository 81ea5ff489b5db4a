"""Feeds whose files are found through their publisher's indexes: Amazon's repositories, Red Hat's archive."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from xml.etree.ElementTree import ParseError

import msgspec
from defusedxml.common import DefusedXmlException

from landwaiter.advisories.download import Downloader
from landwaiter.advisories.feeds.archives import UnreadableError, check_compressed, check_gzip, check_json
from landwaiter.advisories.feeds.xml_stream import elements
from landwaiter.advisories.states import FeedState
from landwaiter.errors import LandwaiterError

_LINE = re.compile(r"https?://[^\s<>\"]+")
_ARCHIVE = re.compile(r"[\w.-]+\.tar\.zst")
_TOPIC = re.compile(r"[a-z][\w.-]{0,60}")
_REPOMD_LIMIT = 4 << 20


class _Topic(msgspec.Struct):
    n: str = ""


class _Catalogue(msgspec.Struct):
    topics: list[_Topic] = []


def update_amazon(address: str, folder: Path, state: FeedState, downloader: Downloader) -> FeedState:
    """Fetch the updateinfo of every repository: `mirror.list`, then `repomd.xml`, then what it names.

    A repository whose index has no updateinfo has no advisories. Raises UnreachableError and UnreadableError for the
    main repositories; an extra that is missing is passed over.
    """
    validators = dict(state.validators)
    for name, mirrors, needed in _repositories(address, downloader):
        try:
            found = _updateinfo(mirrors, downloader)
            if found is not None:
                target = folder / name
                known = validators.get(name, ("", ""))
                validators[name] = downloader.fetch(found, target, known, check_gzip) or known
        except LandwaiterError:
            if needed:
                raise
    return msgspec.structs.replace(state, validators=validators)


def update_amazon_1(address: str, folder: Path, state: FeedState, downloader: Downloader) -> FeedState:
    """Fetch the updateinfo of the first Amazon Linux, which ended in 2023. Raises as `update_amazon`."""
    name = "updateinfo_1.xml.gz"
    known = state.validators.get(name, ("", ""))
    found = _updateinfo(f"{address}/2018.03/updates/x86_64/mirror.list", downloader)
    if found is None:
        raise UnreadableError("the repository has no updateinfo")
    validators = {name: downloader.fetch(found, folder / name, known, check_gzip) or known}
    return msgspec.structs.replace(state, validators=validators)


def _repositories(address: str, downloader: Downloader) -> Iterator[tuple[str, str, bool]]:
    """Yield (file name, address of its mirror list, whether it must be there)."""
    yield "updateinfo_2.xml.gz", f"{address}/2/core/latest/x86_64/mirror.list", True
    yield "updateinfo_2023.xml.gz", f"{address}/al2023/core/mirrors/latest/x86_64/mirror.list", True
    livepatch = f"{address}/al2023/kernel-livepatch/mirrors/latest/x86_64/mirror.list"
    yield "updateinfo_2023_kernel-livepatch.xml.gz", livepatch, False
    try:
        catalogue = msgspec.json.decode(downloader.read(f"{address}/2/extras-catalog.json"), type=_Catalogue)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UnreadableError(f"extras-catalog.json is not valid: {error}") from error
    for topic in catalogue.topics:
        if _TOPIC.fullmatch(topic.n):
            mirrors = f"{address}/2/extras/{topic.n}/latest/x86_64/mirror.list"
            yield f"updateinfo_2_{topic.n}.xml.gz", mirrors, False


def _updateinfo(mirrors: str, downloader: Downloader) -> str | None:
    """Return the address of a repository's updateinfo, None when it has none. Mirrors are asked over HTTPS only."""
    listed = _LINE.findall(downloader.read(mirrors).decode("utf-8", "replace"))
    if not listed:
        raise UnreadableError(f"{mirrors} lists no mirror")
    base = listed[0].rstrip("/")
    if base.startswith("http://") and not mirrors.startswith("http://"):
        base = f"https://{base.removeprefix('http://')}"
    index = downloader.read(f"{base}/repodata/repomd.xml")
    try:
        for data in elements(BytesIO(index), "data", _REPOMD_LIMIT):
            href = next((item.get("href", "") for item in data if item.tag.endswith("location")), "")
            if data.get("type") == "updateinfo" and href.endswith(".gz") and ".." not in href:
                return f"{base}/{href.lstrip('/')}"
    except (ParseError, DefusedXmlException) as error:
        raise UnreadableError(f"{base}/repodata/repomd.xml is not valid: {error}") from error
    return None


def update_redhat(address: str, folder: Path, state: FeedState, downloader: Downloader) -> FeedState:
    """Fetch the archive of VEX documents that `archive_latest.txt` names, and the table of repositories.

    Raises UnreachableError and UnreadableError.
    """
    vex = f"{address}/csaf/v2/vex"
    named = downloader.read(f"{vex}/archive_latest.txt").decode("ascii", "replace").strip()
    if not _ARCHIVE.fullmatch(named):
        raise UnreadableError(f"{vex}/archive_latest.txt names no archive")
    archive = folder / "vex.tar.zst"
    if named != state.newest_record or not archive.exists():
        downloader.fetch(f"{vex}/{named}", archive, ("", ""), check_compressed)
    table = "repository-to-cpe.json"
    known = state.validators.get(table, ("", ""))
    found = downloader.fetch(f"{address}/metrics/{table}", folder / table, known, check_json)
    return msgspec.structs.replace(state, newest_record=named, validators={table: found or known})
