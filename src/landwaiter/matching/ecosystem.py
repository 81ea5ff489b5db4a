"""Language packages: which ecosystem speaks for a purl type, and under which name and version.

Names: PEP 503 for PyPI; NuGet, Packagist, Hex and Pub ignore case; the others are taken as written. `Packagist:<url>`
and `Maven:<url>` are other registries of the same ecosystem: their packages are looked for under every one of them.
"""

import re
from collections.abc import Mapping

from landwaiter.advisories.ecosystems import ECOSYSTEMS, normal_name
from landwaiter.inventory.models import Package
from landwaiter.matching.subject import Subject

_OF_TYPE = {item.purl_type: item for item in ECOSYSTEMS.values() if not item.distribution}
_REVISION = re.compile(r"-\d+\Z")


def ecosystem_of(purl_type: str) -> str:
    """Return the OSV ecosystem that speaks for a purl type; "" where none does."""
    found = _OF_TYPE.get(purl_type)
    return found.name if found else ""


def subjects(package: Package, families: Mapping[str, tuple[str, ...]]) -> tuple[Subject, ...]:
    """Return what to ask a bundle about a language package; `families` are its ecosystems by name without release."""
    found = _OF_TYPE.get(package.type)
    if found is None:
        return ()
    names = families.get(found.name, (found.name,))
    return (Subject(names, normal_name(found.name, package.name), _version(package), found.scheme),)


def _version(package: Package) -> str:
    """Return the version as the ecosystem's advisories write it.

    Go's come without "v" or "go"; Bitnami's advisories speak of the upstream release, without the package's revision.
    """
    if package.type == "golang":
        return package.version.removeprefix("go").removeprefix("v")
    return _REVISION.sub("", package.version) if package.type == "bitnami" else package.version
