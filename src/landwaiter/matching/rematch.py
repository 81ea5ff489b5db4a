"""Matching again only what a new bundle touches: which packages and vulnerabilities differ between two bundles."""

import sqlite3
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from landwaiter.advisories.bundle import Bundle
from landwaiter.advisories.delta import difference
from landwaiter.advisories.ecosystems import by_family
from landwaiter.inventory.models import Inventory, Package
from landwaiter.matching.assessed import THIN, not_assessed, unreadable_version
from landwaiter.matching.distro import Distribution
from landwaiter.matching.findings import about, urgency
from landwaiter.matching.match import Matcher, subjects_of
from landwaiter.matching.models import Assessment, Finding
from landwaiter.matching.vex import Statement, suppress

_COMPARED = ("exploited", "probability", "vulnerability")


@dataclass(frozen=True)
class Touched:
    """What differs between two bundles.

    `packages`: (ecosystem, name) that some record says something else of; `vulnerabilities`: whose exploitation,
    probability or severity changed; `ecosystems`: that came, went, became thin or are no longer thin.
    """

    packages: frozenset[tuple[str, str]]
    vulnerabilities: frozenset[str]
    ecosystems: frozenset[str]

    @cached_property
    def families(self) -> dict[str, tuple[str, ...]]:
        """Every ecosystem in which something differs, by its name without release."""
        return by_family(sorted({*self.ecosystems, *(ecosystem for ecosystem, _ in self.packages)}))

    def concerns(self, package: Package, distribution: Distribution | None) -> bool:
        """Tell whether a package may have other findings than before; `distribution` as the new bundle knows it."""
        if distribution is not None and package.type == distribution.kind and distribution.expected in self.ecosystems:
            return True
        return any(
            name in self.ecosystems or (name, subject.name) in self.packages
            for subject in subjects_of(package, distribution, self.families)
            for name in subject.ecosystems
        )


def touched(old: Bundle, new: Bundle) -> Touched:
    """Compare two bundles."""
    found = difference(old, new)
    packages = {
        *old.packages_of((*found.removed, *found.changed)),
        *new.packages_of((*found.added, *found.changed)),
    }
    return Touched(frozenset(packages), frozenset(_vulnerabilities(old, new)), frozenset(_ecosystems(old, new)))


def _vulnerabilities(old: Bundle, new: Bundle) -> set[str]:
    """Return the names whose row in one of the small tables differs; SQLite compares the files side by side."""
    connection = sqlite3.connect("file::memory:", uri=True)
    try:
        for alias, bundle in (("old", old), ("new", new)):
            quoted = urllib.parse.quote(str(bundle.path.resolve()))
            connection.execute(f"ATTACH ? AS {alias}", (f"file:{quoted}?mode=ro&immutable=1",))
        names: set[str] = set()
        for table in _COMPARED:
            for one, other in (("old", "new"), ("new", "old")):
                sql = f"SELECT * FROM {one}.{table} EXCEPT SELECT * FROM {other}.{table}"  # noqa: S608 - our own table names
                names.update(row[0] for row in connection.execute(sql))
        return names
    finally:
        connection.close()


def _ecosystems(old: Bundle, new: Bundle) -> set[str]:
    before = {name: item.advisories >= THIN for name, item in old.ecosystems.items()}
    after = {name: item.advisories >= THIN for name, item in new.ecosystems.items()}
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def rematch(
    inventory: Inventory,
    before: Assessment,
    matcher: Matcher,
    difference: Touched,
    *,
    vex: Sequence[Statement] = (),
) -> Assessment:
    """Return what matching the inventory afresh would give, judging only the packages that the difference concerns.

    `before` is the assessment with the old bundle, `matcher` one of the new bundle, shared by all images.
    """
    distribution = matcher.distribution(inventory.os)
    moved = {finding.package for finding in before.findings if finding.id in difference.vulnerabilities}
    again = [
        package
        for package in inventory.packages
        if about(package) in moved or difference.concerns(package, matcher.system_of(package, distribution))
    ]
    redone = {about(package) for package in again}
    notes = {unreadable_version(package) for package in again}
    findings = [finding for finding in before.findings if finding.package not in redone]
    unread = [
        note for note in before.not_assessed if note.kind == "unreadable" and note.ecosystem and note not in notes
    ]
    fresh: list[Finding] = []
    for package in again:
        found, readable = matcher.findings(package, distribution)
        fresh += found
        unread += () if readable else (unreadable_version(package),)
    findings += suppress(fresh, inventory, vex) if vex else fresh
    gaps = not_assessed(inventory, matcher.bundle, matcher.distribution)
    missing = (*gaps, *sorted(unread, key=lambda note: note.reason))
    return Assessment(matcher.bundle.info, tuple(sorted(findings, key=urgency)), missing)
