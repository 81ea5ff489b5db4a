"""The page of one image, arranged for reading: what is decided, what is not known, what to do first, then the lists."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from landwaiter.compliance.models import ControlResult
from landwaiter.inventory.models import LayerSummary, Package
from landwaiter.matching.models import Finding
from landwaiter.platform.console.presentation import by_status, last_part
from landwaiter.platform.findings.images import MOST_FINDINGS
from landwaiter.platform.findings.models import ImagePage, TrackedFinding, Variant
from landwaiter.reports.fixes import Fix, fixes

ROWS = 250
"""Rows of a long table that one page shows."""
_NOT_ASSESSED = "Not assessed: "
_URGENT = ("fail", "warn", "error")


class FindingFilters(msgspec.Struct, frozen=True):
    """Which findings to list: words that all occur in it, a severity, and `only` one kind.

    `only` is "kev", "fixable", "silenced" (by VEX), "resolved" (found no more), or "" for all that are open.
    """

    text: str = ""
    severity: str = ""
    only: str = ""


class Decision(msgspec.Struct, frozen=True):
    """A verdict, with the `uses` of the image ("container web of shop:1", none for the image alone) that it is for."""

    status: str
    policy: str
    reasons: tuple[str, ...]
    uses: tuple[str, ...]


class ComplianceGroup(msgspec.Struct, frozen=True):
    """Control results that several uses of the image share, what needs attention apart from the rest."""

    uses: tuple[str, ...]
    evaluated: datetime
    counts: dict[str, int]
    urgent: tuple[ControlResult, ...]
    rest: tuple[ControlResult, ...]


class LayerRow(msgspec.Struct, frozen=True):
    """A layer with how many packages it brought, and how many open findings by severity."""

    layer: LayerSummary
    packages: int
    findings: dict[str, int]


class ImageView(msgspec.Struct, frozen=True):
    """All that the template shows. `found` of `among` findings pass the filters, of which `findings` are shown."""

    page: ImagePage
    gaps: tuple[str, ...]
    decisions: tuple[Decision, ...]
    fixes: tuple[Fix, ...]
    filters: FindingFilters
    findings: tuple[TrackedFinding, ...]
    found: int
    among: int
    start: int
    truncated: bool
    compliance: tuple[ComplianceGroup, ...]
    layers: tuple[LayerRow, ...]
    largest: int


def view_of(
    page: ImagePage, filters: FindingFilters, start: int = 0, resolved: Sequence[TrackedFinding] = ()
) -> ImageView:
    """Arrange a page; `start` is the first row of the findings that pass the filters, `resolved` what was one once."""
    listed = resolved if filters.only == "resolved" else page.findings
    matching = [tracked for tracked in listed if _passes(tracked.finding, filters)]
    image = page.inventory.image
    return ImageView(
        page=page,
        gaps=_gaps(page),
        decisions=_decisions(page.variants),
        fixes=fixes((tracked.finding for tracked in page.findings), image),
        filters=filters,
        findings=tuple(matching[start : start + ROWS]),
        found=len(matching),
        among=len(listed),
        start=start,
        truncated=len(page.findings) >= MOST_FINDINGS,
        compliance=_compliance(page.variants),
        layers=_layers(page),
        largest=max((layer.size for layer in image.layers), default=0),
    )


def packages_of(packages: Iterable[Package], text: str, kind: str) -> list[Package]:
    """Return the packages of a purl type ("" for all) whose name, version, source or path holds all words of `text`."""
    wanted = text.casefold().split()
    return [
        package
        for package in packages
        if (not kind or package.type == kind) and all(word in _package_text(package) for word in wanted)
    ]


def _package_text(package: Package) -> str:
    source = package.source.name if package.source else ""
    paths = " ".join(location.path for location in package.locations)
    return f"{package.name} {package.version} {package.type} {source} {paths}".casefold()


def _passes(finding: Finding, filters: FindingFilters) -> bool:
    if filters.severity and finding.severity != filters.severity:
        return False
    if (filters.only == "kev" and not finding.kev) or (filters.only == "fixable" and not finding.fixed_versions):
        return False
    if filters.only == "silenced" and finding.suppressed is None:
        return False
    paths = " ".join(location.path for location in finding.package.locations)
    text = f"{finding.id} {' '.join(finding.aliases)} {finding.package.name} {finding.package.version} {paths}"
    whole = f"{text} {finding.package.type} {finding.summary} {finding.severity}".casefold()
    return all(word in whole for word in filters.text.casefold().split())


def _gaps(page: ImagePage) -> tuple[str, ...]:
    """Return why not all is assessed, each reason once: of the assessment first, then of the verdicts."""
    reasons: dict[str, str] = {}
    for gap in page.not_assessed:
        reasons.setdefault(gap.reason, f"{gap.reason} ({gap.packages} packages)" if gap.packages else gap.reason)
    for variant in page.variants:
        verdict = variant.verdict
        for reason in verdict.reasons:
            if verdict.status == "not_assessed" or reason.startswith(_NOT_ASSESSED):
                text = reason.removeprefix(_NOT_ASSESSED)
                reasons.setdefault(text, text)
    return tuple(reasons.values())


def _decisions(variants: Iterable[Variant]) -> tuple[Decision, ...]:
    groups: dict[tuple[str, str, tuple[str, ...]], list[str]] = defaultdict(list)
    for variant in variants:
        verdict = variant.verdict
        told = () if verdict.status == "not_assessed" else verdict.reasons
        reasons = tuple(reason for reason in told if not reason.startswith(_NOT_ASSESSED))
        groups[verdict.status, verdict.policy, reasons].extend(_use(variant))
    return tuple(Decision(status, policy, why, tuple(uses)) for (status, policy, why), uses in groups.items())


def _compliance(variants: Iterable[Variant]) -> tuple[ComplianceGroup, ...]:
    groups: dict[tuple[ControlResult, ...], list[Variant]] = defaultdict(list)
    for variant in variants:
        groups[variant.results].append(variant)
    return tuple(_group(results, alike) for results, alike in groups.items())


def _group(results: Sequence[ControlResult], alike: Sequence[Variant]) -> ComplianceGroup:
    ordered = by_status(results)
    return ComplianceGroup(
        uses=tuple(use for variant in alike for use in _use(variant)),
        evaluated=max(variant.evaluated for variant in alike),
        counts=dict(Counter(result.status for result in ordered)),
        urgent=tuple(result for result in ordered if result.status in _URGENT),
        rest=tuple(result for result in ordered if result.status not in _URGENT),
    )


def _use(variant: Variant) -> tuple[str, ...]:
    if not variant.container:
        return ()
    return (f"container {variant.container} of {last_part(variant.task_definition_arn)}",)


def _layers(page: ImagePage) -> tuple[LayerRow, ...]:
    packages = Counter(package.locations[0].layer for package in page.inventory.packages if package.locations)
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for tracked in page.findings:
        finding = tracked.finding
        if finding.package.locations and finding.suppressed is None:
            found[finding.package.locations[0].layer][finding.severity] += 1
    return tuple(
        LayerRow(layer, packages[layer.index], dict(found[layer.index])) for layer in page.inventory.image.layers
    )
