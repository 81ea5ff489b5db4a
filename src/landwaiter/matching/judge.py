"""Judging one record about one installed package: does it apply to this build, and is the version in its range."""

from collections.abc import Sequence

import msgspec

from landwaiter.advisories.models import Entry
from landwaiter.inventory.models import Package
from landwaiter.matching.rpm import other_build
from landwaiter.matching.subject import Subject
from landwaiter.versions import InvalidVersionError
from landwaiter.versions.ranges import affects

_ERRATA_ORDER = ("not_affected", "outside", "affected")
_ORDER = ("not_affected", "affected", "outside")


class Judgement(msgspec.Struct, frozen=True):
    """What one record says of one installed package.

    `outcome`: "affected"; "outside" (no range holds the version); "not_affected" (the vendor says so); "other" (it is
    about another build: module stream, repository, package of the source); "unreadable" (it cannot be compared).
    `range` and `fixed` belong to the range that decided; `note` is a sentence for every outcome but "affected".
    """

    entry: Entry
    subject: Subject
    outcome: str
    range: str = ""
    fixed: tuple[str, ...] = ()
    note: str = ""


def judge(entries: Sequence[Entry], subject: Subject, package: Package) -> Judgement:
    """Return the judgement of one record, of which `entries` are all statements about the package in one ecosystem.

    Statements about other builds are passed over. Errata list every build that carries the fix (per minor release, per
    rebuild), so an rpm at or above any one of them has it; elsewhere each statement may find the package affected.
    """
    judged = [_judge(entry, subject, package) for entry in entries]
    relevant = [item for item in judged if item.outcome != "other"] or judged[:1]
    for outcome in _ERRATA_ORDER if subject.scheme == "rpm" else _ORDER:
        for item in relevant:
            if item.outcome == outcome:
                return item
    return relevant[0]


def _judge(entry: Entry, subject: Subject, package: Package) -> Judgement:
    affected = entry.affected
    other = _other(entry, subject, package)
    if other:
        return Judgement(entry, subject, "other", note=other)
    if affected.status == "not_affected":
        return Judgement(entry, subject, "not_affected", note=affected.note or "the vendor says so")
    try:
        return _in_ranges(entry, subject)
    except InvalidVersionError as error:
        return Judgement(entry, subject, "unreadable", note=str(error))


def _other(entry: Entry, subject: Subject, package: Package) -> str:
    affected = entry.affected
    if affected.binaries and package.name not in affected.binaries:
        return f"it is about other packages of the source: {', '.join(affected.binaries[:5])}"
    return other_build(package, affected) if subject.scheme == "rpm" else ""


def _in_ranges(entry: Entry, subject: Subject) -> Judgement:
    affected = entry.affected
    found = affects(subject.scheme, subject.version, affected.ranges, affected.versions)
    if found is None:
        return Judgement(entry, subject, "outside", note="no range holds the version")
    return Judgement(entry, subject, "affected", found.text, found.fixed)
