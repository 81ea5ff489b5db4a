"""What the services of `findings` return."""

from datetime import datetime

import msgspec

from landwaiter.compliance.models import ControlResult
from landwaiter.inventory.models import Inventory
from landwaiter.matching.models import BundleInfo, Cvss, Finding, NotAssessed
from landwaiter.platform.findings.freshness import DataAge
from landwaiter.policy.models import Verdict


class Counts(msgspec.Struct, frozen=True):
    """Open findings of an image by severity; `kev` and `fixable` are among them, `suppressed` are not."""

    critical: int = 0
    high: int = 0
    medium: int = 0
    low: int = 0
    negligible: int = 0
    unknown: int = 0
    kev: int = 0
    fixable: int = 0
    suppressed: int = 0


class Standing(msgspec.Struct, frozen=True):
    """How an image stands: "assessed", or "not_assessed", "stored", "scanning", "failed" with the `reason`.

    `counts` and `failed_controls` mean something only for "assessed" and "not_assessed" (which may be in part).
    """

    state: str
    reason: str
    verdict: str | None
    counts: Counts
    failed_controls: int
    assessed: datetime | None
    bundle: BundleInfo | None


class Variant(msgspec.Struct, frozen=True):
    """An image as one container of one task definition runs it; both names "" for the image alone."""

    task_definition_arn: str
    container: str
    results: tuple[ControlResult, ...]
    verdict: Verdict
    evaluated: datetime


class TrackedFinding(msgspec.Struct, frozen=True):
    """A finding with its life: since when the image's lineage shows it, `resolved` once it is gone.

    `reopened` is when it came back after it had been resolved.
    """

    finding: Finding
    first_seen: datetime
    last_seen: datetime
    resolved: datetime | None
    reopened: datetime | None = None


class RunningPlace(msgspec.Struct, frozen=True):
    """A container that runs an image, or ran it."""

    task_arn: str
    account: str
    region: str
    cluster: str
    group: str
    container: str
    image: str
    digest: str
    running: bool
    started_at: datetime | None


class ImageHead(msgspec.Struct, frozen=True):
    """An image in a list."""

    digest: str
    reference: str
    repository: str
    platform: str
    os: str
    packages: int
    size: int
    running: int
    """Containers that run it now."""
    first_seen: datetime
    last_seen: datetime
    standing: Standing


class ImageList(msgspec.Struct, frozen=True):
    """A page of images, seen last first. `next` is the cursor of the next page, None on the last."""

    images: tuple[ImageHead, ...]
    next: str | None


class ImagePage(msgspec.Struct, frozen=True):
    """All of one image: what is in it, what is wrong with it, where it runs.

    `not_assessed` is not empty where advisory data does not speak for all of it, whatever `findings` holds.
    """

    image: ImageHead
    references: tuple[str, ...]
    inventory: Inventory
    findings: tuple[TrackedFinding, ...]
    resolved: int
    not_assessed: tuple[NotAssessed, ...]
    variants: tuple[Variant, ...]
    running: tuple[RunningPlace, ...]
    scans: tuple[str, ...]
    """Ids of its scans, newest first."""


class FindingPage(msgspec.Struct, frozen=True):
    """A page of an image's findings, most severe first."""

    findings: tuple[TrackedFinding, ...]
    total: int
    next: str | None


class VulnerabilityHead(msgspec.Struct, frozen=True):
    """A vulnerability in a list: how many images have it, how many containers run them now."""

    id: str
    aliases: tuple[str, ...]
    severity: str
    cvss: Cvss | None
    kev: bool
    epss: float | None
    summary: str
    images: int
    running: int
    fixable: bool
    first_seen: datetime


class VulnerabilityList(msgspec.Struct, frozen=True):
    """A page of vulnerabilities, most severe first."""

    vulnerabilities: tuple[VulnerabilityHead, ...]
    next: str | None


class AffectedImage(msgspec.Struct, frozen=True):
    """An image that has a vulnerability, with the findings and the number of containers that run it now."""

    digest: str
    reference: str
    platform: str
    running: int
    findings: tuple[TrackedFinding, ...]


class VulnerabilityPage(msgspec.Struct, frozen=True):
    """All of one vulnerability: what it is, which images have it and in what, where these run now."""

    vulnerability: VulnerabilityHead
    fixed_versions: tuple[str, ...]
    images: tuple[AffectedImage, ...]
    running: tuple[RunningPlace, ...]
    truncated: bool
    """Whether more images or places exist than are listed."""


class PackageUse(msgspec.Struct, frozen=True):
    """A package (type, name, version) with the images that contain it and how many containers run them."""

    type: str
    name: str
    version: str
    purl: str
    images: tuple[str, ...]
    running: int


class Upgrade(msgspec.Struct, frozen=True):
    """An upgrade of a package, over everything that runs: what it removes, and in how many images and containers.

    `targets` are the versions that remove what was looked at, several where distributions differ; `counts` are
    vulnerabilities by severity, of those that are critical or known to be exploited.
    """

    type: str
    name: str
    installed: tuple[str, ...]
    targets: tuple[str, ...]
    vulnerabilities: tuple[str, ...]
    exploited: int
    counts: dict[str, int]
    images: int
    containers: int


class Upgrades(msgspec.Struct, frozen=True):
    """What to do first: upgrades that remove critical and known exploited findings; `total` counts all there are."""

    upgrades: tuple[Upgrade, ...]
    total: int


class Unscanned(msgspec.Struct, frozen=True):
    """An image of running containers of which nothing is known, why, and what to do. `task_arn` is one of its tasks.

    `state` is "failed", "scanning" or "unknown".
    """

    image: str
    platform: str
    state: str
    reason: str
    remedy: str
    scan_id: str | None
    containers: int
    task_arn: str


class DataGap(msgspec.Struct, frozen=True):
    """Something that no advisory data speaks for, and the running images and containers that have it."""

    kind: str
    reason: str
    images: int
    containers: int


class Gaps(msgspec.Struct, frozen=True):
    """All that is not assessed of what runs."""

    unscanned: tuple[Unscanned, ...]
    data: tuple[DataGap, ...]
    truncated: bool


class Overview(msgspec.Struct, frozen=True):
    """The state of the house at a glance. Exposure counts running containers, not images."""

    tasks_running: int
    containers_running: int
    containers_assessed: int
    containers_not_assessed: int
    containers_failing: int
    images_running: int
    images_total: int
    findings: Counts
    """Of the images that run now, each image once."""
    kev_running: tuple[VulnerabilityHead, ...]
    """The most severe known exploited vulnerabilities that run, at most 20 of `kev_running_total`."""
    kev_running_total: int
    new_findings_day: int
    resolved_findings_day: int
    scans_active: int
    scans_failed_day: int
    bundle: BundleInfo | None
    bundle_problem: str
    data: DataAge | None
    """How old the advisory data is, None where there is none."""
    outdated: int
    """Images that wait to be assessed with the newest data."""
    silent_sensors: int
    stopped_tasks_day: int
