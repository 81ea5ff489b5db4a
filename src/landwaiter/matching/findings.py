"""Making findings of judgements: names, severity, what to do, what decided, and an identity that outlives rebuilds."""

import hashlib
from collections.abc import Callable, Sequence
from functools import cmp_to_key, partial

import msgspec

from landwaiter.advisories.bundle import Bundle
from landwaiter.inventory.models import Package
from landwaiter.matching.aliases import all_names
from landwaiter.matching.judge import Judgement
from landwaiter.matching.models import SEVERITIES, Finding, FindingPackage, Reason
from landwaiter.matching.severity import severity_of
from landwaiter.versions import compare

_RANK = {word: number for number, word in enumerate(SEVERITIES)}


def finding_of(name: str, deciding: Sequence[Judgement], package: Package, bundle: Bundle) -> Finding:
    """Return the finding of vulnerability `name`; `deciding` are the judgements that find the package affected."""
    first = deciding[0]
    entries = [judgement.entry for judgement in deciding]
    severity, cvss = severity_of(entries, partial(bundle.known_scores, name))
    probability = bundle.probability(name)
    return Finding(
        id=name,
        aliases=all_names(deciding, name),
        package=about(package),
        severity=severity,
        cvss=cvss,
        fixed_versions=fixed_versions(deciding),
        kev=bundle.exploited(name) is not None,
        epss=probability.score if probability else None,
        reason=reason_of(first),
        status=_status(deciding, package, bundle),
        summary=next((entry.record.summary for entry in entries if entry.record.summary), ""),
        fingerprint=fingerprint(name, package),
    )


def _status(deciding: Sequence[Judgement], package: Package, bundle: Bundle) -> str:
    """Return what the vendor says of it; Debian lists sources whose support ended before their release's."""
    stated = (judgement.entry.affected.status for judgement in deciding)
    status = next((word for word in stated if word != "affected"), "affected")
    if status == "affected" and package.type == "deb" and not any(judgement.fixed for judgement in deciding):
        subject = deciding[0].subject
        base, _, release = deciding[0].entry.affected.ecosystem.partition(":")
        ended = bundle.support_ended(base.lower(), subject.name)
        if any(item.kind == "ended" and item.version in ("", release) for item in ended):
            return "end_of_life"
    return status


def about(package: Package) -> FindingPackage:
    """Return a package of the inventory as findings name it."""
    return FindingPackage(package.type, package.name, package.version, package.purl, package.locations)


def reason_of(judgement: Judgement) -> Reason:
    """Return why: the record, the range and the version that was compared."""
    record, subject = judgement.entry.record, judgement.subject
    return Reason(
        feed=record.feed,
        record=record.id,
        ecosystem=judgement.entry.affected.ecosystem,
        package=subject.name,
        compared=subject.version,
        range=judgement.range,
        scheme=subject.scheme,
        url=record.url,
    )


def fixed_versions(deciding: Sequence[Judgement]) -> tuple[str, ...]:
    """Return the versions that mend it, the one that satisfies every record first; empty where there is none."""
    versions = dict.fromkeys(version for judgement in deciding for version in judgement.fixed)
    order: Callable[[str, str], int] = partial(compare, deciding[0].subject.scheme)
    return tuple(sorted(versions, key=cmp_to_key(order), reverse=True))


def fingerprint(name: str, package: Package) -> str:
    """Return the finding's identity: 32 hexadecimal digits of the sha256 of id, package type, name and first path.

    The package's version is taken out of the path (`requests-2.28.1.dist-info`), so that an update that does not mend
    the vulnerability keeps the finding.
    """
    path = min((location.path for location in package.locations), default="")
    parts = (name, package.type, package.name, path.replace(package.version, "") if package.version else path)
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:32]


def urgency(finding: Finding) -> tuple[object, ...]:
    """Sort key, most urgent first: not suppressed, known exploited, severity, fix available, EPSS; then by name."""
    return (
        finding.suppressed is not None,
        not finding.kev,
        _RANK.get(finding.severity, len(_RANK)),
        not finding.fixed_versions,
        -(finding.epss or 0.0),
        finding.id,
        finding.package.type,
        finding.package.name,
        finding.package.version,
        finding.fingerprint,
    )
