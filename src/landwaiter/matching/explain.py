"""Why an image is, or is not, affected by a vulnerability: every record that speaks of one of its packages, judged."""

from collections.abc import Iterator, Sequence

import msgspec

from landwaiter.advisories.bundle import Bundle
from landwaiter.advisories.models import CompiledRecord
from landwaiter.inventory.models import Inventory, LayerSummary, Package
from landwaiter.matching.aliases import by_vulnerability, deciding
from landwaiter.matching.answer import Answer, answer
from landwaiter.matching.assessed import is_key
from landwaiter.matching.considered import Considered
from landwaiter.matching.findings import reason_of
from landwaiter.matching.judge import Judgement
from landwaiter.matching.match import Matcher, judgements_of
from landwaiter.matching.models import BundleInfo, Finding, NotAssessed
from landwaiter.matching.vex import Statement
from landwaiter.versions import InvalidVersionError
from landwaiter.versions.range_text import comparison, range_text

_SHOWN = 12


class Explanation(msgspec.Struct, frozen=True):
    """The answer for one vulnerability: `names` are all it goes under, `records` all that the bundle has of it.

    `verdict` is "affected", "suppressed" (affected by its version, silenced by a VEX statement), "not_affected" or
    "not_assessed"; `affected` tells whether there is a finding that nothing suppresses. `elsewhere` names packages that
    the records speak of and the image has not, as "ecosystem package", the first few. `answer` says it all in a
    sentence or two; `gaps` are those of `not_assessed` that the vulnerability might hide in.
    """

    vulnerability: str
    names: tuple[str, ...]
    verdict: str
    affected: bool
    answer: str
    considered: tuple[Considered, ...]
    findings: tuple[Finding, ...]
    records: tuple[str, ...]
    withdrawn: tuple[str, ...]
    elsewhere: tuple[str, ...]
    gaps: tuple[NotAssessed, ...]
    not_assessed: tuple[NotAssessed, ...]
    bundle: BundleInfo


def explain(inventory: Inventory, bundle: Bundle, vulnerability: str, *, vex: Sequence[Statement] = ()) -> Explanation:
    """Explain a vulnerability, named by any of its names (CVE, GHSA, erratum, …), in upper or lower case."""
    name, records = _asked(bundle, vulnerability.strip())
    targets = {name for item in records for name in item.record.vulnerabilities} or {name}
    matcher = Matcher(bundle)
    considered = tuple(_considered(inventory, matcher, targets))
    assessment = matcher.assess(inventory, vex)
    findings = tuple(finding for finding in assessment.findings if finding.id in targets)
    answered: Answer = answer(name, records, considered, findings, assessment=assessment, inventory=inventory)
    spoken_of = {(item.reason.ecosystem, item.reason.package) for item in considered}
    names = {other for item in records for other in (item.record.id, *item.record.names)} | targets
    elsewhere = {(a.ecosystem, a.package) for item in records for a in item.affected} - spoken_of
    return Explanation(
        vulnerability=name,
        names=tuple(sorted(names - {name})),
        verdict=answered.verdict,
        affected=answered.verdict == "affected",
        answer=answered.text,
        considered=considered,
        findings=findings,
        records=tuple(sorted({item.record.id for item in records if not item.record.withdrawn})),
        withdrawn=tuple(sorted({item.record.id for item in records if item.record.withdrawn})),
        elsewhere=tuple(" ".join(pair) for pair in sorted(elsewhere)[:_SHOWN]),
        gaps=answered.gaps,
        not_assessed=assessment.not_assessed,
        bundle=assessment.bundle,
    )


def _asked(bundle: Bundle, name: str) -> tuple[str, tuple[CompiledRecord, ...]]:
    """Return the name as the bundle writes it, with its records: "cve-2024-1" is "CVE-2024-1"."""
    for written in dict.fromkeys((name, name.upper(), _ghsa(name))):
        records = _records(bundle, written)
        if records:
            return written, records
    return name, ()


def _ghsa(name: str) -> str:
    prefix, hyphen, rest = name.partition("-")
    return f"{prefix.upper()}{hyphen}{rest.lower()}"


def _records(bundle: Bundle, name: str) -> tuple[CompiledRecord, ...]:
    """Return the records that go under a name, or under a CVE that it is another name of."""
    found = {(item.record.feed, item.record.id): item for item in bundle.named(name)}
    for cve in {cve for item in found.values() for cve in item.record.vulnerabilities}:
        found.update({(item.record.feed, item.record.id): item for item in bundle.named(cve)})
    return tuple(found.values())


def _considered(inventory: Inventory, matcher: Matcher, targets: set[str]) -> Iterator[Considered]:
    image = matcher.distribution(inventory.os)
    for package in inventory.packages:
        if is_key(package):
            continue
        judgements = list(judgements_of(package, matcher.system_of(package, image), matcher.bundle))
        named = [item for item in judgements if not targets.isdisjoint(item.entry.record.vulnerabilities)]
        decided = _deciding(named, targets)
        layers = _layers(package, inventory.image.layers)
        for judgement in named:
            owned = package.owned_by is not None
            decisive = any(item is judgement for item in decided) or (not decided and judgement.outcome != "other")
            yield _told(judgement, package, layers, decides=decisive and not owned)


def _told(judgement: Judgement, package: Package, layers: tuple[LayerSummary, ...], *, decides: bool) -> Considered:
    subject, affected = judgement.subject, judgement.entry.affected
    owned = package.owned_by is not None
    return Considered(
        package=package,
        reason=reason_of(judgement),
        outcome="owned" if owned else judgement.outcome,
        note=_owned(package) if owned else judgement.note,
        decides=decides,
        layers=layers,
        ranges=range_text(subject.scheme, affected.ranges),
        comparison=_comparison(judgement),
        fixed=judgement.fixed,
        status=affected.status,
    )


def _comparison(judgement: Judgement) -> str:
    subject = judgement.subject
    try:
        return comparison(subject.scheme, subject.version, judgement.entry.affected.ranges)
    except InvalidVersionError:
        return ""


def _deciding(judgements: list[Judgement], targets: set[str]) -> list[Judgement]:
    groups = by_vulnerability(judgements)
    return [item for name in sorted(targets) for item in deciding(groups.get(name, []))]


def _layers(package: Package, layers: Sequence[LayerSummary]) -> tuple[LayerSummary, ...]:
    by_index = {layer.index: layer for layer in layers}
    wanted = dict.fromkeys(location.layer for location in package.locations)
    return tuple(by_index[index] for index in wanted if index in by_index)


def _owned(package: Package) -> str:
    return f"the distribution's package {package.owned_by} owns it, and the distribution's data speak for it"
