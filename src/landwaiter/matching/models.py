"""What matching an inventory with the advisories gives: findings that explain themselves, and what was not assessed."""

import msgspec

from landwaiter.advisories.models import BundleInfo
from landwaiter.inventory.models import Location

__all__ = [
    "SEVERITIES",
    "Assessment",
    "BundleInfo",
    "Cvss",
    "Finding",
    "FindingPackage",
    "NotAssessed",
    "Reason",
    "Suppression",
]

SEVERITIES = ("critical", "high", "medium", "low", "negligible", "unknown")
"""Most severe first."""


class Cvss(msgspec.Struct, frozen=True):
    """A CVSS vector with its base score (0.0 to 10.0) and `version` ("2.0", "3.0", "3.1", "4.0")."""

    version: str
    vector: str
    score: float


class Reason(msgspec.Struct, frozen=True):
    """Why a package is affected: which record of which feed, which of its ranges, compared how.

    `range` is written as a person reads it (">=0, <1.1.1n-0+deb11u4"), or "listed in versions". `compared` is the
    version that was compared (the source package's where the distribution's data speaks of sources).
    """

    feed: str
    record: str
    ecosystem: str
    package: str
    compared: str
    range: str
    scheme: str
    url: str = ""


class Suppression(msgspec.Struct, frozen=True):
    """A VEX statement that silences a finding, visibly: `status` not_affected or fixed, with its justification."""

    source: str
    status: str
    justification: str = ""
    statement: str = ""


class FindingPackage(msgspec.Struct, frozen=True):
    """The package a finding is about, as in the inventory."""

    type: str
    name: str
    version: str
    purl: str
    locations: tuple[Location, ...] = ()


class Finding(msgspec.Struct, frozen=True):
    """One vulnerability in one package.

    `id` is the CVE where one is known, else the record's own id; `aliases` all other names, sorted. `status` is
    "affected", or what the vendor says of it: "will_not_fix", "deferred", "end_of_life", "under_investigation".
    `epss` is the probability (0 to 1). `fingerprint` is stable across rebuilds of the same lineage: made of id, package
    type and name and path, without version.
    """

    id: str
    aliases: tuple[str, ...]
    package: FindingPackage
    severity: str
    cvss: Cvss | None
    fixed_versions: tuple[str, ...]
    kev: bool
    epss: float | None
    reason: Reason
    status: str = "affected"
    summary: str = ""
    fingerprint: str = ""
    suppressed: Suppression | None = None


class NotAssessed(msgspec.Struct, frozen=True):
    """Packages that no advisory data speaks for, and why. "Not assessed" is never "clean".

    Kinds: empty-bundle, stale-bundle, unknown-os, unsupported-os, no-data (for `ecosystem`), thin-data, unidentified
    (a package without version, or without Maven's group), unreadable, empty-inventory.
    """

    kind: str
    reason: str
    ecosystem: str = ""
    packages: int = 0


class Assessment(msgspec.Struct, frozen=True):
    """The findings of one inventory, most urgent first, with what they rest on."""

    bundle: BundleInfo
    findings: tuple[Finding, ...]
    not_assessed: tuple[NotAssessed, ...] = ()
