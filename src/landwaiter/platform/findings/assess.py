"""From a stored inventory to findings, compliance results and a verdict; the same code as `landwaiter scan`.

The work is done before the transaction that writes it: matching takes a while, and holds no lock meanwhile. Two
assessments of one image at once would do the same work twice and store the same result.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from landwaiter.advisories.bundle import Bundle
from landwaiter.compliance.evaluate import evaluate
from landwaiter.compliance.models import ComplianceEvidence, ControlResult, TaskDefinition
from landwaiter.inventory.models import Inventory
from landwaiter.matching.assessed import without_data
from landwaiter.matching.match import match
from landwaiter.matching.models import Assessment
from landwaiter.platform.findings.changes import Changes, stored_assessment
from landwaiter.platform.findings.freshness import is_stale
from landwaiter.platform.findings.lifecycle import store_findings
from landwaiter.platform.findings.verdicts import Evaluated, store_assessment, store_variants
from landwaiter.platform.images.store import read_inventory
from landwaiter.platform.images.tables import ImageRow
from landwaiter.platform.scans.service import add_steps, mark_assessed
from landwaiter.platform.store.base import now
from landwaiter.platform.store.database import Database
from landwaiter.platform.tasks.definitions import read_definitions
from landwaiter.platform.tasks.service import Use, uses_of_image
from landwaiter.policy.evaluate import decide
from landwaiter.policy.models import Policy, Verdict
from landwaiter.scan.document import StepReport

STATUSES = ("fail", "not_assessed", "pass")
"""Verdicts, most severe first."""


@dataclass(slots=True)
class _Journal:
    """The named steps of an assessment, as the journey of the scan shows them."""

    steps: list[StepReport] = field(default_factory=list)

    def note(self, step: str, started: datetime, begun: float, detail: str) -> None:
        milliseconds = int((time.monotonic() - begun) * 1000)
        self.steps.append(StepReport(step, started.isoformat(), milliseconds, detail))


def assess_image(
    database: Database,
    image_id: int,
    bundle: Bundle | None,
    problem: str,
    policy: Policy,
    *,
    changes: Changes | None = None,
) -> Verdict | None:
    """Assess one stored image and store what comes of it; return its verdict, None when the image is gone.

    `bundle` is None where there is no advisory data, which `problem` explains: the verdict is then "not_assessed".
    With `changes`, only the packages that they touch are matched again, where the assessment before allows that.
    """
    journal = _Journal()
    with database.begin() as session:
        if session.scalar(select(ImageRow.id).where(ImageRow.id == image_id)) is None:
            return None
        inventory = read_inventory(session, image_id)
        uses = uses_of_image(session, image_id)
        definitions = read_definitions(session, sorted({use.task_definition_arn for use in uses}))
        before = stored_assessment(session, image_id) if changes is not None else None
    started, begun = now(), time.monotonic()
    if changes is not None and before is not None:
        assessment = changes.applied(inventory, before)
    else:
        assessment = match(inventory, bundle) if bundle is not None else without_data(inventory, problem)
    journal.note("match", started, begun, f"{len(assessment.findings)} findings in {len(inventory.packages)} packages")
    started, begun = now(), time.monotonic()
    evaluated = [_evaluate(inventory, assessment, use, definitions, policy) for use in uses or [_ALONE]]
    failed = sum(item.failed for item in evaluated)
    journal.note("compliance", started, begun, f"{failed} controls failed in {len(evaluated)} variants")
    worst = min((item.verdict for item in evaluated), key=lambda verdict: STATUSES.index(verdict.status))
    steps = tuple(journal.steps)
    stale = is_stale(assessment.bundle if assessment.bundle.id else None, policy.max_age_hours, now())
    done = _Done(assessment, evaluated, worst, steps, stale)
    database.retry(lambda session: _store(session, image_id, done))
    return worst


_ALONE = Use(task_definition_arn="", container="", platform_version="", enable_execute_command=None)


def _evaluate(
    inventory: Inventory, assessment: Assessment, use: Use, definitions: dict[str, TaskDefinition], policy: Policy
) -> Evaluated:
    definition = definitions.get(use.task_definition_arn)
    if definition is not None:
        definition = msgspec.structs.replace(
            definition,
            platform_version=use.platform_version or None,
            enable_execute_command=use.enable_execute_command,
        )
    evidence = ComplianceEvidence(inventory, assessment, definition, use.container or None)
    controls: Sequence[ControlResult] = evaluate(evidence)
    verdict = decide(policy, inventory, assessment, controls, now=now())
    return Evaluated(use.task_definition_arn, use.container, tuple(controls), verdict)


@dataclass(frozen=True, slots=True)
class _Done:
    """What is to be stored of an assessment."""

    assessment: Assessment
    evaluated: Sequence[Evaluated]
    worst: Verdict
    steps: Sequence[StepReport]
    stale: bool


def _store(session: Session, image_id: int, done: _Done) -> None:
    locked = session.scalar(select(ImageRow).where(ImageRow.id == image_id).with_for_update())
    if locked is None:
        return
    started, begun, journal = now(), time.monotonic(), _Journal(list(done.steps))
    worst = done.worst
    counts = store_findings(session, locked, done.assessment)
    store_variants(session, image_id, done.evaluated)
    store_assessment(
        session,
        image_id,
        done.assessment,
        counts,
        verdict=worst.status,
        failed_controls=max(item.failed for item in done.evaluated),
        stale=done.stale,
    )
    journal.note(
        "verdict", started, begun, f"{worst.status}: {worst.reasons[0] if worst.reasons else 'no reason to fail'}"
    )
    for scan_id in mark_assessed(session, image_id):
        add_steps(session, scan_id, journal.steps, origin="platform")
