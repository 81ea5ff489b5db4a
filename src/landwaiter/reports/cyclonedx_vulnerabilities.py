"""Findings as vulnerabilities of a CycloneDX BOM: one for each vulnerability and what is said of it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from landwaiter.matching.models import Cvss, Finding
from landwaiter.policy.evaluate import has_fix
from landwaiter.reports import cyclonedx_models as cdx
from landwaiter.reports.escape import visible

_METHODS = {"2.0": "CVSSv2", "3.0": "CVSSv3", "3.1": "CVSSv31", "4.0": "CVSSv4"}
_SEVERITIES = {"negligible": "info"}
_KNOWN_SEVERITIES = frozenset({"critical", "high", "medium", "low", "info", "none", "unknown"})
_JUSTIFICATIONS = {
    "component_not_present": "code_not_present",
    "vulnerable_code_not_present": "code_not_present",
    "vulnerable_code_not_in_execute_path": "code_not_reachable",
    "vulnerable_code_cannot_be_controlled_by_adversary": "requires_environment",
    "inline_mitigations_already_exist": "protected_by_mitigating_control",
}
_CYCLONEDX_JUSTIFICATIONS = frozenset(
    {
        "code_not_present",
        "code_not_reachable",
        "requires_configuration",
        "requires_dependency",
        "requires_environment",
        "protected_by_compiler",
        "protected_at_runtime",
        "protected_at_perimeter",
        "protected_by_mitigating_control",
    }
)
_STATES = {"fixed": "resolved", "not_affected": "not_affected"}
_WILL_NOT_FIX = frozenset({"will_not_fix", "end_of_life"})

_Said = tuple[str, str, str, cdx.Rating, cdx.Analysis | None]
"""What is the same for all packages of one entry: id, feed, record, rating, analysis."""


def vulnerabilities(findings: Iterable[Finding], refs: Mapping[str, Sequence[str]]) -> Iterator[cdx.Vulnerability]:
    """Yield an entry for each vulnerability and what is said of it; `refs` are the components of each purl."""
    joined: dict[_Said, list[Finding]] = defaultdict(list)
    for finding in findings:
        joined[_said(finding)].append(finding)
    for number, (said, group) in enumerate(joined.items(), 1):
        yield _vulnerability(f"vulnerability-{number}", said, group, refs)


def _said(finding: Finding) -> _Said:
    reason = finding.reason
    return visible(finding.id), visible(reason.feed), visible(reason.record), _rating(finding), _analysis(finding)


def _vulnerability(ref: str, said: _Said, group: list[Finding], refs: Mapping[str, Sequence[str]]) -> cdx.Vulnerability:
    name, feed, record, rating, analysis = said
    first = group[0]
    source = cdx.Source(feed or "unknown", _address(first.reason.url))
    aliases = (visible(alias) for alias in first.aliases)
    return cdx.Vulnerability(
        bom_ref=ref,
        id=name,
        source=source,
        references=tuple(cdx.Reference(alias, cdx.Source(feed or "unknown")) for alias in dict.fromkeys(aliases)),
        ratings=(rating,),
        description=visible(first.summary),
        recommendation="; ".join(dict.fromkeys(_recommendation(finding) for finding in group if has_fix(finding))),
        analysis=analysis,
        affects=tuple(dict.fromkeys(item for finding in group for item in _affects(finding, refs))),
        properties=tuple(_properties(first, record)),
    )


def _rating(finding: Finding) -> cdx.Rating:
    severity = _SEVERITIES.get(finding.severity, finding.severity)
    cvss: Cvss | None = finding.cvss
    return cdx.Rating(
        source=cdx.Source(visible(finding.reason.feed) or "unknown"),
        severity=severity if severity in _KNOWN_SEVERITIES else "unknown",
        score=cvss.score if cvss else None,
        method=_METHODS.get(cvss.version, "other") if cvss else "",
        vector=visible(cvss.vector) if cvss else "",
    )


def _analysis(finding: Finding) -> cdx.Analysis | None:
    silenced = finding.suppressed
    if silenced is not None:
        given = silenced.justification
        justification = given if given in _CYCLONEDX_JUSTIFICATIONS else _JUSTIFICATIONS.get(given, "")
        detail = visible(f"{silenced.statement or given} (from {silenced.source})".strip())
        return cdx.Analysis(_STATES.get(silenced.status, "not_affected"), justification, (), detail)
    if finding.status == "under_investigation":
        return cdx.Analysis("in_triage")
    if finding.status in _WILL_NOT_FIX:
        return cdx.Analysis("exploitable", response=("will_not_fix",))
    return None


def _affects(finding: Finding, refs: Mapping[str, Sequence[str]]) -> Iterator[cdx.Affects]:
    status = "unaffected" if finding.suppressed else "affected"
    version = cdx.AffectedVersion(visible(finding.package.version), status)
    for ref in refs.get(finding.package.purl, ()):
        yield cdx.Affects(ref, (version,))


def _recommendation(finding: Finding) -> str:
    name = finding.reason.package or finding.package.name
    return visible(f"Upgrade {name} to {' or '.join(finding.fixed_versions)}.")


def _properties(finding: Finding, record: str) -> Iterator[cdx.Property]:
    yield cdx.Property("landwaiter:record", record)
    yield cdx.Property("landwaiter:range", visible(finding.reason.range))
    yield cdx.Property("landwaiter:kev", "true" if finding.kev else "false")
    if finding.epss is not None:
        yield cdx.Property("landwaiter:epss", f"{finding.epss:.5f}")


def _address(url: str) -> str:
    return visible(url) if url.startswith(("https://", "http://")) and " " not in url else ""
