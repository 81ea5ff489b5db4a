"""Checks that read the assessment: findings with a fix, the image's age, and what the findings rest on."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal

import msgspec

from landwaiter.compliance.checks.check import Check
from landwaiter.compliance.models import ComplianceEvidence, Result
from landwaiter.compliance.results import count, failed, not_assessed, passed, warned
from landwaiter.matching.models import SEVERITIES, Assessment, Finding

_OS_TYPES = frozenset({"deb", "apk", "rpm", "alpm"})
_FIRST_YEAR = 2000
"""Reproducible builds write a date before this year, which says nothing of the image's age."""

Severity = Literal["critical", "high", "medium", "low", "negligible"]


class PatchLevel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Severities from which findings with a fix fail and warn, and the image age in days from which to warn."""

    fail_from: Severity = "critical"
    warn_from: Severity = "high"
    max_age_days: int = 90


class FindingScope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which findings count: `packages` is "all", "os" or "language"; from which severity."""

    packages: str = "all"
    fail_from: str = "high"


def patch_level(evidence: ComplianceEvidence, parameters: PatchLevel) -> Result:
    """No finding of the failing severity has a fix, and the image was built not long ago."""
    assessment = evidence.assessment
    if assessment is None:
        return not_assessed("The image was not compared with advisories.")
    fixable = [finding for finding in _active(assessment) if finding.fixed_versions]
    if bad := _from(fixable, parameters.fail_from):
        return failed(f"{count(len(bad), 'finding')} from {parameters.fail_from} on with a fix.", map(_shown, bad))
    concerns = [_shown(finding) for finding in [*_from(fixable, parameters.warn_from), *_unrated(fixable)]]
    age = image_age_days(evidence)
    if age is not None and age > parameters.max_age_days:
        concerns.append(f"the image was built {age} days before the advisory data")
    if concerns:
        return warned("Patches are waiting, or the image is old.", concerns + _gaps(assessment))
    if gaps := _gaps(assessment):
        return not_assessed("Not all packages could be assessed.", gaps)
    return passed(f"No finding from {parameters.warn_from} on has a fix.")


def vulnerability_findings(evidence: ComplianceEvidence, parameters: FindingScope) -> Result:
    """No package has a finding of the failing severity, with or without a fix."""
    assessment = evidence.assessment
    if assessment is None:
        return not_assessed("The image was not compared with advisories.")
    counted = [finding for finding in _active(assessment) if _in_scope(finding, parameters.packages)]
    if bad := _from(counted, parameters.fail_from):
        return failed(f"{count(len(bad), 'finding')} from {parameters.fail_from} on.", map(_shown, bad))
    gaps = _gaps(assessment) + [_shown(finding) for finding in _unrated(counted)]
    if gaps:
        return not_assessed("Not all packages, or not all findings' severities, could be assessed.", gaps)
    return passed(f"No finding from {parameters.fail_from} on.")


def image_age_days(evidence: ComplianceEvidence) -> int | None:
    """Return how many days before the advisory data the image was built; None where either date is not known."""
    built = _time(evidence.inventory.image.config.created)
    compared = _time(evidence.assessment.bundle.built) if evidence.assessment else None
    return (compared - built).days if built and compared and built.year >= _FIRST_YEAR else None


def _active(assessment: Assessment) -> list[Finding]:
    return [finding for finding in assessment.findings if finding.suppressed is None]


def _from(findings: Iterable[Finding], severity: str) -> list[Finding]:
    """Return the findings of at least this severity; those of unknown severity are not among them."""
    counted = SEVERITIES[: SEVERITIES.index(severity) + 1]
    return [finding for finding in findings if finding.severity in counted]


def _unrated(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity == "unknown"]


def _in_scope(finding: Finding, packages: str) -> bool:
    return packages == "all" or (finding.package.type in _OS_TYPES) == (packages == "os")


def _shown(finding: Finding) -> str:
    fix = f", fixed in {finding.fixed_versions[0]}" if finding.fixed_versions else ""
    return f"{finding.id} ({finding.severity}) in {finding.package.name} {finding.package.version}{fix}"


def _gaps(assessment: Assessment) -> list[str]:
    return [gap.reason for gap in assessment.not_assessed]


def _time(text: str | None) -> datetime | None:
    try:
        time = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


CHECKS = (
    Check("patch_level", patch_level, PatchLevel),
    Check("vulnerability_findings", vulnerability_findings, FindingScope),
)
