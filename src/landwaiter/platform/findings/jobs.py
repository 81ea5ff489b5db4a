"""Re-assessing what is stored when the advisory data has changed: no scan, no registry, no waiting for tasks."""

import logging
import time

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from landwaiter.platform.context import Platform
from landwaiter.platform.findings.changes import Changes, carry_over, changes_to
from landwaiter.platform.findings.freshness import is_stale
from landwaiter.platform.findings.tables import AssessmentRow
from landwaiter.platform.images.tables import ImageRow
from landwaiter.platform.jobs.names import ASSESS_IMAGE, REASSESS
from landwaiter.platform.jobs.queue import defer
from landwaiter.platform.store.base import now
from landwaiter.platform.tasks.tables import RunningUseRow

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

    Images that the difference between the bundles does not touch are carried over by one statement. Of the others,
    first those that run, then all by their ids: an image whose assessment fails is left behind.
    """
    begun = time.monotonic()
    changes = _changes(platform)
    carried = _carry_over(platform, changes) if changes is not None else 0
    done = 0
    for only_running in (True, False):
        last = 0
        while images := _batch(platform, last, only_running=only_running):
            for image_id in images:
                platform.assess_soon(image_id, changes)
            last, done = images[-1], done + len(images)
    _LOG.info("%d images re-assessed, %d carried over in %.1f s", done, carried, time.monotonic() - begun)
    return done + carried


def _changes(platform: Platform) -> Changes | None:
    """Compare the newest bundle with those that assessments rest on, as far as they are still at hand."""
    newest = platform.bundles.current()
    if newest is None:
        return None
    with platform.database.begin() as session:
        ids = session.scalars(select(AssessmentRow.bundle_id).distinct()).all()
    earlier = [bundle for key in ids if key not in {"", newest.info.id} and (bundle := platform.bundles.earlier(key))]
    try:
        return changes_to(newest, earlier)
    finally:
        for bundle in earlier:
            bundle.close()


def _carry_over(platform: Platform, changes: Changes) -> int:
    newest = changes.matcher.bundle.info
    if is_stale(newest, platform.settings.policy.max_age_hours, now()):
        return 0
    carried = 0
    for old_id, difference in changes.touched.items():
        with platform.database.begin() as session:
            carried += carry_over(session, old_id, newest, difference)
    return carried


def count_outdated(platform: Platform, session: Session) -> int:
    """Return how many images wait to be assessed with the newest data."""
    return session.execute(select(func.count()).select_from(AssessmentRow).where(_outdated(platform))).scalar_one()


def _batch(platform: Platform, last: int, *, only_running: bool) -> list[int]:
    query = select(AssessmentRow.image_id).where(_outdated(platform), AssessmentRow.image_id > last)
    if only_running:
        query = query.where(
            AssessmentRow.image_id.in_(select(RunningUseRow.image_id).where(RunningUseRow.containers > 0))
        )
    with platform.database.begin() as session:
        return list(session.scalars(query.order_by(AssessmentRow.image_id).limit(_BATCH)))


def _outdated(platform: Platform) -> ColumnElement[bool]:
    """Return the condition that a verdict rests on other data than the newest, or on data that has become too old."""
    info = platform.bundles.info()
    if info is None:
        return AssessmentRow.bundle_id != ""
    stale = is_stale(info, platform.settings.policy.max_age_hours, now())
    return (AssessmentRow.bundle_id != info.id) | (AssessmentRow.stale != stale)


def defer_unassessed(session: Session) -> int:
    """Put the stored images without any assessment on the queue, were their job lost; return how many."""
    missing = select(ImageRow.id).where(~exists().where(AssessmentRow.image_id == ImageRow.id)).limit(1000)
    images = session.scalars(missing).all()
    for image_id in images:
        defer(session, ASSESS_IMAGE, f"assess {image_id}", image_id=image_id)
    return len(images)
