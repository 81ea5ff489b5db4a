"""Amazon Linux: the `updateinfo` of each repository is found through its mirror list and its `repomd.xml`."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from xml.etree.ElementTree import ParseError

import msgspec
from defusedxml.common import DefusedXmlException

from landwaiter.advisories.download import AbsentError, Downloader
from landwaiter.advisories.feeds.archives import UnreadableError, check_gzip
from landwaiter.advisories.feeds.xml_stream import elements
from landwaiter.advisories.states import FeedState
from landwaiter.errors import UnreachableError

_LINE = re.compile(r"https?://[^\s<>\"]+")
_TOPIC = re.compile(r"[a-z][\w.-]{0,60}")
_MIRRORS = 3
_REPOMD_LIMIT = 4 << 20


class _Topic(msgspec.Struct):
    n: str = ""


class _Catalogue(msgspec.Struct):
    topics: list[_Topic] = []


def update_amazon(address: str, folder: Path, state: FeedState, downloader: Downloader) -> FeedState:
    """Fetch the updateinfo of every repository: `mirror.list`, then `repomd.xml`, then what it names.

    An extra that is absent, or whose index has no updateinfo, has no advisories. Raises UnreachableError and
    UnreadableError; what was fetched before then stays.
    """
    validators = dict(state.validators)
    for name, mirrors, needed in _repositories(address, downloader):
        try:
            found = _updateinfo(mirrors, downloader)
        except AbsentError:
            if needed:
                raise
            continue
        if found is None and needed:
            raise UnreadableError(f"the repository of {mirrors} has no updateinfo")
        if found is not None:
            known = validators.get(name, ("", ""))
            validators[name] = downloader.fetch(found, folder / name, known, check_gzip) or known
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
    """Return the address of a repository's updateinfo, None when it has none.

    Of several mirrors the first that answers is asked, over HTTPS only unless
    the list itself came from this machine.
    """
    listed = _LINE.findall(downloader.read(mirrors).decode("utf-8", "replace"))[:_MIRRORS]
    if not listed:
        raise UnreadableError(f"{mirrors} lists no mirror")
    failure: UnreachableError | None = None
    for line in listed:
        base = line.rstrip("/")
        if base.startswith("http://") and not mirrors.startswith("http://"):
            base = f"https://{base.removeprefix('http://')}"
        try:
            return _named_in_index(base, downloader.read(f"{base}/repodata/repomd.xml", _REPOMD_LIMIT))
        except UnreachableError as error:
            failure = failure or error
    raise failure or UnreadableError(f"{mirrors} lists no mirror")


def _named_in_index(base: str, index: bytes) -> str | None:
    try:
        for data in elements(BytesIO(index), "data", _REPOMD_LIMIT):
            href = next((item.get("href", "") for item in data if item.tag.endswith("location")), "")
            if data.get("type") == "updateinfo" and href.endswith(".gz") and ".." not in href:
                return f"{base}/{href.lstrip('/')}"
    except (ParseError, DefusedXmlException) as error:
        raise UnreadableError(f"{base}/repodata/repomd.xml is not valid: {error}") from error
    return None
