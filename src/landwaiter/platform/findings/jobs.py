"""Re-assessing what is stored when the advisory data has changed: no scan, no registry, no waiting for tasks."""

import logging

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from landwaiter.platform.context import Platform
from landwaiter.platform.findings.tables import AssessmentRow
from landwaiter.platform.images.tables import ImageRow
from landwaiter.platform.jobs.names import ASSESS_IMAGE, REASSESS
from landwaiter.platform.jobs.queue import defer
from landwaiter.platform.tasks.tables import ContainerRow, TaskRow

_LOG = logging.getLogger(__name__)
_BATCH = 200


def defer_reassessment(platform: Platform, session: Session) -> bool:
    """Put a re-assessment on the queue if any image rests on other advisory data than the newest; say whether."""
    outdated = session.scalar(select(exists().where(_outdated(platform))))
    if outdated:
        defer(session, REASSESS, REASSESS)
    return bool(outdated)


def reassess(platform: Platform) -> int:
    """Re-assess every image that rests on other data than the newest, what runs now first; return how many.

    It goes through the images that run, then through all, by their ids: an image whose assessment fails is left behind.
    """
    done = 0
    for only_running in (True, False):
        last = 0
        while images := _batch(platform, last, only_running=only_running):
            for image_id in images:
                platform.assess_soon(image_id)
            last, done = images[-1], done + len(images)
    _LOG.info("%d images re-assessed", done)
    return done


def _batch(platform: Platform, last: int, *, only_running: bool) -> list[int]:
    query = select(AssessmentRow.image_id).where(_outdated(platform), AssessmentRow.image_id > last)
    if only_running:
        runs = select(ContainerRow.image_id).join(TaskRow, TaskRow.id == ContainerRow.task_id).where(TaskRow.running)
        query = query.where(AssessmentRow.image_id.in_(runs))
    with platform.database.begin() as session:
        return list(session.scalars(query.order_by(AssessmentRow.image_id).limit(_BATCH)))


def _outdated(platform: Platform) -> ColumnElement[bool]:
    info = platform.bundles.info()
    return AssessmentRow.bundle_id != (info.id if info is not None else "")


def defer_unassessed(session: Session) -> int:
    """Put the stored images without any assessment on the queue, were their job lost; return how many."""
    missing = select(ImageRow.id).where(~exists().where(AssessmentRow.image_id == ImageRow.id)).limit(1000)
    images = session.scalars(missing).all()
    for image_id in images:
        defer(session, ASSESS_IMAGE, f"assess {image_id}", image_id=image_id)
    return len(images)
