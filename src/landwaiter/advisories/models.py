"""What the feeds say, in one shape: advisories, exploited vulnerabilities, probabilities and ends of life.

A feed's reader yields these; the build compiles them into the bundle. Times are RFC 3339 UTC, "" where there is none.
"""

from typing import TypeAlias

import msgspec

from landwaiter.versions.ranges import Event, Range

STATUSES = ("affected", "under_investigation", "deferred", "will_not_fix", "end_of_life", "not_affected")
"""What a vendor says of a package; `not_affected` overrules every other record of that vendor."""


def fixed_in(version: str) -> tuple[Range, ...]:
    """Return the range of everything before `version`, the usual statement of an erratum."""
    return (Range("ECOSYSTEM", (Event(introduced="0"), Event(fixed=version))),)


ALL_VERSIONS = (Range("ECOSYSTEM", (Event(introduced="0"),)),)
"""The range of a vulnerability without a fix."""


def bounds_of(ranges: tuple[Range, ...]) -> tuple[str, ...]:
    """Return the versions that end ranges: fixed and last affected ones, in the feed's order."""
    ends = (event.fixed or event.last_affected for item in ranges for event in item.events)
    return tuple(version for version in ends if version)


class BundleInfo(msgspec.Struct, frozen=True):
    """Which advisory data a verdict rests on. `id` is the bundle's content digest, times are RFC 3339 UTC."""

    id: str
    built: str
    newest: str
    advisories: int
    signed_by: str = ""


class Affected(msgspec.Struct, frozen=True, omit_defaults=True):
    """One package that an advisory speaks of.

    `ecosystem` is the OSV ecosystem string with its release ("Debian:12"), `package` the name in the ecosystem's normal
    form. `severity` is the vendor's word for this package in our scale. `streams` are the rpm module streams
    (`nodejs:18`) the fixed builds belong to; `repository` the optional repository they come from ("" for the main one);
    `binaries` limit a statement about a source to some of its packages.
    """

    ecosystem: str = ""
    package: str = ""
    ranges: tuple[Range, ...] = ()
    versions: tuple[str, ...] = ()
    status: str = "affected"
    severity: str = ""
    vectors: tuple[str, ...] = ()
    streams: tuple[str, ...] = ()
    repository: str = ""
    binaries: tuple[str, ...] = ()
    note: str = ""


class Advisory(msgspec.Struct, frozen=True, omit_defaults=True):
    """One record of one feed.

    `aliases` name the same vulnerability, `upstream` and `related` as OSV means them. `vectors` are CVSS vector strings
    as written; `severity` the record's own word in our scale, "" where it has none.
    """

    feed: str
    id: str
    modified: str = ""
    withdrawn: bool = False
    aliases: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    summary: str = ""
    severity: str = ""
    vectors: tuple[str, ...] = ()
    url: str = ""
    affected: tuple[Affected, ...] = ()


class KnownExploited(msgspec.Struct, frozen=True):
    """A row of CISA's catalogue: exploited in the wild since `added` (date), to be mended by `due` (date)."""

    cve: str
    added: str
    due: str = ""
    ransomware: bool = False
    title: str = ""


class Probability(msgspec.Struct, frozen=True):
    """FIRST's EPSS: probability of exploitation within 30 days and its percentile, both 0 to 1."""

    cve: str
    score: float
    percentile: float


class Release(msgspec.Struct, frozen=True):
    """A release of a distribution: when it came out, when standard and extended support end (YYYY-MM-DD or "")."""

    distribution: str
    version: str
    codename: str
    released: str = ""
    end: str = ""
    extended_end: str = ""


class SupportEnded(msgspec.Struct, frozen=True):
    """A source package whose security support ended before its release's: `kind` is "ended" or "limited"."""

    distribution: str
    version: str
    package: str
    kind: str
    note: str = ""


class ProductRepository(msgspec.Struct, frozen=True):
    """Red Hat's repository-to-cpe: the products (CPE) that a content set belongs to."""

    repository: str
    cpes: tuple[str, ...]


class Quarantined(msgspec.Struct, frozen=True):
    """A record, or a file of a feed, that is not what it should be, and why.

    `kept` tells a record that was mended and used from one that was left out.
    """

    feed: str
    record: str
    reason: str
    kept: bool = False


class FeedDate(msgspec.Struct, frozen=True):
    """The date that a feed states for itself (a catalogue's release, a score's day)."""

    feed: str
    date: str


Fact: TypeAlias = (
    Advisory | KnownExploited | Probability | Release | SupportEnded | ProductRepository | Quarantined | FeedDate
)
"""What a reader may yield."""


class FeedInfo(msgspec.Struct, frozen=True):
    """One feed as a bundle holds it.

    `fetched` is when it was last fetched or confirmed unchanged, else the newest date the feed itself states. `records`
    counts what was compiled, `quarantined` what was left out as unfit, `skipped` updates that mend no vulnerability.
    `failed` says why the last fetch failed, "" when it did not.
    """

    name: str
    fetched: str
    records: int = 0
    quarantined: int = 0
    skipped: int = 0
    failed: str = ""


class EcosystemInfo(msgspec.Struct, frozen=True):
    """How much a bundle knows of one ecosystem: distinct packages and advisories."""

    name: str
    packages: int
    advisories: int


class Score(msgspec.Struct, frozen=True, array_like=True):
    """A CVSS vector with its base score; `version` is "2.0", "3.0", "3.1" or "4.0"."""

    version: str
    vector: str
    score: float


class Record(msgspec.Struct, frozen=True):
    """One advisory as the bundle holds it.

    `vulnerabilities` are the names it gives findings (CVEs where it has any, else its own), `names` every other name.
    """

    feed: str
    id: str
    modified: str
    vulnerabilities: tuple[str, ...]
    names: tuple[str, ...]
    summary: str = ""
    severity: str = ""
    scores: tuple[Score, ...] = ()
    url: str = ""
    withdrawn: bool = False


class CompiledRecord(msgspec.Struct, frozen=True):
    """A record with all that it says of packages; what the bundle is written from and what a delta carries."""

    record: Record
    affected: tuple[Affected, ...] = ()


class KnownScores(msgspec.Struct, frozen=True):
    """What any record says of one vulnerability's severity, for records that say nothing themselves."""

    severity: str
    scores: tuple[Score, ...]


class Entry(msgspec.Struct, frozen=True):
    """What one record says of one package."""

    record: Record
    affected: Affected


class Tables(msgspec.Struct):
    """What a bundle holds beside its records."""

    built: str = ""
    newest: str = ""
    feeds: list[FeedInfo] = []
    exploited: dict[str, KnownExploited] = {}
    probabilities: dict[str, Probability] = {}
    releases: list[Release] = []
    support: list[SupportEnded] = []
    repositories: list[ProductRepository] = []
    quarantine: list[Quarantined] = []
