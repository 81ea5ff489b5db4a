"""From an assessment and compliance results to a verdict. A failure stays one, whatever was not assessed."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from landwaiter.compliance.models import ControlResult
from landwaiter.inventory.models import Inventory
from landwaiter.matching.assessed import nothing_assessed
from landwaiter.matching.models import SEVERITIES, Assessment, BundleInfo, Finding
from landwaiter.policy.models import Policy, Verdict

_NO_FIX = frozenset({"will_not_fix", "deferred", "end_of_life"})
"""What a vendor says of a package that it does not fix, whatever versions a record names."""

_CLOCK_SKEW = timedelta(hours=24)


def decide(
    policy: Policy,
    inventory: Inventory,
    assessment: Assessment,
    controls: Sequence[ControlResult],
    *,
    now: datetime,
) -> Verdict:
    """Return the verdict with its reasons in sentences, the most important first.

    "fail" where the policy is violated, else "not_assessed" where anything it rests on is missing, else "pass". The
    advisory data's age is judged at `now`, which must be aware of its time zone.
    """
    counted = [finding for finding in assessment.findings if finding.suppressed is None]
    failures = [*_exploited(policy, counted), *_severe(policy, counted), *_failed_controls(policy, controls)]
    gaps = [
        *_data_gaps(policy, assessment, now),
        *_inventory_gaps(inventory, assessment),
        *_open_controls(policy, controls),
    ]
    if failures:
        return Verdict("fail", (*failures, *(f"Not assessed: {gap}" for gap in gaps)), policy.name)
    if gaps:
        where = None if nothing_assessed(inventory, assessment) else " in what could be assessed"
        return Verdict("not_assessed", (*gaps, *_summary(policy, counted, where)), policy.name)
    return Verdict("pass", _summary(policy, counted, ""), policy.name)


def has_fix(finding: Finding) -> bool:
    """Tell whether upgrading removes the finding; a vendor that will not fix it makes it unfixed."""
    return bool(finding.fixed_versions) and finding.status not in _NO_FIX


def _exploited(policy: Policy, findings: Iterable[Finding]) -> list[str]:
    bad = [finding for finding in findings if finding.kev] if policy.fail_on_kev else []
    return [f"Known exploited: {_listed(bad)}."] if bad else []


def _severe(policy: Policy, findings: Sequence[Finding]) -> list[str]:
    if policy.fail_on == "never":
        return []
    reasons = []
    for severity in SEVERITIES[: SEVERITIES.index(policy.fail_on) + 1]:
        of_it = [finding for finding in findings if finding.severity == severity]
        fixable = [finding for finding in of_it if has_fix(finding)]
        unfixed = [] if policy.ignore_unfixed else [finding for finding in of_it if not has_fix(finding)]
        reasons += [_counted(fixable, severity, "with a fix")] if fixable else []
        reasons += [_counted(unfixed, severity, "without a fix")] if unfixed else []
    return reasons


def _failed_controls(policy: Policy, controls: Iterable[ControlResult]) -> list[str]:
    chosen = (item for item in controls if _name(item) in policy.fail_on_controls)
    return [f"{_name(item)} fails ({item.title}): {item.message}" for item in chosen if item.status == "fail"]


def _open_controls(policy: Policy, controls: Sequence[ControlResult]) -> list[str]:
    by_name = {_name(item): item for item in controls}
    reasons = []
    for name in policy.fail_on_controls:
        item = by_name.get(name)
        if item is None:
            reasons.append(f"{name} was not evaluated.")
        elif item.status in {"not_assessed", "error"}:
            reasons.append(f"{name} could not be assessed: {item.message}")
    return reasons


def _data_gaps(policy: Policy, assessment: Assessment, now: datetime) -> list[str]:
    """Say what is wrong with the advisory data, and for which packages it does not speak."""
    gaps = []
    own = {"stale-bundle", "empty-bundle"}
    if assessment.bundle.advisories == 0:
        why = (gap.reason for gap in assessment.not_assessed if gap.kind == "empty-bundle")
        gaps.append(next(why, "The bundle has no advisories."))
    elif stale := _stale(policy, assessment.bundle, now):
        gaps.append(stale)
    else:
        own = set()
    return gaps + [gap.reason for gap in assessment.not_assessed if gap.kind not in own]


def _stale(policy: Policy, bundle: BundleInfo, now: datetime) -> str:
    """Say that the data is too old, or of unknown age; "" where it is fresh."""
    times = [time for text in (bundle.newest, bundle.built) if (time := _time(text))]
    if not times:
        return "The age of the advisory data is not known."
    age = now - min(times)
    if age < -_CLOCK_SKEW:
        return "The advisory data is dated in the future, so its age is not known."
    if age <= timedelta(hours=policy.max_age_hours):
        return ""
    return f"The advisory data is {_duration(age)} old; the policy allows {policy.max_age_hours} hours."


def _inventory_gaps(inventory: Inventory, assessment: Assessment) -> list[str]:
    told = {gap.kind for gap in assessment.not_assessed}
    gaps = []
    if not inventory.packages and "empty-inventory" not in told:
        gaps.append("No package was found in the image.")
    if not inventory.coverage.complete and "unreadable" not in told:
        notes = inventory.coverage.notes
        first = f": {notes[0].reason}" if notes else "."
        gaps.append(f"The inventory is not complete ({len(notes)} notes){first}")
    return gaps


def _summary(policy: Policy, findings: Sequence[Finding], where: str | None) -> tuple[str, ...]:
    """Say of what the policy let pass how much there is; `where` is None where nothing could be looked for."""
    if not findings:
        return () if where is None else (f"No vulnerability was found{where}.",)
    parts = [
        f"{number} {severity}" for severity in SEVERITIES if (number := sum(f.severity == severity for f in findings))
    ]
    noun = "finding" if len(findings) == 1 else "findings"
    return (f"{len(findings)} {noun} that the policy {policy.name} does not fail: {', '.join(parts)}.",)


def _counted(findings: Sequence[Finding], severity: str, fix: str) -> str:
    noun = "finding" if len(findings) == 1 else "findings"
    return f"{len(findings)} {severity} {noun} {fix}, first {_shown(findings[0])}."


def _listed(findings: Sequence[Finding], limit: int = 3) -> str:
    shown = ", ".join(_shown(finding) for finding in findings[:limit])
    return f"{shown} and {len(findings) - limit} more" if len(findings) > limit else shown


def _shown(finding: Finding) -> str:
    return f"{finding.id} in {finding.package.name} {finding.package.version}"


def _name(item: ControlResult) -> str:
    return f"{item.benchmark} {item.control}"


def _duration(age: timedelta) -> str:
    hours = int(age.total_seconds() // 3600)
    return f"{hours // 24} days" if hours >= 72 else f"{hours} hours"


def _time(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
