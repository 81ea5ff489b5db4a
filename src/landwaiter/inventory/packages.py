"""The packages of the inventory, put together from the evidence: one entry each, with all its locations."""

from collections.abc import Mapping

import msgspec

from landwaiter.inventory.databases import Found
from landwaiter.inventory.filesystem import PackageKey, Placed, key_of
from landwaiter.inventory.models import Evidence, Location, OsRelease, Package, PackageFact, SourcePackage
from landwaiter.inventory.purl import OS_TYPES, purl_of

_Identity = tuple[str, str, str, str, str | None, str, str]


class PackageList:
    """Collects packages. The same package at several places is one entry, apart from where the OS owns it.

    `licenses` are those of Debian's packages by name, which its database does not hold.
    """

    def __init__(self, release: OsRelease | None, licenses: Mapping[str, tuple[str, ...]]) -> None:
        self._release = release
        self._licenses = licenses
        self._found: dict[_Identity, Package] = {}
        self._locations: dict[_Identity, dict[Location, None]] = {}

    def add_database(self, found: Found, since: Mapping[PackageKey, int]) -> None:
        """Add the packages of the distribution; `since` says from which layer on each has been there."""
        for package in found.packages():
            layer = since.get(key_of(package), found.placed.layer)
            self._add(package, Location(found.path, layer), found.evidence.analyser, None)

    def add_evidence(self, path: str, placed: Placed, evidence: Evidence, owner: str | None) -> None:
        """Add the packages of one file, which the package `owner` of the distribution owns."""
        for package in evidence.packages:
            layer = placed.origins.get(key_of(package), placed.layer)
            self._add(package, Location(package.path or path, layer), evidence.analyser, owner)

    def _add(self, fact: PackageFact, location: Location, analyser: str, owner: str | None) -> None:
        identity = (fact.type, fact.name, fact.version, fact.arch, owner, fact.source_name, fact.purl)
        if identity not in self._found:
            self._found[identity] = self._package(fact, analyser, owner)
        self._locations.setdefault(identity, {})[location] = None

    def _package(self, fact: PackageFact, analyser: str, owner: str | None) -> Package:
        source = SourcePackage(fact.source_name, fact.source_version or fact.version) if fact.source_name else None
        licenses = fact.licenses
        if not licenses and fact.type == "deb":
            licenses = self._licenses.get(fact.name, ())
        return Package(
            fact.type,
            fact.name,
            fact.version,
            purl_of(fact, self._release if fact.type in OS_TYPES else None),
            source,
            fact.arch,
            (),
            licenses,
            fact.modularity,
            fact.vendor,
            owner,
            analyser,
        )

    def finish(self) -> tuple[Package, ...]:
        """Return the packages, ordered by type, name, version and architecture."""
        complete = [
            msgspec.structs.replace(
                package, locations=tuple(sorted(self._locations[identity], key=lambda one: (one.layer, one.path)))
            )
            for identity, package in self._found.items()
        ]
        complete.sort(key=lambda one: (one.type, one.name, one.version, one.arch, one.owned_by or "", one.purl))
        return tuple(complete)
