"""Vulnerabilities, the findings that they are, and where they run."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Integer, Select, func, literal_column, select, tuple_
from sqlalchemy.orm import Session

from landwaiter.errors import InputError
from landwaiter.matching.models import SEVERITIES, Cvss, Finding
from landwaiter.platform.findings.errors import UnknownVulnerabilityError
from landwaiter.platform.findings.models import (
    AffectedImage,
    FindingPage,
    RunningPlace,
    TrackedFinding,
    VulnerabilityHead,
    VulnerabilityList,
    VulnerabilityPage,
)
from landwaiter.platform.findings.running import running_images
from landwaiter.platform.findings.tables import FindingRow, VulnerabilityRow
from landwaiter.platform.images.tables import ImageRow
from landwaiter.platform.store.paging import DEFAULT, cursor_of, position_of
from landwaiter.platform.tasks.tables import ContainerRow, RunningUseRow, TaskRow

_ORDER = (FindingRow.severity, FindingRow.vulnerability, FindingRow.id)
MOST_PLACES, MOST_IMAGES = 200, 100
"""Places and images that one page lists; the page says when there are more."""


def findings_of_image(
    session: Session,
    image_id: int,
    *,
    severity: str = "",
    resolved: bool = False,
    cursor: str | None = None,
    limit: int = DEFAULT,
) -> FindingPage:
    """Return the open (or the resolved) findings of an image, most severe first. Raises InputError."""
    wanted = [FindingRow.image_id == image_id]
    wanted.append(FindingRow.resolved.is_not(None) if resolved else FindingRow.resolved.is_(None))
    if severity:
        wanted.append(FindingRow.severity == _rank(severity))
    total = session.execute(select(func.count()).select_from(FindingRow).where(*wanted)).scalar_one()
    query = select(FindingRow).where(*wanted).order_by(*_ORDER).limit(limit + 1)
    if cursor:
        query = query.where(tuple_(*_ORDER) > position_of(cursor, tuple[int, str, int]))
    rows = session.scalars(query).all()
    last = rows[limit - 1] if len(rows) > limit else None
    following = cursor_of(last.severity, last.vulnerability, last.id) if last else None
    return FindingPage(tuple(tracked(row) for row in rows[:limit]), total, following)


def tracked(row: FindingRow) -> TrackedFinding:
    """Return a finding with its life."""
    finding = msgspec.json.decode(row.detail, type=Finding)
    return TrackedFinding(finding, row.first_seen, row.last_seen, row.resolved, row.reopened)


def places_of(session: Session, image_ids: Sequence[int], *, limit: int = MOST_PLACES) -> tuple[RunningPlace, ...]:
    """Return the containers that run any of the images now, newest first."""
    query = (
        select(TaskRow, ContainerRow.name, ContainerRow.image, ImageRow.digest)
        .join(ContainerRow, ContainerRow.task_id == TaskRow.id)
        .join(ImageRow, ImageRow.id == ContainerRow.image_id)
        .where(ContainerRow.running, ContainerRow.image_id.in_(image_ids))
        .order_by(ContainerRow.task_id.desc(), ContainerRow.name)
        .limit(limit)
    )
    return tuple(
        RunningPlace(
            task_arn=task.task_arn,
            account=task.account,
            region=task.region,
            cluster=task.cluster_arn.rpartition("/")[2],
            group=task.group,
            container=name,
            image=image,
            digest=digest,
            running=task.running,
            started_at=task.started_at,
        )
        for task, name, image, digest in session.execute(query)
    )


def vulnerabilities(
    session: Session,
    *,
    severity: str = "",
    kev: bool = False,
    running_only: bool = False,
    text: str = "",
    cursor: str | None = None,
    limit: int = DEFAULT,
) -> VulnerabilityList:
    """Return the vulnerabilities that any image has now, most severe first. `text` is part of the id. InputError."""
    query = _open_vulnerabilities(running_only=running_only).order_by(VulnerabilityRow.severity, VulnerabilityRow.id)
    if severity:
        query = query.where(VulnerabilityRow.severity == _rank(severity))
    if kev:
        query = query.where(VulnerabilityRow.kev)
    if text:
        query = query.where(VulnerabilityRow.id.icontains(text, autoescape=True))
    if cursor:
        position = position_of(cursor, tuple[int, str])
        query = query.where(tuple_(VulnerabilityRow.severity, VulnerabilityRow.id) > position)
    rows = session.scalars(query.limit(limit + 1)).all()
    following = cursor_of(rows[limit - 1].severity, rows[limit - 1].id) if len(rows) > limit else None
    return VulnerabilityList(heads_of(session, rows[:limit]), following)


def count_vulnerabilities(session: Session, *, kev: bool = False, running_only: bool = False) -> int:
    """Return how many vulnerabilities `vulnerabilities` would list in all."""
    query = _open_vulnerabilities(running_only=running_only).with_only_columns(func.count())
    return session.execute(query.where(VulnerabilityRow.kev) if kev else query).scalar_one()


def vulnerability_page(session: Session, vulnerability: str) -> VulnerabilityPage:
    """Return all of one vulnerability, by its id or an alias. Raises UnknownVulnerabilityError."""
    row = session.get(VulnerabilityRow, vulnerability) or session.scalar(
        select(VulnerabilityRow).where(VulnerabilityRow.aliases.contains([vulnerability])).limit(1)
    )
    if row is None:
        raise UnknownVulnerabilityError(
            f"No image has, or had, {vulnerability[:80]!r}.", "Search: /api/v1/vulnerabilities?text=…"
        )
    images = _affected(session, row.id)
    running = places_of(session, [image_id for image_id, _ in images[:MOST_IMAGES]], limit=MOST_PLACES + 1)
    fixed = {version for _, image in images for item in image.findings for version in item.finding.fixed_versions}
    return VulnerabilityPage(
        vulnerability=heads_of(session, [row])[0],
        fixed_versions=tuple(sorted(fixed)),
        images=tuple(image for _, image in images[:MOST_IMAGES]),
        running=running[:MOST_PLACES],
        truncated=len(images) > MOST_IMAGES or len(running) > MOST_PLACES,
    )


def heads_of(session: Session, rows: Sequence[VulnerabilityRow]) -> tuple[VulnerabilityHead, ...]:
    """Return the vulnerabilities with their exposure, in the order given; two queries however many."""
    ids = [row.id for row in rows]
    of_these = FindingRow.vulnerability.in_(ids) & FindingRow.resolved.is_(None)
    seen = {
        row[0]: row
        for row in session.execute(
            select(
                FindingRow.vulnerability,
                func.count(FindingRow.image_id.distinct()),
                func.bool_or(FindingRow.fixed),
                func.min(FindingRow.first_seen),
            )
            .where(of_these)
            .group_by(FindingRow.vulnerability)
        )
    }
    exposed = select(FindingRow.vulnerability, FindingRow.image_id).where(of_these).distinct().subquery()
    running: dict[str, int] = dict(
        session.execute(
            select(exposed.c.vulnerability, func.sum(RunningUseRow.containers).cast(Integer))
            .join(RunningUseRow, RunningUseRow.image_id == exposed.c.image_id)
            .where(RunningUseRow.containers > 0)
            .group_by(exposed.c.vulnerability)
        ).all()
    )
    return tuple(_head(row, seen.get(row.id), running.get(row.id, 0)) for row in rows)


def _head(row: VulnerabilityRow, seen: Sequence[Any] | None, running: int) -> VulnerabilityHead:
    return VulnerabilityHead(
        id=row.id,
        aliases=tuple(row.aliases),
        severity=SEVERITIES[row.severity],
        cvss=msgspec.json.decode(row.cvss, type=Cvss) if row.cvss else None,
        kev=row.kev,
        epss=row.epss,
        summary=row.summary,
        images=seen[1] if seen else 0,
        running=running,
        fixable=bool(seen and seen[2]),
        first_seen=seen[3] if seen else row.updated,
    )


def _open_vulnerabilities(*, running_only: bool) -> Select[VulnerabilityRow]:
    """Return those that any image has: PostgreSQL looks them up one by one, and stops when a page is full."""
    found: Select[int] = select(literal_column("1", Integer)).select_from(FindingRow)
    if running_only:
        found = found.join(
            RunningUseRow, (RunningUseRow.image_id == FindingRow.image_id) & (RunningUseRow.containers > 0)
        )
    found = found.where(FindingRow.vulnerability == VulnerabilityRow.id, FindingRow.resolved.is_(None))
    one = found.correlate(VulnerabilityRow).limit(1).lateral()
    return select(VulnerabilityRow).join(one, literal_column("true"))


def _affected(session: Session, vulnerability: str) -> list[tuple[int, AffectedImage]]:
    """Return the images that have it now, those that run most first; one more than a page lists."""
    runs = running_images()
    number = func.coalesce(runs.c.containers, 0)
    chosen = (
        select(FindingRow.image_id, func.max(number).cast(Integer).label("containers"))
        .outerjoin(runs, runs.c.image_id == FindingRow.image_id)
        .where(FindingRow.vulnerability == vulnerability, FindingRow.resolved.is_(None))
        .group_by(FindingRow.image_id)
        .order_by(func.max(number).desc(), FindingRow.image_id.desc())
        .limit(MOST_IMAGES + 1)
    )
    running: dict[int, int] = dict(session.execute(chosen).all())
    images = {row.id: row for row in session.scalars(select(ImageRow).where(ImageRow.id.in_(running)))}
    findings: dict[int, list[TrackedFinding]] = {}
    query = select(FindingRow).where(
        FindingRow.vulnerability == vulnerability, FindingRow.resolved.is_(None), FindingRow.image_id.in_(running)
    )
    for row in session.scalars(query.order_by(FindingRow.id)):
        findings.setdefault(row.image_id, []).append(tracked(row))
    return [
        (key, AffectedImage(image.digest, image.reference, image.platform, number, tuple(findings.get(key, ()))))
        for key, number in running.items()
        if (image := images.get(key)) is not None
    ]


def _rank(severity: str) -> int:
    if severity not in SEVERITIES:
        raise InputError(f"{severity!r} is no severity.", f"Use one of {', '.join(SEVERITIES)}.")
    return SEVERITIES.index(severity)
