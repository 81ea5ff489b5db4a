"""Why an image is, or is not, affected by a vulnerability: every record that speaks of one of its packages, judged."""

from collections.abc import Iterator, Sequence

import msgspec

from landwaiter.advisories.bundle import Bundle
from landwaiter.advisories.models import CompiledRecord
from landwaiter.inventory.models import Inventory, LayerSummary, Package
from landwaiter.matching.aliases import by_vulnerability, deciding
from landwaiter.matching.assessed import is_key
from landwaiter.matching.findings import reason_of
from landwaiter.matching.judge import Judgement
from landwaiter.matching.match import Matcher, judgements_of
from landwaiter.matching.models import Finding, NotAssessed, Reason
from landwaiter.matching.vex import Statement

_SHOWN = 12


class Considered(msgspec.Struct, frozen=True):
    """One record that speaks of one package of the image.

    `outcome` is that of `landwaiter.matching.judge.Judgement`, or "owned" for a language package that the distribution
    owns; `note` says why where it is not "affected". `decides` marks the records that the answer rests on. `layers` are
    those that brought the package, in the order of its locations.
    """

    package: Package
    reason: Reason
    outcome: str
    note: str
    decides: bool
    layers: tuple[LayerSummary, ...]


class Explanation(msgspec.Struct, frozen=True):
    """The answer for one vulnerability: `names` are all it goes under, `records` all that the bundle has of it.

    `affected` tells whether there is a finding that nothing suppresses. `elsewhere` names packages that the records
    speak of and the image has not, as "ecosystem package", the first few. `answer` says it all in one sentence.
    """

    vulnerability: str
    names: tuple[str, ...]
    affected: bool
    answer: str
    considered: tuple[Considered, ...]
    findings: tuple[Finding, ...]
    records: tuple[str, ...]
    withdrawn: tuple[str, ...]
    elsewhere: tuple[str, ...]
    not_assessed: tuple[NotAssessed, ...]


def explain(inventory: Inventory, bundle: Bundle, vulnerability: str, *, vex: Sequence[Statement] = ()) -> Explanation:
    """Explain a vulnerability, named by any of its names (CVE, GHSA, erratum, …)."""
    records = _records(bundle, vulnerability)
    targets = {name for item in records for name in item.record.vulnerabilities} or {vulnerability}
    considered = tuple(_considered(inventory, Matcher(bundle), targets))
    assessment = Matcher(bundle).assess(inventory, vex)
    findings = tuple(finding for finding in assessment.findings if finding.id in targets)
    spoken_of = {(item.reason.ecosystem, item.reason.package) for item in considered}
    names = {name for item in records for name in (item.record.id, *item.record.names)} | targets
    elsewhere = {(a.ecosystem, a.package) for item in records for a in item.affected} - spoken_of
    return Explanation(
        vulnerability=vulnerability,
        names=tuple(sorted(names - {vulnerability})),
        affected=any(finding.suppressed is None for finding in findings),
        answer=_answer(vulnerability, records, considered, findings),
        considered=considered,
        findings=findings,
        records=tuple(sorted({item.record.id for item in records if not item.record.withdrawn})),
        withdrawn=tuple(sorted({item.record.id for item in records if item.record.withdrawn})),
        elsewhere=tuple(" ".join(pair) for pair in sorted(elsewhere)[:_SHOWN]),
        not_assessed=assessment.not_assessed,
    )


def _records(bundle: Bundle, name: str) -> tuple[CompiledRecord, ...]:
    """Return the records that go under a name, or under a CVE that it is another name of."""
    found = {(item.record.feed, item.record.id): item for item in bundle.named(name)}
    for cve in {cve for item in found.values() for cve in item.record.vulnerabilities}:
        found.update({(item.record.feed, item.record.id): item for item in bundle.named(cve)})
    return tuple(found.values())


def _considered(inventory: Inventory, matcher: Matcher, targets: set[str]) -> Iterator[Considered]:
    distribution = matcher.distribution(inventory.os)
    for package in inventory.packages:
        if is_key(package):
            continue
        judgements = list(judgements_of(package, distribution, matcher.bundle))
        named = [item for item in judgements if not targets.isdisjoint(item.entry.record.vulnerabilities)]
        decided = _deciding(named, targets)
        layers = _layers(package, inventory.image.layers)
        for judgement in named:
            owned = package.owned_by is not None
            outcome, note = ("owned", _owned(package)) if owned else (judgement.outcome, judgement.note)
            decisive = any(item is judgement for item in decided) or (not decided and judgement.outcome != "other")
            yield Considered(package, reason_of(judgement), outcome, note, decisive and not owned, layers)


def _deciding(judgements: list[Judgement], targets: set[str]) -> list[Judgement]:
    groups = by_vulnerability(judgements)
    return [item for name in sorted(targets) for item in deciding(groups.get(name, []))]


def _layers(package: Package, layers: Sequence[LayerSummary]) -> tuple[LayerSummary, ...]:
    by_index = {layer.index: layer for layer in layers}
    wanted = dict.fromkeys(location.layer for location in package.locations)
    return tuple(by_index[index] for index in wanted if index in by_index)


def _owned(package: Package) -> str:
    return f"the distribution's package {package.owned_by} owns it, and the distribution's data speak for it"


def _answer(
    vulnerability: str,
    records: Sequence[CompiledRecord],
    considered: Sequence[Considered],
    findings: Sequence[Finding],
) -> str:
    open_findings = [finding for finding in findings if finding.suppressed is None]
    if open_findings:
        packages = sorted({f"{item.package.name} {item.package.version}" for item in open_findings})
        return f"Affected by {vulnerability}: {', '.join(packages[:_SHOWN])}."
    suppressed = next((finding.suppressed for finding in findings if finding.suppressed), None)
    if suppressed:
        return f"Affected by {vulnerability} by its version; {suppressed.source} says {suppressed.status}."
    if not records:
        return f"The bundle has no record of {vulnerability}, so nothing can be said."
    if all(item.record.withdrawn for item in records):
        return f"Not affected by {vulnerability}: its records were withdrawn."
    if not considered:
        return f"Not affected by {vulnerability}: the image has none of the packages its records speak of."
    return f"Not affected by {vulnerability}: no record holds the installed versions."
