"""OpenVEX 0.2.0: what the scan says of each vulnerability in the image, for tools that filter other scanners' output.

Specification: OPENVEX-SPEC.md of the OpenVEX project. A statement joins the packages of the image that a vulnerability
has the same status in.
"""

from collections import defaultdict

import msgspec

from landwaiter import __version__
from landwaiter.matching.models import Finding
from landwaiter.policy.evaluate import has_fix
from landwaiter.reports.escape import visible
from landwaiter.reports.image_name import image_purl
from landwaiter.reports.json_text import json_text
from landwaiter.reports.models import ScanReport

_CONTEXT = "https://openvex.dev/ns/v0.2.0"
_JUSTIFICATIONS = frozenset(
    {
        "component_not_present",
        "vulnerable_code_not_present",
        "vulnerable_code_not_in_execute_path",
        "vulnerable_code_cannot_be_controlled_by_adversary",
        "inline_mitigations_already_exist",
    }
)


class _Identified(msgspec.Struct, frozen=True, kw_only=True):
    id: str = msgspec.field(name="@id")


class _Product(msgspec.Struct, frozen=True, kw_only=True):
    id: str = msgspec.field(name="@id")
    subcomponents: tuple[_Identified, ...]


class _Vulnerability(msgspec.Struct, frozen=True, omit_defaults=True):
    name: str
    aliases: tuple[str, ...] = ()


class _Statement(msgspec.Struct, frozen=True, omit_defaults=True):
    vulnerability: _Vulnerability
    products: tuple[_Product, ...]
    status: str
    justification: str = ""
    impact_statement: str = ""
    action_statement: str = ""
    status_notes: str = ""


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    context: str = msgspec.field(name="@context", default=_CONTEXT)
    id: str = msgspec.field(name="@id")
    author: str
    timestamp: str
    version: int
    tooling: str
    statements: tuple[_Statement, ...]


class _Said(msgspec.Struct, frozen=True):
    """What a statement says of a vulnerability: findings with the same are joined."""

    vulnerability: _Vulnerability
    status: str
    justification: str = ""
    impact: str = ""
    action: str = ""
    notes: str = ""


def render(report: ScanReport) -> str:
    """Return the document as indented JSON."""
    joined: dict[_Said, list[Finding]] = defaultdict(list)
    for finding in report.assessment.findings if report.assessment else ():
        joined[_said(finding)].append(finding)
    document = _Document(
        id=f"urn:uuid:{report.serial}",
        author="Landwaiter",
        timestamp=report.created,
        version=1,
        tooling=f"landwaiter/{__version__}",
        statements=tuple(_statement(said, group, _product(report)) for said, group in joined.items()),
    )
    return json_text(document)


def _product(report: ScanReport) -> str:
    image = report.inventory.image
    return image_purl(image) or f"urn:landwaiter:image:{report.serial}"


def _statement(said: _Said, group: list[Finding], product: str) -> _Statement:
    parts = tuple(_Identified(id=purl) for purl in dict.fromkeys(visible(finding.package.purl) for finding in group))
    return _Statement(
        said.vulnerability,
        (_Product(id=product, subcomponents=parts),),
        said.status,
        said.justification,
        said.impact,
        said.action,
        said.notes,
    )


def _said(finding: Finding) -> _Said:
    """Say the status; `not_affected` needs a justification or an impact statement, `affected` an action."""
    vulnerability = _Vulnerability(visible(finding.id), tuple(visible(alias) for alias in finding.aliases))
    silenced = finding.suppressed
    if silenced is None and finding.status == "under_investigation":
        return _Said(vulnerability, "under_investigation", notes=_why(finding))
    if silenced is None:
        return _Said(vulnerability, "affected", action=_action(finding), notes=_why(finding))
    if silenced.status == "fixed":
        return _Said(vulnerability, "fixed", notes=visible(f"According to {silenced.source}."))
    if silenced.justification in _JUSTIFICATIONS:
        return _Said(vulnerability, "not_affected", silenced.justification, visible(silenced.statement))
    impact = silenced.statement or silenced.justification or f"Stated by {silenced.source}."
    return _Said(vulnerability, "not_affected", impact=visible(impact))


def _action(finding: Finding) -> str:
    name = finding.reason.package or finding.package.name
    if has_fix(finding):
        return visible(f"Upgrade {name} to {' or '.join(finding.fixed_versions)}.")
    word = {"will_not_fix": "The vendor will not fix it", "end_of_life": "The release is at its end of life"}
    return visible(f"{word.get(finding.status, 'There is no fix yet')}; replace {name}, or restrict access to it.")


def _why(finding: Finding) -> str:
    reason = finding.reason
    return visible(f"{reason.feed} {reason.record}: {reason.package} {reason.compared} is in {reason.range}.")
