"""The state of the house at a glance."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from landwaiter.platform.context import Platform
from landwaiter.platform.findings.freshness import data_age
from landwaiter.platform.findings.jobs import count_outdated
from landwaiter.platform.findings.models import Counts, Overview
from landwaiter.platform.findings.running import running_images
from landwaiter.platform.findings.tables import AssessmentRow, FindingRow, VariantRow
from landwaiter.platform.findings.vulnerabilities import count_vulnerabilities, vulnerabilities
from landwaiter.platform.images.tables import ImageRow
from landwaiter.platform.scans.tables import ACTIVE, ScanRow
from landwaiter.platform.sensors.service import silent_sensors
from landwaiter.platform.store.base import now
from landwaiter.platform.tasks.tables import RunningUseRow, TaskRow

_DAY = timedelta(days=1)


def overview(session: Session, platform: Platform) -> Overview:
    """Count what runs, how it stands, and what changed in the last 24 hours."""
    since, bundles = now() - _DAY, platform.bundles
    containers, assessed, failing = _containers(session)
    images_running = _count(session, select(running_images().c.image_id))
    return Overview(
        tasks_running=_count(session, select(TaskRow.id).where(TaskRow.running)),
        containers_running=containers,
        containers_assessed=assessed,
        containers_not_assessed=containers - assessed,
        containers_failing=failing,
        images_running=images_running,
        images_total=_count(session, select(ImageRow.id)),
        findings=_exposure(session),
        kev_running=vulnerabilities(session, kev=True, running_only=True, limit=20).vulnerabilities,
        kev_running_total=count_vulnerabilities(session, kev=True, running_only=True),
        new_findings_day=_count(session, select(FindingRow.id).where(FindingRow.first_seen > since)),
        resolved_findings_day=_count(session, select(FindingRow.id).where(FindingRow.resolved > since)),
        scans_active=_count(session, select(ScanRow.id).where(ScanRow.state.in_(ACTIVE))),
        scans_failed_day=_count(session, select(ScanRow.id).where(ScanRow.state == "failed", ScanRow.created > since)),
        bundle=bundles.described(),
        bundle_problem=bundles.problem(),
        data=data_age(bundles.info(), platform.settings.policy.max_age_hours, now()),
        outdated=count_outdated(platform, session),
        silent_sensors=silent_sensors(session, platform.silence),
        stopped_tasks_day=_count(session, select(TaskRow.id).where(~TaskRow.running, TaskRow.last_seen > since)),
    )


def _containers(session: Session) -> tuple[int, int, int]:
    """Return how many containers run, how many of them have a verdict, and how many fail."""
    decided = VariantRow.verdict.in_(("pass", "fail"))
    total, use = func.sum(RunningUseRow.containers), RunningUseRow
    row = session.execute(
        select(total, total.filter(decided), total.filter(VariantRow.verdict == "fail"))
        .outerjoin(
            VariantRow,
            and_(
                VariantRow.image_id == use.image_id,
                VariantRow.task_definition_arn == use.task_definition_arn,
                VariantRow.container == use.container,
            ),
        )
        .where(use.containers > 0)
    ).one()
    return int(row[0] or 0), int(row[1] or 0), int(row[2] or 0)


def _exposure(session: Session) -> Counts:
    """Add up the open findings of the images that run now."""
    runs = select(running_images().c.image_id)
    names = Counts.__struct_fields__
    sums = [func.coalesce(func.sum(getattr(AssessmentRow, name)), 0) for name in names]
    row = session.execute(select(*sums).where(AssessmentRow.image_id.in_(runs))).one()
    return Counts(**dict(zip(names, (int(value) for value in row), strict=True)))


def _count(session: Session, query: Select[Any]) -> int:
    return session.execute(select(func.count()).select_from(query.subquery())).scalar_one()
