"""A synthetic store of images, shaped as real ones are: one distribution's packages, and those of a language or two.

The pool of packages is made of names that the bundle knows, at versions that its ranges speak of: most as new as the
newest fix, the others older. Popular packages are in many images, most in few.
"""

import random
from collections import defaultdict
from dataclasses import dataclass
from itertools import accumulate

from landwaiter.advisories.bundle import Bundle
from landwaiter.advisories.ecosystems import ECOSYSTEMS, base_of, scheme_of
from landwaiter.advisories.models import bounds_of
from landwaiter.images.models import ImageConfig
from landwaiter.images.platform import Platform
from landwaiter.inventory.models import Coverage, ImageSummary, Inventory, OsRelease, Package
from landwaiter.versions import InvalidVersionError, sort_key

SYSTEMS = {"AlmaLinux": "almalinux", "Alpine": "alpine", "Debian": "debian"}
LANGUAGES = ("PyPI", "npm", "Maven", "Go", "crates.io")
POOL, PACKAGES, OF_SYSTEM = 20_000, 300, 180
_UP_TO_DATE = 0.8
_SKEW = 0.8

Item = tuple[str, Package]


@dataclass(frozen=True)
class Stored:
    """`packages` by number with the ecosystem that speaks for each; `images` as a release and numbers of packages."""

    packages: list[Item]
    images: list[tuple[str, frozenset[int]]]

    def inventory(self, number: int) -> Inventory:
        """Return one image as an inventory."""
        release, members = self.images[number]
        summary = ImageSummary(str(number), "", Platform("linux", "amd64"), (), ImageConfig())
        packages = tuple(self.packages[member][1] for member in sorted(members))
        return Inventory(summary, system_of(release), packages, Coverage(complete=True))


def system_of(release: str) -> OsRelease:
    """Return the operating system of an ecosystem with release ("Alpine:v3.18")."""
    base, _, version = release.partition(":")
    return OsRelease(SYSTEMS[base], version.removeprefix("v"))


def make_store(bundle: Bundle, images: int, seed: int = 7) -> Stored:
    """Return a store of `images` images over packages that the bundle knows."""
    chance = random.Random(seed)
    versions = _versions(bundle)
    pool = chance.sample(sorted(versions), min(POOL, len(versions)))
    packages = [
        (ecosystem, _package(ecosystem, name, _installed(versions, ecosystem, name, chance)))
        for ecosystem, name in pool
    ]
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, (ecosystem, _) in enumerate(packages):
        numbers[ecosystem].append(number)
    releases = [name for name in sorted(numbers) if base_of(name) in SYSTEMS and len(numbers[name]) >= OF_SYSTEM]
    languages = [name for name in LANGUAGES if len(numbers[name]) >= PACKAGES]
    weights = {
        name: list(accumulate((rank + 1) ** -_SKEW for rank in range(len(found)))) for name, found in numbers.items()
    }
    made = []
    for _ in range(images):
        release, language = chance.choice(releases), chance.choice(languages)
        system = _drawn(numbers[release], weights[release], OF_SYSTEM, chance)
        made.append((release, system | _drawn(numbers[language], weights[language], PACKAGES - OF_SYSTEM, chance)))
    return Stored(packages, made)


def _popularity(count: int) -> list[float]:
    """Return cumulative weights by rank: the first of a list is in far more images than the last."""
    return list(accumulate((rank + 1) ** -_SKEW for rank in range(count)))


def _drawn(numbers: list[int], weights: list[float], count: int, chance: random.Random) -> frozenset[int]:
    """Draw `count` different ones, the first ones of the list more often."""
    found: set[int] = set()
    while len(found) < count:
        found.update(chance.choices(numbers, cum_weights=weights, k=count - len(found)))
    return frozenset(found)


def _versions(bundle: Bundle) -> dict[tuple[str, str], list[str]]:
    known: dict[tuple[str, str], list[str]] = defaultdict(list)
    for compiled in bundle.records():
        for affected in compiled.affected:
            if base_of(affected.ecosystem) in {*SYSTEMS, *LANGUAGES}:
                known[affected.ecosystem, affected.package] += bounds_of(affected.ranges)
    return {key: found for key, found in known.items() if found}


def _installed(versions: dict[tuple[str, str], list[str]], ecosystem: str, name: str, chance: random.Random) -> str:
    known = versions[ecosystem, name]
    if chance.random() > _UP_TO_DATE:
        return chance.choice(known)
    try:
        return max(known, key=lambda version: sort_key(scheme_of(ecosystem), version))
    except InvalidVersionError:
        return known[-1]


def _package(ecosystem: str, name: str, version: str) -> Package:
    kind = ECOSYSTEMS[base_of(ecosystem)].purl_type
    return Package(kind, name, version, f"pkg:{kind}/{name}@{version}")
