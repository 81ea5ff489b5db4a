"""JUnit XML for build servers: suites for the verdict, the findings and each benchmark.

A finding is a failed test, a suppressed one and what was not assessed a skipped test with its reason. The verdict is a
test of its own, so that a build may be judged by the policy alone.
"""

from collections.abc import Iterator
from html import escape
from itertools import groupby

import msgspec

from landwaiter.compliance.models import ControlResult
from landwaiter.matching.models import Finding
from landwaiter.reports.escape import visible
from landwaiter.reports.models import ScanReport


class _Case(msgspec.Struct, frozen=True):
    """One test: its `outcome` is "" (passed), "failure" or "skipped"."""

    suite: str
    name: str
    outcome: str = ""
    message: str = ""
    text: str = ""


def render(report: ScanReport) -> str:
    """Return the XML document."""
    cases = [*_verdict(report), *_gaps(report), *_findings(report), *map(_control, report.compliance)]
    suites = [_suite(name, list(group), report.created) for name, group in groupby(cases, key=lambda case: case.suite)]
    failures = sum(case.outcome == "failure" for case in cases)
    skipped = sum(case.outcome == "skipped" for case in cases)
    name = _attribute(report.inventory.image.reference)
    head = f'<testsuites name={name} tests="{len(cases)}" failures="{failures}" skipped="{skipped}" errors="0">'
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *suites, "</testsuites>\n"])


def _verdict(report: ScanReport) -> Iterator[_Case]:
    if report.verdict is None:
        return
    status, reasons = report.verdict.status, " ".join(report.verdict.reasons)
    outcome = {"pass": "", "fail": "failure"}.get(status, "skipped")
    yield _Case("verdict", f"policy {report.verdict.policy}", outcome, status.replace("_", " "), reasons)


def _gaps(report: ScanReport) -> Iterator[_Case]:
    for note in report.inventory.coverage.notes:
        yield _Case("not assessed", f"{note.kind} {note.path}".strip(), "skipped", note.reason)
    for gap in report.assessment.not_assessed if report.assessment else ():
        yield _Case("not assessed", f"{gap.kind} {gap.ecosystem}".strip(), "skipped", gap.reason)


def _findings(report: ScanReport) -> Iterator[_Case]:
    for finding in report.assessment.findings if report.assessment else ():
        package = finding.package
        name = f"{finding.id} in {package.name} {package.version}"
        where = package.locations[0].path if package.locations else ""
        if finding.suppressed:
            why = finding.suppressed
            yield _Case(
                "vulnerabilities", name, "skipped", f"{why.status} according to {why.source}", why.justification
            )
        else:
            text = f"{finding.summary}\n{where}\nrange {finding.reason.range} of {finding.reason.record}"
            yield _Case("vulnerabilities", name, "failure", _fix(finding), text)


def _fix(finding: Finding) -> str:
    fixed = f"fixed in {', '.join(finding.fixed_versions)}" if finding.fixed_versions else "no fix yet"
    return f"{finding.severity}{', known exploited' if finding.kev else ''}, {fixed}"


def _control(item: ControlResult) -> _Case:
    outcome = {"fail": "failure", "error": "failure", "pass": "", "inherited": ""}.get(item.status, "skipped")
    name = f"{item.control} {item.title}"
    return _Case(f"compliance {item.benchmark}", name, outcome, item.message, "\n".join(item.evidence))


def _suite(name: str, cases: list[_Case], created: str) -> str:
    failures = sum(case.outcome == "failure" for case in cases)
    skipped = sum(case.outcome == "skipped" for case in cases)
    counts = f'tests="{len(cases)}" failures="{failures}" skipped="{skipped}" errors="0"'
    head = f'<testsuite name={_attribute(name)} {counts} timestamp="{escape(created.removesuffix("Z"))}">'
    return "\n".join([head, *map(_case, cases), "</testsuite>"])


def _case(case: _Case) -> str:
    head = f'<testcase classname={_attribute(case.suite)} name={_attribute(case.name)} time="0"'
    if not case.outcome:
        return f"{head}/>"
    text = "\n".join(escape(visible(line)) for line in case.text.split("\n"))
    return f"{head}><{case.outcome} message={_attribute(case.message)}>{text}</{case.outcome}></testcase>"


def _attribute(text: str) -> str:
    return f'"{escape(visible(text))}"'
