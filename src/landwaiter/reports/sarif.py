"""SARIF 2.1.0 (OASIS standard) for code scanning: rules for vulnerabilities and failed controls, a result for each.

What was not assessed is a notification of the run, so that a viewer shows it beside the results.
"""

from collections.abc import Iterable, Iterator
from urllib.parse import quote

from landwaiter import __version__
from landwaiter.compliance.models import ControlResult
from landwaiter.matching.models import Finding
from landwaiter.policy.evaluate import has_fix
from landwaiter.reports import sarif_models as sarif
from landwaiter.reports.escape import sarif_text, shortened, visible
from landwaiter.reports.image_name import repository
from landwaiter.reports.json_text import json_text
from landwaiter.reports.models import ScanReport

_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "negligible": "note"}
_SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0", "negligible": "0.1"}
"""`security-severity` where there is no CVSS score: the middle of what code scanning calls by that name."""
_ROOT = "ROOTFS"
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_SHOWN_CONTROLS = frozenset({"fail", "warn", "error"})


def render(report: ScanReport) -> str:
    """Return the log as indented JSON."""
    findings = report.assessment.findings if report.assessment else ()
    controls = [item for item in report.compliance if item.status in _SHOWN_CONTROLS]
    rules: dict[str, sarif.Rule] = {}
    for finding in findings:
        if finding.id not in rules:
            rules[finding.id] = _rule(finding)
    for item in controls:
        rules[_control_id(item)] = _control_rule(item)
    order = {name: index for index, name in enumerate(rules)}
    results = [_result(finding, order) for finding in findings]
    results += [_control_result(item, order, report) for item in controls]
    run = sarif.Run(
        tool=sarif.Tool(sarif.Driver("Landwaiter", __version__, tuple(rules.values()))),
        results=tuple(results),
        invocations=(
            sarif.Invocation(
                report.created, execution_successful=True, tool_execution_notifications=tuple(_notifications(report))
            ),
        ),
        original_uri_base_ids={_ROOT: sarif.BaseUri(sarif.Message("The root of the image's file system."))},
        properties=_properties(report),
    )
    return json_text(sarif.Log(schema=_SCHEMA, version="2.1.0", runs=(run,)))


def _rule(finding: Finding) -> sarif.Rule:
    names = ", ".join((finding.id, *finding.aliases))
    summary = finding.summary or f"{finding.id} in {finding.package.name}"
    help_text = f"{names}. {_remedy(finding)}"
    score = str(finding.cvss.score) if finding.cvss and finding.cvss.score else _SCORES.get(finding.severity, "")
    tags = ("security", "vulnerability", *(("known-exploited",) if finding.kev else ()))
    return sarif.Rule(
        id=visible(finding.id),
        name="Vulnerability",
        short_description=_message(shortened(summary, 300)),
        full_description=_message(shortened(summary, 1000)),
        help=_message(shortened(help_text, 2000)),
        help_uri=_https(finding.reason.url),
        default_configuration=sarif.Configuration(_LEVELS.get(finding.severity, "warning")),
        properties=sarif.RuleProperties(tags, score, "high"),
    )


def _result(finding: Finding, order: dict[str, int]) -> sarif.Result:
    package = finding.package
    text = f"{finding.id} ({finding.severity}) in {package.name} {package.version}. {_remedy(finding)}"
    paths = [location.path for location in package.locations] or [package.name]
    silenced = finding.suppressed
    return sarif.Result(
        rule_id=visible(finding.id),
        rule_index=order[finding.id],
        level=_LEVELS.get(finding.severity, "warning"),
        message=_message(text),
        locations=tuple(_location(path, package.purl) for path in paths[:10]),
        partial_fingerprints={"landwaiter/v1": finding.fingerprint} if finding.fingerprint else {},
        suppressions=(_suppression(f"{silenced.status} {silenced.justification}, by {silenced.source}"),)
        if silenced
        else (),
        properties=sarif.ResultProperties(
            purl=visible(package.purl),
            range=visible(finding.reason.range),
            record=visible(finding.reason.record),
            kev=finding.kev,
            epss=finding.epss,
        ),
    )


def _remedy(finding: Finding) -> str:
    if has_fix(finding):
        name = finding.reason.package or finding.package.name
        return f"Upgrade {name} to {' or '.join(finding.fixed_versions)}."
    return "There is no fix yet."


def _location(path: str, purl: str) -> sarif.Location:
    uri = quote(path.lstrip("/"), safe="/!-._~+@", errors="replace")
    # A relative reference whose first part holds a colon would be read as a scheme; `quote` has written it as %3A.
    artifact = sarif.ArtifactLocation(uri or ".", _ROOT)
    physical = sarif.PhysicalLocation(artifact, sarif.Region(1))
    return sarif.Location(physical, (sarif.LogicalLocation(visible(purl), "package"),) if purl else ())


def _suppression(justification: str) -> sarif.Suppression:
    return sarif.Suppression("external", "accepted", visible(justification.strip()))


def _control_rule(item: ControlResult) -> sarif.Rule:
    score = _SCORES.get(item.severity, "")
    return sarif.Rule(
        id=visible(_control_id(item)),
        name="Compliance",
        short_description=_message(item.title),
        full_description=_message(f"{item.benchmark} {item.control}: {item.title}"),
        help=_message(item.remediation or item.title),
        default_configuration=sarif.Configuration(_LEVELS.get(item.severity, "warning")),
        properties=sarif.RuleProperties(("security", "compliance"), score, "high"),
    )


def _control_result(item: ControlResult, order: dict[str, int], report: ScanReport) -> sarif.Result:
    evidence = f" ({'; '.join(item.evidence)})" if item.evidence else ""
    name = _control_id(item)
    return sarif.Result(
        rule_id=visible(name),
        rule_index=order[name],
        level=_LEVELS.get(item.severity, "warning") if item.status == "fail" else "note",
        message=_message(shortened(f"{item.message}{evidence}", 2000)),
        locations=(_location(repository(report.inventory.image), ""),),
        partial_fingerprints={"landwaiter/v1": name},
    )


def _control_id(item: ControlResult) -> str:
    return f"{item.benchmark}/{item.control}"


def _notifications(report: ScanReport) -> Iterator[sarif.Notification]:
    for note in report.inventory.coverage.notes:
        yield _notification(note.kind, f"{note.path}: {note.reason}" if note.path else note.reason)
    for gap in report.assessment.not_assessed if report.assessment else ():
        yield _notification(gap.kind, gap.reason)
    for item in report.compliance:
        if item.status == "not_assessed":
            yield _notification(_control_id(item), f"{item.benchmark} {item.control} was not assessed: {item.message}")


def _notification(kind: str, text: str) -> sarif.Notification:
    return sarif.Notification("warning", _message(text), sarif.Descriptor(visible(kind)))


def _properties(report: ScanReport) -> sarif.RunProperties:
    image, verdict = report.inventory.image, report.verdict
    reasons: Iterable[str] = verdict.reasons if verdict else ()
    return sarif.RunProperties(
        image=visible(image.reference),
        digest=image.digest,
        verdict=verdict.status if verdict else "not_assessed",
        reasons=tuple(visible(reason) for reason in reasons),
    )


def _message(text: str) -> sarif.Message:
    return sarif.Message(sarif_text(text))


def _https(url: str) -> str:
    """Return the address when it is one that a viewer may link to, else ""."""
    return (
        quote(url, safe=":/?#[]@!$&'()*+,;=%-._~", errors="replace") if url.startswith(("https://", "http://")) else ""
    )
