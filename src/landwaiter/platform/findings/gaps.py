"""What is not assessed of everything that runs, and why: scans that failed or are under way, data that is missing."""

from collections import defaultdict

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from landwaiter.matching.models import NotAssessed
from landwaiter.platform.findings.models import DataGap, Gaps, Unscanned
from landwaiter.platform.findings.running import running_images
from landwaiter.platform.findings.tables import AssessmentRow
from landwaiter.platform.scans.tables import ScanRow
from landwaiter.platform.tasks.standing import scan_standing
from landwaiter.platform.tasks.tables import ContainerRow, TaskRow

MOST = 200
"""Images that are listed; and different sets of gaps that are read."""


def gaps(session: Session) -> Gaps:
    """Return the images of running containers that are not scanned, and what the assessed ones lack."""
    unscanned = _unscanned(session)
    return Gaps(unscanned[:MOST], _data_gaps(session), truncated=len(unscanned) > MOST)


def _unscanned(session: Session) -> tuple[Unscanned, ...]:
    query = (
        select(
            ContainerRow.image, ContainerRow.platform, ContainerRow.scan_id, func.count(), func.min(TaskRow.task_arn)
        )
        .join(TaskRow, TaskRow.id == ContainerRow.task_id)
        .where(ContainerRow.running, ContainerRow.image_id.is_(None))
        .group_by(ContainerRow.image, ContainerRow.platform, ContainerRow.scan_id)
        .order_by(func.count().desc(), ContainerRow.image)
        .limit(MOST + 1)
    )
    rows = session.execute(query).all()
    scans = {row.id: row for row in session.scalars(select(ScanRow).where(ScanRow.id.in_([item[2] for item in rows])))}
    return tuple(
        _image(scans.get(scan_id or ""), image, platform, containers, task_arn)
        for image, platform, scan_id, containers, task_arn in rows
    )


def _image(scan: ScanRow | None, image: str, platform: str, containers: int, task_arn: str) -> Unscanned:
    state, reason = scan_standing(scan)
    failed = scan is not None and scan.state == "failed"
    return Unscanned(
        image=image,
        platform=platform,
        state=state,
        reason=scan.failure_what if scan is not None and failed else reason,
        remedy=scan.failure_remedy if scan is not None and failed else "",
        scan_id=scan.id if scan is not None else None,
        containers=containers,
        task_arn=task_arn,
    )


def _data_gaps(session: Session) -> tuple[DataGap, ...]:
    """Return each thing that no advisory data speaks for, with the running images that have it.

    Images with the same gaps have the same text, so there are few different ones however many images there are.
    """
    running = running_images()
    query = (
        select(AssessmentRow.not_assessed, func.count(), func.sum(running.c.containers))
        .join(running, running.c.image_id == AssessmentRow.image_id)
        .where(AssessmentRow.not_assessed != b"[]")
        .group_by(AssessmentRow.not_assessed)
        .order_by(func.count().desc())
        .limit(MOST * 5)
    )
    found: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for data, images, containers in session.execute(query):
        for gap in set(msgspec.json.decode(data, type=tuple[NotAssessed, ...])):
            totals = found[gap.kind, gap.reason]
            totals[0] += images
            totals[1] += int(containers)
    made = (DataGap(kind, reason, images, containers) for (kind, reason), (images, containers) in found.items())
    return tuple(sorted(made, key=lambda gap: (-gap.containers, gap.reason))[:MOST])
