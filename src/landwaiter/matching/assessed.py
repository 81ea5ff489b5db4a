"""What no advisory data speaks for. "Not assessed" is never "clean": each case is shown with its reason.

A distribution's release, or one of the large language ecosystems, is called thin below `THIN` advisories in the bundle:
every one of them has thousands in a complete bundle.
"""

from collections import Counter
from collections.abc import Iterator

from landwaiter.advisories.bundle import Bundle
from landwaiter.inventory.models import Inventory, Package
from landwaiter.matching.distro import KINDS, Distribution
from landwaiter.matching.ecosystem import ecosystem_of
from landwaiter.matching.models import Assessment, BundleInfo, NotAssessed

THIN = 100
_LARGE = ("PyPI", "npm", "Maven", "Go", "crates.io", "RubyGems", "Packagist", "NuGet", "Bitnami")
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


def not_assessed(inventory: Inventory, bundle: Bundle, distribution: Distribution | None) -> Iterator[NotAssessed]:
    """Yield everything of the inventory that the bundle cannot speak for."""
    packages = [package for package in inventory.packages if not is_key(package)]
    if not packages:
        yield NotAssessed("empty-inventory", "No package was found in the image, so there is nothing to look up.")
    if not bundle.info.advisories:
        yield NotAssessed("empty-bundle", "The bundle has no advisories at all.", packages=len(packages))
        return
    counts = Counter(package.type for package in packages if package.owned_by is None)
    own = sum(counts[kind] for kind in KINDS if distribution is None or kind == distribution.kind)
    yield from _system(inventory, bundle, distribution, own)
    for kind in sorted(kind for kind in KINDS if counts[kind] and distribution and kind != distribution.kind):
        yield NotAssessed("unknown-os", f"The {kind} packages are of another distribution.", "", counts[kind])
    for kind in sorted(counts.keys() - set(KINDS)):
        yield from _language(kind, counts[kind], bundle)
    for note in inventory.coverage.notes:
        if note.kind in _UNREADABLE:
            where = f" ({note.path})" if note.path else ""
            yield NotAssessed("unreadable", f"{note.reason}{where}")


def _system(
    inventory: Inventory, bundle: Bundle, distribution: Distribution | None, packages: int
) -> Iterator[NotAssessed]:
    system = inventory.os
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
