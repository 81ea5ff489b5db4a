"""What to do first, over everything that runs: the upgrades that remove critical and known exploited findings."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Boolean, ColumnElement, Integer, Select, func, literal_column, select
from sqlalchemy.orm import Session

from landwaiter.matching.models import SEVERITIES, Finding
from landwaiter.platform.findings.models import Upgrade, Upgrades
from landwaiter.platform.findings.running import running_images
from landwaiter.platform.findings.tables import URGENT, FindingRow
from landwaiter.reports.fixes import fixes

MOST = 50
"""Upgrades that are listed."""
_MOST_ROWS = 20_000
_SAMPLES = 40

_URGENT: ColumnElement[bool] = literal_column(f"({URGENT})", Boolean)
"""As it is written in the index; a parameter in it would keep PostgreSQL from using that."""


class _Use(msgspec.Struct, frozen=True):
    """A vulnerability in a version of a package: in how many running images and containers, and one of the findings."""

    version: str
    vulnerability: str
    severity: int
    kev: bool
    images: int
    containers: int
    sample: int


def upgrades(session: Session, limit: int = MOST) -> Upgrades:
    """Return the upgrades of packages, the most urgent first: known exploited, then by containers that run them."""
    groups: dict[tuple[str, str], list[_Use]] = defaultdict(list)
    for kind, name, *rest in session.execute(_running_findings()):
        groups[kind, name].append(_Use(*rest))
    ordered = sorted(groups.items(), key=_urgency)
    samples = _samples(session, [uses for _, uses in ordered[:limit]])
    made = tuple(_upgrade(kind, name, uses, samples) for (kind, name), uses in ordered[:limit])
    return Upgrades(made, len(ordered))


def _running_findings() -> Select[Any]:
    """Return the rows of `_Use` with their package: first what an image has, once however many paths it has it at."""
    key = (FindingRow.package_type, FindingRow.package_name, FindingRow.package_version, FindingRow.vulnerability)
    severity, kev = func.min(FindingRow.severity), func.bool_or(FindingRow.kev)
    sample = func.min(FindingRow.id).label("sample")
    found = select(*key, FindingRow.image_id, severity.label("severity"), kev.label("kev"), sample)
    had = found.where(_URGENT).group_by(*key, FindingRow.image_id).subquery()
    running = running_images()
    same = tuple(had.c[column.key] for column in key)
    exploited, containers = func.bool_or(had.c.kev), func.sum(running.c.containers).cast(Integer)
    return (
        select(*same, func.min(had.c.severity), exploited, func.count(), containers, func.min(had.c.sample))
        .join(running, running.c.image_id == had.c.image_id)
        .group_by(*same)
        .order_by(exploited.desc(), containers.desc())
        .limit(_MOST_ROWS)
    )


def _urgency(group: tuple[tuple[str, str], list[_Use]]) -> tuple[object, ...]:
    key, uses = group
    exploited = {use.vulnerability for use in uses if use.kev}
    return (not exploited, -_containers(uses), -len({use.vulnerability for use in uses}), key)


def _containers(uses: Iterable[_Use]) -> int:
    """Add up over the versions; the vulnerabilities of one version run in the same containers."""
    return sum(_most(uses, "containers").values())


def _most(uses: Iterable[_Use], name: str) -> dict[str, int]:
    most: dict[str, int] = {}
    for use in uses:
        most[use.version] = max(most.get(use.version, 0), getattr(use, name))
    return most


def _samples(session: Session, groups: Sequence[list[_Use]]) -> dict[int, Finding]:
    ids = [use.sample for uses in groups for use in uses[:_SAMPLES]]
    rows = session.execute(select(FindingRow.id, FindingRow.detail).where(FindingRow.id.in_(ids)))
    return {key: msgspec.json.decode(detail, type=Finding) for key, detail in rows}


def _upgrade(kind: str, name: str, uses: Sequence[_Use], samples: dict[int, Finding]) -> Upgrade:
    found = [samples[use.sample] for use in uses if use.sample in samples]
    worst = {use.vulnerability: use.severity for use in uses}
    counted = Counter(SEVERITIES[rank] for rank in worst.values())
    return Upgrade(
        type=kind,
        name=name,
        installed=tuple(sorted({use.version for use in uses})),
        targets=tuple(dict.fromkeys(fix.target for fix in fixes(found))),
        vulnerabilities=tuple(sorted(worst)),
        exploited=len({use.vulnerability for use in uses if use.kev}),
        counts={severity: counted[severity] for severity in SEVERITIES if counted[severity]},
        images=sum(_most(uses, "images").values()),
        containers=_containers(uses),
    )
