"""The JSON of `landwaiter inventory` and `landwaiter scan`: one object, the same keys always, for programs.

`inventory`: image, os, packages, coverage. `scan`: the same, then findings, compliance, verdict. What no advisory data
speaks for is in `coverage.not_assessed`; the data that a verdict rests on is in `verdict.bundle`.
"""

import msgspec

from landwaiter.compliance.models import ControlResult
from landwaiter.inventory.models import Inventory, Note, OsRelease, Package
from landwaiter.matching.models import BundleInfo, Finding, NotAssessed
from landwaiter.policy.models import Verdict
from landwaiter.reports.inventory_json import ImageDocument, image_document, render_inventory
from landwaiter.reports.json_text import json_text
from landwaiter.reports.models import ScanReport


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
    if assessment is None:
        return render_inventory(inventory)
    verdict = report.verdict or Verdict("not_assessed", ("No policy was applied.",), "")
    return json_text(
        ScanDocument(
            image_document(inventory.image),
            inventory.os,
            inventory.packages,
            _coverage(inventory, assessment.not_assessed),
            assessment.findings,
            report.compliance,
            VerdictDocument(verdict.status, verdict.reasons, verdict.policy, assessment.bundle),
        )
    )


def _coverage(inventory: Inventory, gaps: tuple[NotAssessed, ...]) -> CoverageDocument:
    coverage = inventory.coverage
    return CoverageDocument(coverage.complete, coverage.notes, coverage.package_types, gaps)
