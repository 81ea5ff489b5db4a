"""The findings of a report for a terminal: what to do first, grouped by fix, then every finding in a row."""

from collections import Counter
from collections.abc import Iterator, Sequence

from landwaiter.inventory.models import ImageSummary, Location
from landwaiter.matching.models import SEVERITIES, Finding
from landwaiter.policy.evaluate import has_fix
from landwaiter.reports.columns import Cell, Column, Painter, folded, lay_out
from landwaiter.reports.escape import brief
from landwaiter.reports.fixes import Fix, fixes

SEVERITY_STYLES = {
    "critical": "bold white on red",
    "high": "bold red",
    "medium": "yellow",
    "low": "cyan",
    "negligible": "dim",
    "unknown": "magenta",
}
_FIXES_SHOWN = 20
_COLUMNS = (
    Column("Advisory"),
    Column("Severity"),
    Column("KEV"),
    Column("Package", folds=True),
    Column("Version", folds=True),
    Column("Fixed in", folds=True),
    Column("Path", folds=True),
    Column("Layer"),
)
_STATUS_WORDS = {
    "will_not_fix": "will not be fixed",
    "deferred": "deferred by the vendor",
    "end_of_life": "end of life",
    "under_investigation": "under investigation",
}


def first_steps(findings: Sequence[Finding], image: ImageSummary, width: int, painter: Painter) -> Iterator[str]:
    """Yield what to do first: the most urgent upgrades, and how much has no fix."""
    steps = fixes(findings, image)
    if steps:
        yield from folded("What to do first", width, painter, "bold")
    for number, fix in enumerate(steps[:_FIXES_SHOWN], 1):
        yield from folded(upgrade(fix), width, painter, indent=f"{number:3}. ")
    if len(steps) > _FIXES_SHOWN:
        more = f"and {len(steps) - _FIXES_SHOWN} more upgrades; the findings below name them"
        yield from folded(more, width, painter, indent="     ")
    unfixed = [finding for finding in findings if finding.suppressed is None and not has_fix(finding)]
    if unfixed:
        yield from folded(f"No fix yet: {counted(unfixed)}", width, painter, indent="     ")


def upgrade(fix: Fix) -> str:
    """Say the upgrade in a line: package, versions, and what it fixes."""
    others = [name for name in fix.packages if _plain(name) != _plain(fix.name)]
    members = f" ({', '.join(others[:5])}{' …' if len(others) > 5 else ''})" if others else ""
    numbers = [f"{number} {severity}" for severity, number in fix.by_severity.items()]
    if fix.exploited:
        numbers.append(f"{len(fix.exploited)} KEV")
    origin = "; it comes from the base image" if fix.inherited else ""
    text = f"upgrade {fix.name}{members} {fix.installed} to {fix.target}: fixes {len(fix.ids)} ({', '.join(numbers)})"
    return brief(text + origin)


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


def finding_rows(
    findings: Sequence[Finding], image: ImageSummary, width: int, painter: Painter, *, nothing: str = "none"
) -> Iterator[str]:
    """Yield the table of findings that count, then those that VEX statements silence, with why.

    `nothing` is what is said where there are none, so that they are not taken for a clean image where nobody looked.
    """
    active = [finding for finding in findings if finding.suppressed is None]
    if active:
        base = {layer.index for layer in image.layers if layer.base}
        yield from folded(f"Findings: {counted(active)}", width, painter, "bold")
        yield from lay_out(_COLUMNS, [_row(finding, base) for finding in active], width, painter)
    else:
        yield from folded(f"Findings: {nothing}", width, painter, "bold")
    silenced = [finding for finding in findings if finding.suppressed is not None]
    if silenced:
        yield ""
        yield from folded(f"Suppressed: {len(silenced)}", width, painter, "bold")
        for finding in silenced:
            yield from folded(_silenced(finding), width, painter, indent="  ")


def counted(findings: Sequence[Finding]) -> str:
    """Count by severity: `12 (2 critical, 10 low, 1 KEV)`."""
    numbers = Counter(finding.severity for finding in findings)
    parts = [f"{numbers[severity]} {severity}" for severity in SEVERITIES if numbers[severity]]
    exploited = sum(finding.kev for finding in findings)
    if exploited:
        parts.append(f"{exploited} KEV")
    return f"{len(findings)} ({', '.join(parts)})" if parts else str(len(findings))


def place(locations: Sequence[Location], base: set[int]) -> tuple[str, str]:
    """Return path and layer of the first location, saying how many more there are and whether it is the base's."""
    if not locations:
        return "", ""
    first = locations[0]
    more = f" (+{len(locations) - 1})" if len(locations) > 1 else ""
    return brief(f"{first.path}{more}"), f"{first.layer}{' base' if first.layer in base else ''}"


def _row(finding: Finding, base: set[int]) -> tuple[Cell, ...]:
    path, layer = place(finding.package.locations, base)
    severity = brief(finding.severity)
    fixed = brief(", ".join(finding.fixed_versions)) if has_fix(finding) else _STATUS_WORDS.get(finding.status, "")
    return (
        Cell(brief(finding.id)),
        Cell(severity, SEVERITY_STYLES.get(severity, "")),
        Cell("yes" if finding.kev else "", "bold red"),
        Cell(brief(finding.package.name)),
        Cell(brief(finding.package.version)),
        Cell(fixed, "green" if has_fix(finding) else "dim"),
        Cell(path),
        Cell(layer),
    )


def _silenced(finding: Finding) -> str:
    why = finding.suppressed
    if why is None:
        return ""
    words = [why.status.replace("_", " "), why.justification.replace("_", " "), why.statement]
    text = f"{finding.id} in {finding.package.name}: {', '.join(word for word in words if word)} (from {why.source})"
    return brief(text)
