"""Storing what an assessment says of an image as a whole, and of each way in which tasks run it."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from landwaiter.compliance.models import ControlResult
from landwaiter.matching.models import SEVERITIES, Assessment
from landwaiter.platform.findings.models import Counts
from landwaiter.platform.findings.tables import AssessmentRow, ComplianceRow, VariantRow
from landwaiter.platform.store.base import now, text_of
from landwaiter.policy.models import Verdict

NOTHING = len(SEVERITIES)
"""`worst` of an image without open findings."""


class Evaluated(msgspec.Struct, frozen=True):
    """An image evaluated as one container of one task definition."""

    task_definition_arn: str
    container: str
    results: tuple[ControlResult, ...]
    verdict: Verdict

    @property
    def failed(self) -> int:
        """How many controls failed."""
        return sum(result.status == "fail" for result in self.results)


def store_variants(session: Session, image_id: int, evaluated: Sequence[Evaluated]) -> None:
    """Replace the variants of an image."""
    session.execute(delete(VariantRow).where(VariantRow.image_id == image_id))
    session.execute(delete(ComplianceRow).where(ComplianceRow.image_id == image_id))
    time = now()
    for item in evaluated:
        key = {"image_id": image_id, "task_definition_arn": item.task_definition_arn, "container": item.container}
        session.execute(
            insert(VariantRow).values(
                **key,
                results=msgspec.json.encode(item.results),
                verdict=item.verdict.status,
                detail=msgspec.json.encode(item.verdict),
                failed_controls=item.failed,
                evaluated=time,
            )
        )
        rows = [
            {**key, "benchmark": text_of(result.benchmark), "control": text_of(result.control), "status": result.status}
            for result in item.results
        ]
        if rows:
            session.execute(insert(ComplianceRow).on_conflict_do_nothing(), rows)


def store_assessment(
    session: Session,
    image_id: int,
    assessment: Assessment,
    counts: Counts,
    *,
    verdict: str,
    failed_controls: int,
    stale: bool,
) -> None:
    """Store the assessment of an image with its counts; `stale` when it rests on data too old for the policy."""
    numbers = msgspec.structs.asdict(counts)
    values = {
        "bundle_id": assessment.bundle.id,
        "bundle": msgspec.json.encode(assessment.bundle),
        "not_assessed": msgspec.json.encode(assessment.not_assessed),
        "verdict": verdict,
        "worst": next((rank for rank, name in enumerate(SEVERITIES) if numbers[name]), NOTHING),
        **numbers,
        "failed_controls": failed_controls,
        "stale": stale,
        "assessed": now(),
    }
    session.execute(
        insert(AssessmentRow)
        .values(image_id=image_id, **values)
        .on_conflict_do_update(index_elements=["image_id"], set_=values)
    )
