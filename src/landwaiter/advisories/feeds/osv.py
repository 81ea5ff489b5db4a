"""OSV records: `osv/<Ecosystem>/all.zip` and `osv-derived/<Ecosystem>/all.zip`, as the OSV bucket lays them out.

Format: OSV schema 1.x (any minor version; unknown fields are ignored). What a record may not do is written in
`docs/reference/advisories.md`, section "Records that lie".
"""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from landwaiter.advisories.ecosystems import base_of, known, normal_name, owners_of
from landwaiter.advisories.feeds.archives import UnreadableError, explain, zip_members
from landwaiter.advisories.mending import mend
from landwaiter.advisories.models import Advisory, Affected, Fact, Quarantined, bounds_of
from landwaiter.advisories.severity_words import severity_of_summary, severity_of_word
from landwaiter.advisories.text import is_identifier, is_name, names_of, summary_of, timestamp
from landwaiter.versions.ranges import Event, Range

_STREAM = re.compile(r"(?<![\w.:+-])([a-z0-9][\w.+-]*:[A-Za-z0-9][\w.]*)(?![\w:-])")
_MODULE_BUILD = re.compile(r"\.module[_+]el?\d")
_BINARIES = ("SUSE", "openSUSE")
_STATUS_OF_URGENCY = {"end-of-life": "end_of_life"}


class _Package(msgspec.Struct):
    ecosystem: str = ""
    name: str = ""


class _Range(msgspec.Struct):
    type: str = ""
    events: tuple[Event, ...] | None = None


class _Severity(msgspec.Struct):
    type: str = ""
    score: str = ""


class _Specific(msgspec.Struct):
    """What vendors add; each field is looked at only when it is of the expected kind."""

    severity: object = None
    urgency: object = None
    ubuntu_priority: object = None
    binaries: object = None
    informational: object = None


class _Affected(msgspec.Struct):
    package: _Package | None = None
    ranges: list[_Range] | None = None
    versions: list[str] | None = None
    severity: list[_Severity] | None = None
    ecosystem_specific: _Specific | None = None
    database_specific: _Specific | None = None


class _Reference(msgspec.Struct):
    type: str = ""
    url: str = ""


class _Record(msgspec.Struct):
    id: str
    modified: datetime | None = None
    withdrawn: datetime | None = None
    aliases: list[str] | None = None
    upstream: list[str] | None = None
    related: list[str] | None = None
    summary: str | None = None
    details: str | None = None
    severity: list[_Severity] | None = None
    affected: list[_Affected] | None = None
    references: list[_Reference] | None = None
    database_specific: _Specific | None = None


class Refused(Exception):  # noqa: N818 - a record's refusal is an outcome, not a failure
    """A record is not used; the text says why."""


_decoder = msgspec.json.Decoder(_Record)


OPTIONAL = ("Chainguard", "Wolfi")
"""Ecosystems whose data are under a licence of their own; they are compiled only when asked for."""


def read_optional(folder: Path) -> Iterator[Fact]:
    """Read the ecosystems that are left out otherwise."""
    for name in OPTIONAL:
        yield from _read_ecosystem(folder / "osv" / name, "osv")


def read(folder: Path, top: str = "osv") -> Iterator[Fact]:
    """Read every `<top>/<Ecosystem>/all.zip` below `folder`, in their order; `changes.zip` beside it overrules it."""
    for place in sorted((folder / top).glob("*")):
        if place.name not in OPTIONAL:
            yield from _read_ecosystem(place, top)


def _read_ecosystem(place: Path, top: str) -> Iterator[Fact]:
    done: set[str] = set()
    for path in (place / "changes.zip", place / "all.zip"):
        if path.exists():
            yield from _read_zip(path, f"{top}/{place.name}", place.name, done)


def read_derived(folder: Path) -> Iterator[Fact]:
    """Read `osv-derived/`, records that others made from a vendor's lists."""
    return read(folder, "osv-derived")


def _read_zip(path: Path, feed: str, ecosystem: str, done: set[str]) -> Iterator[Fact]:
    """Read one archive but for the members `done`, to which those of `changes.zip` are added."""
    try:
        for name, content in zip_members(path):
            if name in done:
                continue
            if path.name == "changes.zip":
                done.add(name)
            if isinstance(content, UnreadableError):
                yield Quarantined(feed, name, str(content))
            else:
                yield from parse(content, feed, ecosystem, name)
    except UnreadableError as error:
        yield Quarantined(feed, path.name, str(error))


def parse(content: bytes, feed: str, ecosystem: str, name: str) -> Iterator[Fact]:
    """Yield the advisory of one JSON document that came in the feed of `ecosystem`, or why it is not used."""
    try:
        record = _decoder.decode(content)
        advisory = _advisory(record, feed, ecosystem)
        mended, odd = _mended(advisory)
        yield mended
        foreign = _claims(record)
        if foreign:
            yield Quarantined(feed, record.id, f"it may not speak of {foreign}: that part is left out", kept=True)
        if odd:
            reason = f"no version of its ecosystem, read up to what is one: {', '.join(map(ascii, odd[:5]))}"
            yield Quarantined(feed, record.id, reason, kept=True)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        yield Quarantined(feed, name, explain(error))
    except Refused as refusal:
        yield Quarantined(feed, record.id if is_identifier(record.id) else name, str(refusal))


def _claims(record: _Record) -> str:
    """Return the ecosystems that a record claims although its id is another's ("ALSA-…" about Debian)."""
    owners = owners_of(record.id)
    stated = {base_of(item.package.ecosystem) for item in record.affected or () if item.package} if owners else set()
    return ", ".join(sorted(ascii(name[:40]) for name in stated.difference(owners)))


def _mended(advisory: Advisory) -> tuple[Advisory, tuple[str, ...]]:
    """Return the advisory with versions that can be ordered, and those that were not."""
    odd: list[str] = []
    affected = []
    for item in advisory.affected:
        ranges, changed = mend(item.ecosystem, item.ranges)
        affected.append(msgspec.structs.replace(item, ranges=ranges) if changed else item)
        odd += changed
    return (msgspec.structs.replace(advisory, affected=tuple(affected)) if odd else advisory), tuple(odd)


def _advisory(record: _Record, feed: str, ecosystem: str) -> Advisory:
    if not is_identifier(record.id):
        raise Refused("its id is not an identifier")
    withdrawn = record.withdrawn is not None
    summary = summary_of(record.summary, record.details)
    return Advisory(
        feed=feed,
        id=record.id,
        modified=timestamp(record.modified),
        withdrawn=withdrawn,
        aliases=_names(record.aliases),
        upstream=_names(record.upstream),
        related=_names(record.related),
        summary=summary,
        severity=_own_word(record.database_specific) or severity_of_summary(summary),
        vectors=_vectors(record.severity),
        url=_url(record, feed),
        affected=() if withdrawn else _all_affected(record, ecosystem, summary),
    )


def _all_affected(record: _Record, ecosystem: str, summary: str) -> tuple[Affected, ...]:
    stated = [item for item in record.affected or () if item.package is not None]
    if not stated:
        raise Refused("it names no package")
    if not any(item.package and base_of(item.package.ecosystem) == ecosystem for item in stated):
        raise Refused(f"it came with the data of {ecosystem} but speaks of {_foreign(stated)}")
    owners = owners_of(record.id)
    word = _ubuntu_word(record.severity)
    usable = tuple(
        affected
        for item in stated
        if item.package and known(item.package.ecosystem)
        for affected in _affected(item, item.package, owners, summary, word)
    )
    if not usable:
        raise Refused("none of its packages has a name, a release and a range or version that can be used")
    return usable


def _foreign(stated: list[_Affected]) -> str:
    names = sorted({item.package.ecosystem for item in stated if item.package})
    return ", ".join(repr(name[:40]) for name in names[:3])


def _affected(
    item: _Affected, package: _Package, owners: tuple[str, ...], summary: str, word: str
) -> Iterator[Affected]:
    base, _, release = package.ecosystem.partition(":")
    ecosystem = known(base)
    if ecosystem is None or not is_name(package.name) or (ecosystem.releases and not is_name(release)):
        return
    if owners and base not in owners:
        return
    ranges, versions = _ranges(item.ranges), names_of(item.versions or ())
    if not ranges and not versions:
        return
    urgency = _urgency(item)
    yield Affected(
        ecosystem=package.ecosystem,
        package=normal_name(base, package.name),
        ranges=ranges,
        versions=versions,
        status=_STATUS_OF_URGENCY.get(urgency, "affected"),
        severity=severity_of_word(urgency) or _informational(item) or word,
        vectors=_vectors(item.severity),
        streams=_streams(ranges, summary) if ecosystem.purl_type == "rpm" else (),
        binaries=_binaries(item) if base in _BINARIES else (),
    )


def _ranges(ranges: list[_Range] | None) -> tuple[Range, ...]:
    return tuple(
        Range(item.type, events)
        for item in ranges or ()
        if item.type in ("SEMVER", "ECOSYSTEM") and (events := _events(item.events))
    )


def _events(events: tuple[Event, ...] | None) -> tuple[Event, ...]:
    """Return a range's events; () when it never opens, as such a range holds nothing, or has what is no version."""
    stated = [version for event in events or () for version in msgspec.structs.astuple(event) if version is not None]
    opens = any(event.introduced is not None for event in events or ())
    return events if events and opens and len(names_of(stated)) == len(stated) else ()


def _streams(ranges: tuple[Range, ...], summary: str) -> tuple[str, ...]:
    """Return the module streams that an erratum's title names ("nodejs:18"), for builds that are a module's."""
    builds = any(map(_MODULE_BUILD.search, bounds_of(ranges)))
    return tuple(sorted(set(_STREAM.findall(summary)))) if builds else ()


def _binaries(item: _Affected) -> tuple[str, ...]:
    """Return the packages that SUSE names: a list of objects with names as keys and versions as values."""
    stated = item.ecosystem_specific.binaries if item.ecosystem_specific else None
    groups = (group for group in stated if isinstance(group, dict)) if isinstance(stated, list) else ()
    return tuple(sorted({name for group in groups for name in group if is_name(name)}))


def _urgency(item: _Affected) -> str:
    specific = item.ecosystem_specific
    urgency = (specific.urgency or specific.ubuntu_priority) if specific else None
    return urgency if isinstance(urgency, str) else ""


def _informational(item: _Affected) -> str:
    """RustSec marks what is no vulnerability ("unmaintained", "notice"); "unsound" is one."""
    specific = item.database_specific
    return "negligible" if specific and specific.informational in ("unmaintained", "notice") else ""


def _own_word(specific: _Specific | None) -> str:
    return severity_of_word(specific.severity) if specific else ""


def _ubuntu_word(severities: list[_Severity] | None) -> str:
    return next((severity_of_word(item.score) for item in severities or () if item.type == "Ubuntu"), "")


def _vectors(severities: list[_Severity] | None) -> tuple[str, ...]:
    return tuple(item.score[:300] for item in severities or () if item.type.startswith("CVSS_"))


def _names(names: list[str] | None) -> tuple[str, ...]:
    return tuple(sorted({name for name in names or () if is_identifier(name)}))


def _url(record: _Record, feed: str) -> str:
    if feed.startswith("osv/"):
        return f"https://osv.dev/vulnerability/{record.id}"
    urls = (item.url for item in record.references or () if item.type == "ADVISORY")
    return next((url for url in urls if url.startswith("https://") and is_name(url)), "")
