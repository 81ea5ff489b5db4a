"""The JSON of `landwaiter inventory` and `landwaiter scan`: one object, the same keys always, for programs.

`inventory`: image, os, packages, coverage. `scan`: the same, then findings, compliance, verdict. What no advisory data
speaks for is in `coverage.not_assessed`; the data that a verdict rests on is in `verdict.bundle`.
"""

import msgspec

from landwaiter.compliance.models import ControlResult
from landwaiter.compliance.redaction import redacted, redacted_assignment
from landwaiter.images.models import ContainerConfig
from landwaiter.images.platform import Platform
from landwaiter.inventory.models import ImageSummary, Inventory, LayerSummary, Note, OsRelease, Package
from landwaiter.matching.models import BundleInfo, Finding, NotAssessed
from landwaiter.policy.models import Verdict
from landwaiter.reports.escape import shortened
from landwaiter.reports.json_text import json_text
from landwaiter.reports.models import ScanReport

_LONGEST = 10_000
"""Characters of a setting or of a line of the history."""


class ConfigDocument(msgspec.Struct, frozen=True):
    """How a container is started from the image; values that look like secrets are redacted."""

    user: str
    env: tuple[str, ...]
    labels: dict[str, str]
    exposed_ports: tuple[str, ...]


class ImageDocument(msgspec.Struct, frozen=True):
    """The image: its names, platform, layers (lowest first) and settings."""

    reference: str
    digest: str
    index_digest: str | None
    platform: Platform
    created: str | None
    config: ConfigDocument
    layers: tuple[LayerSummary, ...]


class CoverageDocument(msgspec.Struct, frozen=True):
    """What was understood, and what was not: `notes` of the inventory, `not_assessed` of the matching."""

    complete: bool
    notes: tuple[Note, ...]
    package_types: dict[str, int]
    not_assessed: tuple[NotAssessed, ...]


class VerdictDocument(msgspec.Struct, frozen=True):
    """The verdict, the policy that gave it, and the advisory data that it rests on."""

    status: str
    reasons: tuple[str, ...]
    policy: str
    bundle: BundleInfo | None


class InventoryDocument(msgspec.Struct, frozen=True):
    """The object of `landwaiter inventory`."""

    image: ImageDocument
    os: OsRelease | None
    packages: tuple[Package, ...]
    coverage: CoverageDocument


class ScanDocument(msgspec.Struct, frozen=True):
    """The object of `landwaiter scan`."""

    image: ImageDocument
    os: OsRelease | None
    packages: tuple[Package, ...]
    coverage: CoverageDocument
    findings: tuple[Finding, ...]
    compliance: tuple[ControlResult, ...]
    verdict: VerdictDocument


def render(report: ScanReport) -> str:
    """Return the object as indented JSON; a report without assessment gives that of `landwaiter inventory`."""
    inventory, assessment = report.inventory, report.assessment
    image = image_document(inventory.image)
    if assessment is None:
        return json_text(InventoryDocument(image, inventory.os, inventory.packages, _coverage(inventory, ())))
    verdict = report.verdict or Verdict("not_assessed", ("No policy was applied.",), "")
    return json_text(
        ScanDocument(
            image,
            inventory.os,
            inventory.packages,
            _coverage(inventory, assessment.not_assessed),
            assessment.findings,
            report.compliance,
            VerdictDocument(verdict.status, verdict.reasons, verdict.policy, assessment.bundle),
        )
    )


def image_document(image: ImageSummary) -> ImageDocument:
    """Return the image as the contract shows it, without secrets of its environment, labels and history."""
    config = image.config.config or ContainerConfig()
    return ImageDocument(
        reference=image.reference,
        digest=image.digest,
        index_digest=image.index_digest,
        platform=image.platform,
        created=image.config.created,
        config=ConfigDocument(
            user=config.user or "",
            env=tuple(_assignment(variable) for variable in config.env or ()),
            labels={name: _value(name, value) for name, value in (config.labels or {}).items()},
            exposed_ports=tuple(sorted(config.exposed_ports or {})),
        ),
        layers=tuple(
            msgspec.structs.replace(layer, created_by=redacted(shortened(layer.created_by, _LONGEST)))
            for layer in image.layers
        ),
    )


def _coverage(inventory: Inventory, gaps: tuple[NotAssessed, ...]) -> CoverageDocument:
    coverage = inventory.coverage
    return CoverageDocument(coverage.complete, coverage.notes, coverage.package_types, gaps)


def _assignment(variable: str) -> str:
    name, sign, value = variable.partition("=")
    return redacted_assignment(name, shortened(value, _LONGEST)) if sign else variable


def _value(name: str, value: str) -> str:
    return redacted_assignment(name, shortened(value, _LONGEST)).removeprefix(f"{name}=")
