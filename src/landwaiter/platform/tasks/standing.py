"""How the image of each container stands: assessed, or why not. Nothing is ever "clean" for want of data."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from landwaiter.matching.models import SEVERITIES, NotAssessed
from landwaiter.platform.findings.tables import AssessmentRow, VariantRow
from landwaiter.platform.images.tables import ImageRow
from landwaiter.platform.scans.tables import ACTIVE, ScanRow
from landwaiter.platform.tasks.models import ContainerView
from landwaiter.platform.tasks.tables import ContainerRow, TaskRow
from landwaiter.policy.models import Verdict


def containers_of(session: Session, task_ids: Sequence[int]) -> dict[int, tuple[ContainerView, ...]]:
    """Return the containers of several tasks by task, each with its image's standing, in one query."""
    query = (
        select(ContainerRow, ImageRow, AssessmentRow, ScanRow, VariantRow.detail, VariantRow.failed_controls)
        .join(TaskRow, TaskRow.id == ContainerRow.task_id)
        .outerjoin(ImageRow, ImageRow.id == ContainerRow.image_id)
        .outerjoin(AssessmentRow, AssessmentRow.image_id == ContainerRow.image_id)
        .outerjoin(
            VariantRow,
            and_(
                VariantRow.image_id == ContainerRow.image_id,
                VariantRow.task_definition_arn == TaskRow.task_definition_arn,
                VariantRow.container == ContainerRow.name,
            ),
        )
        .outerjoin(ScanRow, ScanRow.id == ContainerRow.scan_id)
        .where(ContainerRow.task_id.in_(task_ids))
        .order_by(ContainerRow.task_id, ContainerRow.name)
    )
    found: dict[int, list[ContainerView]] = {}
    for row in session.execute(query):
        found.setdefault(row[0].task_id, []).append(_view(*row))
    return {task_id: tuple(views) for task_id, views in found.items()}


def _view(  # noqa: PLR0917 - the columns of one row, in the order of the query
    container: ContainerRow,
    image: ImageRow | None,
    assessment: AssessmentRow | None,
    scan: ScanRow | None,
    detail: bytes | None,
    failed_controls: int | None,
) -> ContainerView:
    verdict = msgspec.json.decode(detail, type=Verdict) if detail else None
    state, reason = _standing(image, assessment, verdict, scan)
    return ContainerView(
        name=container.name,
        image=container.image,
        digest=image.digest if image else container.image_digest,
        platform=container.platform,
        last_status=container.last_status,
        assessment=state,
        reason=reason,
        verdict=verdict.status if verdict else None,
        verdict_reasons=verdict.reasons if verdict else (),
        counts={name: getattr(assessment, name) for name in SEVERITIES} if assessment else {},
        kev=assessment.kev if assessment else 0,
        failed_controls=failed_controls or 0,
        scan_id=container.scan_id,
    )


def _standing(
    image: ImageRow | None, assessment: AssessmentRow | None, verdict: Verdict | None, scan: ScanRow | None
) -> tuple[str, str]:
    """Return the state of an assessment and its reason, "" where it needs none."""
    if assessment is not None:
        reasons = msgspec.json.decode(assessment.not_assessed, type=tuple[NotAssessed, ...])
        if assessment.verdict == "not_assessed" or (verdict is not None and verdict.status == "not_assessed"):
            return "not_assessed", " ".join(reason.reason for reason in reasons) or "not assessed"
        if verdict is None:
            return "scanning", "its compliance in this task definition is being evaluated"
        return "assessed", " ".join(reason.reason for reason in reasons)
    if image is not None:
        return "scanning", "its layers are on the platform, its assessment is on the way"
    return scan_standing(scan)


def scan_standing(scan: ScanRow | None) -> tuple[str, str]:
    """Return how an image stands of which there is a scan at most."""
    if scan is None:
        return "unknown", "no scan has been asked for"
    if scan.state == "failed":
        return "failed", f"{scan.failure_what} {scan.failure_remedy}".strip()
    if scan.state in ACTIVE:
        return "scanning", {"leased": "a build is being started", "building": "a build is running"}.get(
            scan.state, "a build is uploading"
        )
    return "scanning", "its assessment is on the way"
