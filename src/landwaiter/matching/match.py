"""Matching an inventory with a bundle: every package asked, every answer judged, one finding for each vulnerability.

Packages that the operating system owns (`owned_by`) are not asked about: the distribution's data speak for them, and
upstream data would report what the distribution has mended by backport.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from landwaiter.advisories.bundle import Bundle
from landwaiter.advisories.models import Entry
from landwaiter.inventory.models import Inventory, OsRelease, Package
from landwaiter.matching import distro, ecosystem
from landwaiter.matching.aliases import by_vulnerability, deciding
from landwaiter.matching.assessed import is_key, not_assessed, unidentified_by, unreadable_version
from landwaiter.matching.distro import Distribution
from landwaiter.matching.findings import about, finding_of, fingerprint, urgency
from landwaiter.matching.judge import Judgement, judge
from landwaiter.matching.models import Assessment, Finding, NotAssessed
from landwaiter.matching.stated import as_stated, is_stated, stated_system
from landwaiter.matching.subject import Subject
from landwaiter.matching.vex import Statement, suppress


def match(
    inventory: Inventory, bundle: Bundle, *, vex: Sequence[Statement] = (), content_sets: Sequence[str] = ()
) -> Assessment:
    """Return the findings of an inventory, most urgent first, with what could not be assessed.

    `vex` are statements of VEX documents (see `landwaiter.matching.vex_documents`); what they silence stays visible.
    `content_sets` name Red Hat repositories that the image was made with, beyond those of its release.
    """
    return Matcher(bundle, content_sets).assess(inventory, vex)


class Matcher:
    """Matches many inventories with one bundle; a package that several images share is judged once."""

    def __init__(self, bundle: Bundle, content_sets: Sequence[str] = ()) -> None:
        self.bundle = bundle
        self._products = tuple(cpe for name in content_sets for cpe in bundle.repository(name))
        self._found: dict[tuple[object, ...], tuple[tuple[Finding, ...], bool]] = {}
        self._systems: dict[OsRelease, Distribution | None] = {}

    def assess(self, inventory: Inventory, vex: Sequence[Statement] = ()) -> Assessment:
        """Return the assessment of one inventory."""
        distribution = self.distribution(inventory.os)
        findings: list[Finding] = []
        unread: list[NotAssessed] = []
        for package in inventory.packages:
            found, readable = self.findings(package, distribution)
            findings += found
            if not readable:
                unread.append(unreadable_version(package))
        if vex:
            findings = list(suppress(findings, inventory, vex))
        gaps = not_assessed(inventory, self.bundle, self.distribution)
        missing = (*gaps, *sorted(unread, key=lambda note: note.reason))
        return Assessment(self.bundle.info, tuple(sorted(findings, key=urgency)), missing)

    def distribution(self, os: OsRelease | None) -> Distribution | None:
        """Return what speaks for an operating system in this bundle."""
        if os is None:
            return None
        if os not in self._systems:
            known = self.bundle.ecosystems, self.bundle.releases
            self._systems[os] = distro.distribution_of(os, *known, self._products)
        return self._systems[os]

    def system_of(self, package: Package, image: Distribution | None) -> Distribution | None:
        """Return what speaks for one package: the image's distribution, of an SBOM's package the one its purl names."""
        if package.type in distro.KINDS and is_stated(package):
            return self.distribution(stated_system(package))
        return image

    def findings(self, package: Package, image: Distribution | None) -> tuple[tuple[Finding, ...], bool]:
        """Return the findings of one package, and whether its version could be compared wherever it had to be.

        `image` is what speaks for the image's own packages.
        """
        if package.owned_by is not None or is_key(package) or unidentified_by(package):
            return (), True
        distribution = self.system_of(package, image)
        key = _key(package, distribution)
        if key not in self._found:
            self._found[key] = self._find(package, distribution)
            return self._found[key]
        found, readable = self._found[key]
        return tuple(_of(finding, package) for finding in found), readable

    def _find(self, package: Package, distribution: Distribution | None) -> tuple[tuple[Finding, ...], bool]:
        judgements = list(judgements_of(package, distribution, self.bundle))
        groups = by_vulnerability(judgements)
        found = tuple(
            finding_of(name, affected, package, self.bundle)
            for name, group in groups.items()
            if (affected := deciding(group))
        )
        return found, all(item.outcome != "unreadable" for item in judgements)


def subjects_of(
    package: Package, distribution: Distribution | None, families: Mapping[str, tuple[str, ...]]
) -> tuple[Subject, ...]:
    """Return what to ask a bundle about a package: of its distribution for its own packages, else of its language."""
    if package.type not in distro.KINDS:
        return ecosystem.subjects(package, families)
    if distribution is None or distribution.kind != package.type:
        return ()
    return distro.subjects(as_stated(package) if is_stated(package) else package, distribution)


def judgements_of(package: Package, distribution: Distribution | None, bundle: Bundle) -> Iterator[Judgement]:
    """Yield a judgement for every record that names the package."""
    for subject in subjects_of(package, distribution, bundle.families):
        for name in subject.ecosystems:
            for entries in _by_record(bundle.entries(name, subject.name)):
                yield judge(entries, subject, package)


def _by_record(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Group neighbouring entries of the same record; the bundle gives them in the order of records."""
    group: list[Entry] = []
    for entry in entries:
        if group and (entry.record.feed, entry.record.id) != (group[0].record.feed, group[0].record.id):
            yield group
            group = []
        group.append(entry)
    if group:
        yield group


def _key(package: Package, distribution: Distribution | None) -> tuple[object, ...]:
    """Return what a package's findings depend on."""
    source = (package.source.name, package.source.version) if package.source else ()
    system = distribution.ecosystems if distribution and package.type in distro.KINDS else ()
    stated = package.purl if is_stated(package) and package.type in distro.KINDS else ""
    return (package.type, package.name, package.version, source, package.arch, package.modularity, system, stated)


def _of(finding: Finding, package: Package) -> Finding:
    """Return the finding as that of `package`: where it lies differs between images."""
    return msgspec.structs.replace(finding, package=about(package), fingerprint=fingerprint(finding.id, package))
