"""Which image each container runs, and what follows when that changes."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache

from sqlalchemy import case, func, select, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.orm import Session

from landwaiter.platform.findings.tables import AssessmentRow, VariantRow
from landwaiter.platform.images.tables import ImageReferenceRow, ImageRow
from landwaiter.platform.jobs.names import ASSESS_IMAGE
from landwaiter.platform.jobs.queue import defer
from landwaiter.platform.scans.tables import ScanRow
from landwaiter.platform.store.base import now, text_of
from landwaiter.platform.store.bulk import among, having, inserting, rows_of, table_of
from landwaiter.platform.tasks.answers import STOPPED, Placed, Use
from landwaiter.platform.tasks.tables import ContainerRow

_SEEN = timedelta(hours=1)
"""How exact `last_seen` of an image and of its names is: one write an hour, however often it starts."""


def place_containers(session: Session, uses: Sequence[Use], moved: Mapping[str, int], placed: Placed) -> None:
    """Write the containers of the tasks that moved (ARN -> id), and note that their images run."""
    running = [use for use in uses if use.task.task_arn in moved]
    if not running:
        return
    rows = {(row["task_id"], row["name"]): row for use in running for row in [_row(use, moved, placed)]}
    session.execute(_placing(), rows_of(list(rows.values())))
    _adopt(session, placed)
    started = [use for use in running if use.task.last_status != STOPPED]
    _note_names(session, started, placed)
    _evaluate_new_variants(session, started, placed)


@cache
def _placing() -> Insert:
    """Return the statement that writes containers; what a report does not tell stays as it was."""
    query, old = inserting(ContainerRow, *_COLUMNS), table_of(ContainerRow).c
    new = query.excluded
    return query.on_conflict_do_update(
        index_elements=["task_id", "name"],
        set_={
            "image": new.image,
            "image_digest": case((new.image_digest != "", new.image_digest), else_=old.image_digest),
            "platform": new.platform,
            "last_status": new.last_status,
            "running": new.running,
            "runtime_id": new.runtime_id,
            "image_id": func.coalesce(new.image_id, old.image_id),
            "scan_id": func.coalesce(new.scan_id, old.scan_id),
            "task_definition_arn": new.task_definition_arn,
        },
    )


_COLUMNS = tuple(column.name for column in table_of(ContainerRow).columns)


def resolve_containers(session: Session, scan_id: str, image_id: int, digests: Sequence[str], platform: str) -> None:
    """Tell every container that waited for this scan, or names this digest, which image it runs."""
    session.execute(
        update(ContainerRow)
        .where(
            (ContainerRow.scan_id == scan_id)
            | (ContainerRow.image_digest.in_(digests) & (ContainerRow.platform == platform))
        )
        .where(ContainerRow.image_id.is_(None))
        .values(image_id=image_id)
    )


def _adopt(session: Session, placed: Placed) -> None:
    """Let a new scan answer for the containers, too, that wait for the same digest since an attempt that failed."""
    if not placed.leased:
        return
    failed = select(ScanRow.lease_key, ScanRow.id).where(ScanRow.state == "failed", ScanRow.digest != "").subquery()
    for key, scan_id in sorted(placed.leased.items()):
        earlier = select(failed.c.id).where(failed.c.lease_key == key)
        session.execute(
            update(ContainerRow)
            .where(ContainerRow.image_id.is_(None), ContainerRow.scan_id.in_(earlier))
            .values(scan_id=scan_id)
        )


def _row(use: Use, moved: Mapping[str, int], placed: Placed) -> dict[str, object]:
    place = (use.task.task_arn, use.container.name)
    return {
        "task_id": moved[use.task.task_arn],
        "name": text_of(use.container.name),
        "image": use.image,
        "image_digest": use.digest,
        "platform": use.platform,
        "last_status": text_of(use.container.last_status),
        "runtime_id": text_of(use.container.runtime_id),
        "running": use.task.last_status != STOPPED,
        "image_id": placed.images.get(place),
        "scan_id": placed.scans.get(place),
        "task_definition_arn": text_of(use.task.task_definition_arn),
    }


def _note_names(session: Session, uses: Sequence[Use], placed: Placed) -> None:
    """Note when images and their names were seen, where that was noted longest ago; normally this writes nothing."""
    named = {
        (placed.images[place], use.image)
        for use in uses
        if use.digest and (place := (use.task.task_arn, use.container.name)) in placed.images
    }
    if not named:
        return
    table = table_of(ImageReferenceRow).c
    recent = session.execute(
        select(table.image_id, table.reference)
        .where(having(table.image_id, {key for key, _ in named}), among(table.reference, {name for _, name in named}))
        .where(table.last_seen > now() - _SEEN)
    )
    stale = sorted(named - {(image_id, reference) for image_id, reference in recent})
    if stale:
        query = insert(ImageReferenceRow).values([{"image_id": key, "reference": name} for key, name in stale])
        session.execute(
            query.on_conflict_do_update(index_elements=["image_id", "reference"], set_={"last_seen": func.now()})
        )
        ids = sorted({image_id for image_id, _ in stale})
        session.execute(update(ImageRow).where(ImageRow.id.in_(ids)).values(last_seen=func.now()))


def _evaluate_new_variants(session: Session, uses: Sequence[Use], placed: Placed) -> None:
    """Have an assessed image evaluated with a task definition that it has not run in before."""
    wanted = {
        (placed.images[place], text_of(use.task.task_definition_arn), text_of(use.container.name))
        for use in uses
        if (place := (use.task.task_arn, use.container.name)) in placed.images
    }
    if not wanted:
        return
    table = table_of(VariantRow).c
    evaluated = (
        select(table.image_id, table.task_definition_arn, table.container)
        .where(having(table.image_id, {key for key, _, _ in wanted}))
        .where(among(table.task_definition_arn, {arn for _, arn, _ in wanted}))
    )
    known = {tuple(row) for row in session.execute(evaluated)}
    images = sorted({image_id for image_id, arn, container in wanted if (image_id, arn, container) not in known})
    if images:
        assessed = select(AssessmentRow.image_id).where(AssessmentRow.image_id.in_(images))
        for image_id in session.scalars(assessed.order_by(AssessmentRow.image_id)).all():
            defer(session, ASSESS_IMAGE, f"assess {image_id}", image_id=image_id)
