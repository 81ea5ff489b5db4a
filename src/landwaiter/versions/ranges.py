"""Whether a version is affected, by the rules of the OSV schema (section "Evaluation").

A version is affected when it is listed in `versions`, or when a range of type SEMVER or ECOSYSTEM holds it. A range is
a set of events in any order: from each `introduced` on ("0" is before everything) versions are affected, until the next
`fixed` (not affected itself) or after the next `last_affected` (affected itself), or without end; where limits are
given, only below one of them. GIT ranges speak of commits and are passed over.

An event or a listed version that the scheme cannot read does not spoil the rest: it is left out, and named in
`Evaluation.unreadable` so that the record can be put aside for a person. Leaving out an end makes the range reach
further, never less far.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import msgspec

from landwaiter.versions.errors import InvalidVersionError
from landwaiter.versions.keys import SortKey
from landwaiter.versions.schemes import Scheme, scheme

LISTED = "listed in versions"
EVERYTHING = "0"
NO_LIMIT = "*"
RANGE_TYPES = ("SEMVER", "ECOSYSTEM")


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """One event of a range; the schema wants exactly one of the four, more are read as so many events."""

    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None


class Range(msgspec.Struct, frozen=True):
    """A range of an OSV record. `type` is SEMVER, ECOSYSTEM or GIT."""

    type: str
    events: tuple[Event, ...] = ()


class RangeMatch(msgspec.Struct, frozen=True):
    """Why a version is affected.

    `text` is the part of the range that holds it (">=1.0, <1.2.3"; ">=0"), or "listed in versions". `fixed` are the
    versions that end the ranges which hold it, lowest first; for a listed version the next fix of each range.
    """

    text: str
    fixed: tuple[str, ...] = ()


class Evaluation(msgspec.Struct, frozen=True):
    """What a record's ranges say of a version, and which of their versions could not be read."""

    match: RangeMatch | None
    unreadable: tuple[str, ...] = ()


_A_PAIR = 2
_FROM_THE_FIRST = Event(introduced=EVERYTHING)


class _Point(NamedTuple):
    key: SortKey
    kind: str
    version: str


class Interval(NamedTuple):
    """Affected versions without a gap. `start_key` None: from the very first; `end_key` None: without end."""

    start: str
    start_key: SortKey | None
    end: str
    end_key: SortKey | None
    end_is_affected: bool

    def holds(self, key: SortKey) -> bool:
        """Tell whether the version of this key is one of them."""
        if self.start_key is not None and key < self.start_key:
            return False
        if self.end_key is None:
            return True
        return bool(not self.end_key < key if self.end_is_affected else key < self.end_key)

    def text(self) -> str:
        """Return them as a person reads them (">=1.0, <1.2.3")."""
        start = f">={self.start}"
        if self.end_key is None:
            return start
        return f"{start}, {'<=' if self.end_is_affected else '<'}{self.end}"


def affects(
    scheme_name: str, version: str, ranges: Sequence[Range], versions: Collection[str] | None = ()
) -> RangeMatch | None:
    """What affects the version, or None. Raises as `evaluate`."""
    return evaluate(scheme_name, version, ranges, versions).match


def evaluate(
    scheme_name: str, version: str, ranges: Sequence[Range], versions: Collection[str] | None = ()
) -> Evaluation:
    """Whether the version of a package is affected by a record's `ranges` and `versions`.

    Raises UnknownSchemeError, and InvalidVersionError when the version itself cannot be read and is not listed letter
    for letter: whether it is affected is then unknown.
    """
    order = scheme(scheme_name)
    listed = versions is not None and version in versions
    try:
        key = order.key(version)
    except InvalidVersionError:
        if listed:
            return Evaluation(RangeMatch(LISTED))
        raise
    unreadable: list[str] = []
    held = [hit for r in ranges for hit in _holding(order, key, r, unreadable)]
    if held:
        fixed = [(i.end_key, i.end) for i, _ in held if i.end_key is not None and not i.end_is_affected]
        return Evaluation(RangeMatch(held[0][0].text() + held[0][1], _ascending(fixed)), tuple(unreadable))
    if listed or _equals_one(order, key, versions or (), unreadable):
        return Evaluation(RangeMatch(LISTED, _next_fixes(order, key, ranges)), tuple(unreadable))
    return Evaluation(None, tuple(unreadable))


def intervals(scheme_name: str, ranges: Sequence[Range]) -> Iterator[Interval]:
    """The affected stretches of every range, each range's lowest first; limits are left aside.

    Raises UnknownSchemeError; ends that cannot be read are passed over.
    """
    order = scheme(scheme_name)
    for of in ranges:
        if of.type in RANGE_TYPES:
            first = any(event.introduced == EVERYTHING for event in of.events)
            yield from _intervals(_points(order, of, []), from_the_first=first)


def uncovered(scheme_name: str, ranges: Sequence[Range], versions: Collection[str]) -> tuple[str, ...]:
    """The listed versions that no range holds: all that a bundle needs to keep of `versions`.

    Most records list every version that their ranges hold. What cannot be read is kept. Raises UnknownSchemeError.
    """
    order = scheme(scheme_name)
    kept = []
    for version in versions:
        try:
            key = order.key(version)
        except InvalidVersionError:
            kept.append(version)
            continue
        if not any(True for r in ranges for _ in _holding(order, key, r, [])):
            kept.append(version)
    return tuple(kept)


def _holding(order: Scheme, key: SortKey, of: Range, unreadable: list[str]) -> Iterator[tuple[Interval, str]]:
    """The intervals of a range that hold the key, each with what the range's limits add to its text."""
    if of.type not in RANGE_TYPES:
        return
    if len(of.events) == _A_PAIR and of.events[0] == _FROM_THE_FIRST and _only_fixes(of.events[1]):
        yield from _holding_until(order, key, of.events[1].fixed or "", unreadable)
        return
    points = _points(order, of, unreadable)
    limits = [p for p in points if p.kind == "limit"]
    below = [p for p in limits if key < p.key]
    if limits and not below and not any(e.limit == NO_LIMIT for e in of.events):
        return
    for interval in _intervals(points, from_the_first=any(e.introduced == EVERYTHING for e in of.events)):
        if interval.holds(key):
            yield interval, f", <{below[0].version}" if below else ""


def _only_fixes(event: Event) -> bool:
    return event.introduced is None and event.last_affected is None and event.limit is None and event.fixed is not None


def _holding_until(order: Scheme, key: SortKey, fixed: str, unreadable: list[str]) -> Iterator[tuple[Interval, str]]:
    """The short way for what nine of ten ranges are: affected from the first version until a fix."""
    try:
        fixed_key = order.key(fixed)
    except InvalidVersionError:
        unreadable.append(fixed)
        yield Interval(EVERYTHING, None, "", None, end_is_affected=False), ""
        return
    if key < fixed_key:
        yield Interval(EVERYTHING, None, fixed, fixed_key, end_is_affected=False), ""


def _points(order: Scheme, of: Range, unreadable: list[str]) -> list[_Point]:
    points = []
    for event in of.events:
        for kind in ("introduced", "fixed", "last_affected", "limit"):
            version: str | None = getattr(event, kind)
            if version is None or (kind == "introduced" and version == EVERYTHING) or version == NO_LIMIT:
                continue
            try:
                points.append(_Point(order.key(version), kind, version))
            except InvalidVersionError:
                unreadable.append(version)
    return sorted(points, key=itemgetter(0))


def _intervals(points: list[_Point], *, from_the_first: bool) -> Iterator[Interval]:
    """The affected stretches, lowest first.

    Events at one version: an end closes what was open before an `introduced` opens anew; where nothing was open, the
    end makes the stretch empty (`fixed`) or that one version (`last_affected`).
    """
    start = _Point(b"", "introduced", EVERYTHING) if from_the_first else None
    first = from_the_first
    for _, group in groupby(points, key=itemgetter(0)):
        at = {point.kind: point for point in group}
        opening = at.get("introduced")
        end = at.get("fixed") or at.get("last_affected")
        if start is None and end is not None and opening is not None:
            if end.kind == "last_affected":
                yield _interval(opening, end, first=False)
        elif start is not None and end is not None:
            yield _interval(start, end, first=first)
            start, first = opening, False
        elif start is None:
            start = opening
    if start is not None:
        yield _interval(start, None, first=first)


def _interval(start: _Point, end: _Point | None, *, first: bool) -> Interval:
    start_key = None if first else start.key
    if end is None:
        return Interval(start.version, start_key, "", None, end_is_affected=False)
    return Interval(start.version, start_key, end.version, end.key, end_is_affected=end.kind == "last_affected")


def _equals_one(order: Scheme, key: SortKey, versions: Collection[str], unreadable: list[str]) -> bool:
    for version in versions:
        try:
            if order.key(version) == key:
                return True
        except InvalidVersionError:
            unreadable.append(version)
    return False


def _next_fixes(order: Scheme, key: SortKey, ranges: Sequence[Range]) -> tuple[str, ...]:
    above: list[tuple[SortKey, str]] = []
    for of in ranges:
        fixes = (p for p in _points(order, of, []) if p.kind == "fixed") if of.type in RANGE_TYPES else iter(())
        above.extend((p.key, p.version) for p in [p for p in fixes if key < p.key][:1])
    return _ascending(above)


def _ascending(fixed: list[tuple[SortKey, str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(version for _, version in sorted(fixed, key=itemgetter(0))))
