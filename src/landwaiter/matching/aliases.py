"""One CVE is one finding: which records speak of the same vulnerability in a package, and which of them decides."""

from collections.abc import Iterable

from landwaiter.advisories.ecosystems import known
from landwaiter.advisories.models import Record
from landwaiter.matching.judge import Judgement

_TRACKERS = ("debian-tracker", "alpine-secdb", "ubuntu", "redhat-vex", "wolfi-secdb", "chainguard-secdb")
_ERRATA = ("DSA-", "DLA-", "DTSA-", "USN-", "LSN-", "RHSA-", "RHBA-", "RHEA-")


def rank(record: Record) -> int:
    """Return how close a distribution's record is to its security team: less is closer.

    0 its tracker, 1 the same as OSV, 2 the announcements (written once, not revised), 3 what others derived from them.
    """
    if record.feed.startswith("osv-derived"):
        return 3
    if record.id.startswith(_ERRATA):
        return 2
    return 0 if record.feed.partition("/")[0] in _TRACKERS else 1


def by_vulnerability(judgements: Iterable[Judgement]) -> dict[str, list[Judgement]]:
    """Return the judgements by vulnerability (CVE where known), those that do not apply to this build left out."""
    groups: dict[str, list[Judgement]] = {}
    for judgement in judgements:
        if judgement.outcome != "other":
            for name in judgement.entry.record.vulnerabilities:
                groups.setdefault(name, []).append(judgement)
    return groups


def deciding(group: list[Judgement]) -> list[Judgement]:
    """Return the judgements that find the package affected, the deciding first; empty when it is not.

    Of a distribution's records the closest to its security team decide alone; its word "not affected" overrules all.
    Of the others (several databases of one language) each may find it affected.
    """
    outcomes = {judgement.outcome for judgement in group}
    if "affected" not in outcomes or "not_affected" in outcomes:
        return []
    closest = min((_rank(judgement) for judgement in group), default=0)
    affected = [item for item in group if item.outcome == "affected" and _rank(item) == closest]
    return sorted(affected, key=_order)


def _rank(judgement: Judgement) -> int:
    ecosystem = known(judgement.subject.ecosystems[0])
    return rank(judgement.entry.record) if ecosystem is not None and ecosystem.distribution else 0


def _order(judgement: Judgement) -> tuple[bool, bool, str, str]:
    """CVE records and reviewed databases before errata that speak of several vulnerabilities at once."""
    record = judgement.entry.record
    return (len(record.vulnerabilities) > 1, not judgement.fixed, record.feed, record.id)


def all_names(group: Iterable[Judgement], name: str) -> tuple[str, ...]:
    """Return every other name of a vulnerability that the records know, sorted."""
    names: set[str] = set()
    for judgement in group:
        names.update((judgement.entry.record.id, *judgement.entry.record.names))
    return tuple(sorted(names - {name} - _other_cves(group, name)))


def _other_cves(group: Iterable[Judgement], name: str) -> set[str]:
    """A record with several CVEs speaks of several vulnerabilities: the others are no names of this one."""
    return {cve for judgement in group for cve in judgement.entry.record.vulnerabilities if cve != name}
