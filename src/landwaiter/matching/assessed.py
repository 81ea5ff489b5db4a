"""What no advisory data speaks for. "Not assessed" is never "clean": each case is shown with its reason.

A distribution's release, or one of the large language ecosystems, is called thin below `THIN` advisories in the bundle:
every one of them has thousands in a complete bundle.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from landwaiter.advisories.bundle import Bundle
from landwaiter.inventory.models import Inventory, OsRelease, Package
from landwaiter.matching.distro import DISTRIBUTIONS, KINDS, Distribution
from landwaiter.matching.ecosystem import ecosystem_of
from landwaiter.matching.models import Assessment, BundleInfo, NotAssessed
from landwaiter.matching.stated import is_stated, stated_system

SystemOf = Callable[[OsRelease | None], Distribution | None]

THIN = 100
_LARGE = ("PyPI", "npm", "Maven", "Go", "crates.io", "RubyGems", "Packagist", "NuGet", "Bitnami")
_SHOWN = 5
_UNREADABLE = {"unreadable-database": "unreadable", "unreadable-layer": "unreadable", "too-many": "unreadable"}


def is_key(package: Package) -> bool:
    """Tell whether a row of an rpm database is a signing key and no package."""
    return package.type == "rpm" and package.name == "gpg-pubkey"


def unreadable_version(package: Package) -> NotAssessed:
    """Return the note for a package that records speak of, but whose version its ecosystem cannot order."""
    reason = f"The version {package.version!a} of the {package.type} package {package.name!a} cannot be compared."
    return NotAssessed("unreadable", reason, package.type, 1)


def without_data(inventory: Inventory, problem: str) -> Assessment:
    """Return the assessment that can be made without advisory data: none, and it says why."""
    reason = NotAssessed(kind="empty-bundle", reason=problem, packages=len(inventory.packages))
    return Assessment(bundle=BundleInfo("", "", "", 0), findings=(), not_assessed=(reason,))


def nothing_assessed(inventory: Inventory, assessment: Assessment) -> bool:
    """Tell whether the data spoke for none of the packages, so that no findings say nothing at all."""
    packages = sum(1 for package in inventory.packages if package.owned_by is None and not is_key(package))
    return not assessment.bundle.advisories or sum(gap.packages for gap in assessment.not_assessed) >= packages


def not_assessed(inventory: Inventory, bundle: Bundle, system_of: SystemOf) -> Iterator[NotAssessed]:
    """Yield everything of the inventory that the bundle cannot speak for.

    `system_of` gives what speaks for an operating system (`landwaiter.matching.match.Matcher.distribution`).
    """
    packages = [package for package in inventory.packages if not is_key(package)]
    if not packages:
        yield NotAssessed("empty-inventory", "No package was found in the image, so there is nothing to look up.")
    if not bundle.info.advisories:
        yield NotAssessed("empty-bundle", "The bundle has no advisories at all.", packages=len(packages))
        return
    asked = [package for package in packages if package.owned_by is None]
    unidentified = [package for package in asked if unidentified_by(package)]
    known = [package for package in asked if not unidentified_by(package)]
    yield from _systems([package for package in known if package.type in KINDS], inventory.os, bundle, system_of)
    counts = Counter(package.type for package in known if package.type not in KINDS)
    for kind in sorted(counts):
        yield from _language(kind, counts[kind], bundle)
    yield from _unidentified(unidentified)
    for note in inventory.coverage.notes:
        if note.kind in _UNREADABLE:
            where = f" ({note.path})" if note.path else ""
            yield NotAssessed("unreadable", f"{note.reason}{where}")


def unidentified_by(package: Package) -> str:
    """Return which part of its identity a package lacks, so that no record can be looked up; "" where it lacks none.

    Go writes "(devel)" for a main module that was built outside of a release, older toolchains nothing at all; a jar
    without Maven's own descriptor does not say its group.
    """
    if package.type == "maven" and package.name.find(":") < 1:
        return "group"
    version = package.version.strip()
    return (
        "version" if version in {"", "(devel)", "UNKNOWN"} or (package.type == "golang" and "devel" in version) else ""
    )


def _unidentified(packages: Sequence[Package]) -> Iterator[NotAssessed]:
    groups: dict[tuple[str, str], list[str]] = {}
    for package in packages:
        groups.setdefault((package.type, unidentified_by(package)), []).append(package.name)
    for (kind, lacking), names in sorted(groups.items()):
        shown = ", ".join(ascii(name)[1:-1] for name in names[:_SHOWN])
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        reason = f"The image does not say the {lacking} of {kind} packages: {shown}{more}."
        yield NotAssessed("unidentified", reason, kind, len(names))


def _systems(
    packages: Sequence[Package], image: OsRelease | None, bundle: Bundle, system_of: SystemOf
) -> Iterator[NotAssessed]:
    """Go through the packages of operating systems: the image's own, and those that an SBOM says are of another."""
    own = [package for package in packages if not is_stated(package)]
    distribution = system_of(image)
    kinds = Counter(package.type for package in own)
    ours = sum(number for kind, number in kinds.items() if distribution is None or kind == distribution.kind)
    yield from _system(image, bundle, distribution, ours)
    for kind in sorted(kind for kind in kinds if distribution and kind != distribution.kind):
        yield NotAssessed("unknown-os", f"The {kind} packages are of another distribution.", "", kinds[kind])
    stated = Counter((package.type, stated_system(package)) for package in packages if is_stated(package))
    for (kind, system), number in sorted(stated.items(), key=str):
        yield from _stated(kind, system, number, bundle, system_of(system))


def _stated(
    kind: str, system: OsRelease | None, packages: int, bundle: Bundle, distribution: Distribution | None
) -> Iterator[NotAssessed]:
    of = "that an SBOM in the image lists"
    if system is None or (distribution is None and system.id in DISTRIBUTIONS):
        reason = f"The {kind} packages {of} do not say of which release of a distribution they are."
        yield NotAssessed("unknown-os", reason, "", packages)
    elif distribution is not None and distribution.kind != kind:
        yield NotAssessed("unknown-os", f"The {kind} packages {of} cannot be of {system.id}.", "", packages)
    else:
        yield from _system(system, bundle, distribution, packages)


def _system(
    system: OsRelease | None, bundle: Bundle, distribution: Distribution | None, packages: int
) -> Iterator[NotAssessed]:
    if not packages:
        return
    if system is None:
        yield NotAssessed("unknown-os", "The image does not say which distribution its packages are of.", "", packages)
    elif distribution is None:
        name = system.pretty_name or f"{system.id} {system.version_id}".strip()
        yield NotAssessed("unsupported-os", f"No advisory feed speaks for {name}.", system.id, packages)
    elif not distribution.ecosystems:
        name = distribution.expected
        yield NotAssessed("no-data", f"The bundle has no advisories of {name}.", name, packages)
    else:
        yield from _thin(distribution.ecosystems, distribution.expected, packages, bundle)


def _language(kind: str, packages: int, bundle: Bundle) -> Iterator[NotAssessed]:
    name = ecosystem_of(kind)
    if not name:
        yield NotAssessed("no-data", f"No advisory feed speaks of {kind} packages.", kind, packages)
        return
    there = bundle.families.get(name, ())
    if not there:
        yield NotAssessed("no-data", f"The bundle has no advisories of {name}.", name, packages)
    elif name in _LARGE:
        yield from _thin(there, name, packages, bundle)


def _thin(there: tuple[str, ...], name: str, packages: int, bundle: Bundle) -> Iterator[NotAssessed]:
    count = sum(bundle.ecosystems[item].advisories for item in there)
    if count < THIN:
        reason = f"The bundle has only {count} advisories of {name}: too few to tell what is missing."
        yield NotAssessed("thin-data", reason, name, packages)
