"""What to do first: findings grouped by the upgrade that removes them."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cmp_to_key

import msgspec

from landwaiter.errors import LandwaiterError
from landwaiter.inventory.models import ImageSummary
from landwaiter.matching.models import SEVERITIES, Finding
from landwaiter.policy.evaluate import has_fix
from landwaiter.versions import compare


class Fix(msgspec.Struct, frozen=True):
    """One upgrade: package `name` from version `installed` to `target`, and the findings that it removes.

    `name` is the package that the advisories speak of (a distribution's source package), `packages` are those of the
    image that belong to it. `inherited` tells that all of them come from the base image, None where that is not known.
    """

    type: str
    name: str
    installed: str
    target: str
    packages: tuple[str, ...]
    findings: tuple[Finding, ...]
    inherited: bool | None = None

    @property
    def ids(self) -> frozenset[str]:
        """The vulnerabilities that the upgrade removes."""
        return frozenset(finding.id for finding in self.findings)

    @property
    def exploited(self) -> frozenset[str]:
        """Those of them that are known to be exploited."""
        return frozenset(finding.id for finding in self.findings if finding.kev)

    @property
    def by_severity(self) -> dict[str, int]:
        """How many vulnerabilities of each severity, most severe first; one counts by the worst of its findings."""
        worst: dict[str, int] = {}
        for finding in self.findings:
            rank = SEVERITIES.index(finding.severity) if finding.severity in SEVERITIES else len(SEVERITIES) - 1
            worst[finding.id] = min(rank, worst.get(finding.id, rank))
        counted = Counter(worst.values())
        return {severity: counted[rank] for rank, severity in enumerate(SEVERITIES) if counted[rank]}


def fixes(findings: Iterable[Finding], image: ImageSummary | None = None) -> tuple[Fix, ...]:
    """Return the upgrades that remove findings, most urgent first: known exploited, severities, then EPSS."""
    groups: dict[tuple[str, str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.suppressed is None and has_fix(finding):
            reason = finding.reason
            name = reason.package or finding.package.name
            groups[finding.package.type, name, reason.compared or finding.package.version].append(finding)
    made = (_fix(kind, name, installed, group, image) for (kind, name, installed), group in groups.items())
    return tuple(sorted(made, key=_urgency))


def _fix(kind: str, name: str, installed: str, group: list[Finding], image: ImageSummary | None) -> Fix:
    packages = sorted({finding.package.name for finding in group})
    return Fix(
        kind, name, installed, _target(installed, group), tuple(packages), tuple(group), _inherited(group, image)
    )


def _target(installed: str, group: Iterable[Finding]) -> str:
    """Return the least version that removes all findings: the highest of what each of them needs."""
    scheme = next(iter(group)).reason.scheme
    needed = {_needed(scheme, installed, finding.fixed_versions) for finding in group}
    return _ordered(scheme, needed)[-1]


def _needed(scheme: str, installed: str, fixed: tuple[str, ...]) -> str:
    """Return the least fixed version above the installed one; the last where none is, or where they do not compare."""
    ordered = _ordered(scheme, fixed)
    try:
        return next((version for version in ordered if compare(scheme, version, installed) > 0), ordered[-1])
    except LandwaiterError:
        return ordered[-1]


def _ordered(scheme: str, versions: Iterable[str]) -> list[str]:
    def order(a: str, b: str) -> int:
        return compare(scheme, a, b)

    plain = sorted(set(versions))
    try:
        return sorted(plain, key=cmp_to_key(order))
    except LandwaiterError:
        return plain


def _inherited(group: Iterable[Finding], image: ImageSummary | None) -> bool | None:
    if image is None:
        return None
    base = {layer.index: layer.base for layer in image.layers}
    origins = {base.get(location.layer) for finding in group for location in finding.package.locations}
    return None if not origins or None in origins else origins == {True}


def _urgency(fix: Fix) -> tuple[object, ...]:
    counted = fix.by_severity
    severities = tuple(-counted.get(severity, 0) for severity in SEVERITIES)
    likely = max((finding.epss or 0.0 for finding in fix.findings), default=0.0)
    return -len(fix.exploited), severities, -likely, fix.type, fix.name, fix.installed
