"""CSV for spreadsheets (RFC 4180): a row for the verdict, each gap, each finding in its place, and each control."""

import csv
import io
from collections.abc import Iterator

from landwaiter.matching.models import Finding, NotAssessed
from landwaiter.reports.escape import cell
from landwaiter.reports.models import ScanReport

COLUMNS = (
    "kind", "id", "aliases", "severity", "cvss", "epss", "kev", "status", "package_type", "package", "version", "purl",
    "fixed_versions", "path", "layer", "feed", "record", "range", "text",
)  # fmt: skip
"""`kind` is verdict, not_assessed, finding or control; a row leaves the columns empty that its kind does not have."""


def render(report: ScanReport) -> str:
    """Return the rows with a heading. No cell is ever a formula, whatever a package is called."""
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    for row in _rows(report):
        writer.writerow({name: cell(value) for name, value in row.items() if value})
    return stream.getvalue()


def _rows(report: ScanReport) -> Iterator[dict[str, str]]:
    if report.verdict:
        verdict = report.verdict
        yield {"kind": "verdict", "id": verdict.policy, "status": verdict.status, "text": " ".join(verdict.reasons)}
    for note in report.inventory.coverage.notes:
        yield {"kind": "not_assessed", "id": note.kind, "path": note.path, "text": note.reason}
    if report.assessment:
        yield from map(_gap, report.assessment.not_assessed)
        for finding in report.assessment.findings:
            yield from _finding(finding)
    for item in report.compliance:
        yield {
            "kind": "control",
            "id": f"{item.benchmark} {item.control}",
            "severity": item.severity,
            "status": item.status,
            "text": f"{item.title}: {item.message}",
        }


def _gap(gap: NotAssessed) -> dict[str, str]:
    return {"kind": "not_assessed", "id": gap.kind, "feed": gap.ecosystem, "text": gap.reason}


def _finding(finding: Finding) -> Iterator[dict[str, str]]:
    package, reason = finding.package, finding.reason
    row = {
        "kind": "finding",
        "id": finding.id,
        "aliases": " ".join(finding.aliases),
        "severity": finding.severity,
        "cvss": str(finding.cvss.score) if finding.cvss else "",
        "epss": f"{finding.epss:.5f}" if finding.epss is not None else "",
        "kev": "yes" if finding.kev else "no",
        "status": f"suppressed: {finding.suppressed.status}" if finding.suppressed else finding.status,
        "package_type": package.type,
        "package": package.name,
        "version": package.version,
        "purl": package.purl,
        "fixed_versions": " ".join(finding.fixed_versions),
        "feed": reason.feed,
        "record": reason.record,
        "range": reason.range,
        "text": finding.summary,
    }
    if not package.locations:
        yield row
    for location in package.locations:
        yield {**row, "path": location.path, "layer": str(location.layer)}
