"""Builders of evidence: only what a test speaks of is given, the rest is an ordinary image that was seen as a whole."""

from collections.abc import Callable, Sequence

import msgspec
import pytest

from landwaiter.compliance.models import ComplianceEvidence, TaskContainer, TaskDefinition
from landwaiter.images.models import ContainerConfig, Healthcheck, HistoryEntry, ImageConfig, RootFs
from landwaiter.images.platform import Platform
from landwaiter.inventory.models import (
    Coverage,
    FileEvidence,
    ImageSummary,
    Inventory,
    LayerSummary,
    Location,
    Note,
    OsRelease,
    Package,
)
from landwaiter.matching.models import (
    Assessment,
    BundleInfo,
    Finding,
    FindingPackage,
    NotAssessed,
    Reason,
    Suppression,
)

DIGEST = "sha256:" + "a" * 64
ARN = "arn:aws:ecs:eu-west-1:123456789012:task-definition/app:7"


def _history(lines: Sequence[str | tuple[str, bool]]) -> tuple[HistoryEntry, ...]:
    """A line is `created_by`, or (`created_by`, whether it made no layer)."""
    pairs = [(line, False) if isinstance(line, str) else line for line in lines]
    return tuple(HistoryEntry(created_by=text, empty_layer=empty) for text, empty in pairs)


def _package(name: str, version: str = "1.0", kind: str = "deb") -> Package:
    return Package(kind, name, version, f"pkg:{kind}/{name}@{version}", locations=(Location("var/lib/dpkg/status", 0),))


@pytest.fixture
def package() -> Callable[..., Package]:
    return _package


@pytest.fixture
def finding() -> Callable[..., Finding]:
    def make(
        name: str = "CVE-2024-0001",
        severity: str = "critical",
        fixed: tuple[str, ...] = ("1.1",),
        kind: str = "deb",
        suppressed: Suppression | None = None,
    ) -> Finding:
        return Finding(
            id=name,
            aliases=(),
            package=FindingPackage(kind, "openssl", "1.0", f"pkg:{kind}/openssl@1.0"),
            severity=severity,
            cvss=None,
            fixed_versions=fixed,
            kev=False,
            epss=None,
            reason=Reason("osv", name, "Debian:12", "openssl", "1.0", ">=0, <1.1", "deb"),
            suppressed=suppressed,
        )

    return make


@pytest.fixture
def assessment() -> Callable[..., Assessment]:
    def make(*findings: Finding, built: str = "2026-06-01T00:00:00Z", gaps: Sequence[str] = ()) -> Assessment:
        return Assessment(
            BundleInfo("sha256:b", built, built, 1000),
            findings,
            tuple(NotAssessed("no-data", reason) for reason in gaps),
        )

    return make


@pytest.fixture
def evidence() -> Callable[..., ComplianceEvidence]:
    """Make evidence of an image (config fields by keyword) and perhaps a task that runs it."""

    def make(
        *,
        history: Sequence[str | tuple[str, bool]] | None = ("ADD rootfs.tar.gz / # buildkit", ('CMD ["sh"]', True)),
        authors: Sequence[str] = (),
        layers: int | None = None,
        config: bool = True,
        digest: str = DIGEST,
        reference: str = "registry.example.com/team/app:1",
        created: str | None = "2026-05-30T00:00:00Z",
        system: str = "linux",
        packages: Sequence[Package] | None = None,
        files: FileEvidence | None = None,
        notes: Sequence[Note] = (),
        os: OsRelease | None = OsRelease("debian", "12"),
        test: tuple[str, ...] | None = None,
        assessment: Assessment | None = None,
        task: TaskDefinition | None = None,
        container: str | None = None,
        **settings: object,
    ) -> ComplianceEvidence:
        entries = _history(history) if history is not None else None
        if entries and authors:
            entries = tuple(msgspec.structs.replace(e, author=a) for e, a in zip(entries, authors, strict=True))
        count = layers if layers is not None else sum(not entry.empty_layer for entry in entries or ())
        container_config = ContainerConfig(healthcheck=Healthcheck(test) if test is not None else None, **settings)  # type: ignore[arg-type] # the test's own words
        image_config = ImageConfig(
            architecture="amd64",
            os=system,
            created=created,
            config=container_config if config else None,
            rootfs=RootFs(diff_ids=tuple(f"sha256:{number:064x}" for number in range(count))),
            history=entries,
        )
        summary = ImageSummary(
            reference,
            digest,
            Platform(system, "amd64"),
            tuple(LayerSummary(number, name, name, 10) for number, name in enumerate(image_config.rootfs.diff_ids)),
            image_config,
        )
        inventory = Inventory(
            summary,
            os,
            tuple([_package("libc6")] if packages is None else packages),
            Coverage(not notes, tuple(notes)),
            files or FileEvidence(has_passwd=True),
        )
        return ComplianceEvidence(inventory, assessment, task, container)

    return make


@pytest.fixture
def task() -> Callable[..., TaskDefinition]:
    """Make a task definition; without containers it has one, `app`, with the fields of `container`."""

    def make(
        *containers: TaskContainer, container: dict[str, object] | None = None, **fields: object
    ) -> TaskDefinition:
        own = TaskContainer(**({"name": "app", "image": "registry.example.com/team/app:1"} | (container or {})))  # type: ignore[arg-type] # see above
        return TaskDefinition(ARN, containers or (own,), **fields)  # type: ignore[arg-type] # see above

    return make
