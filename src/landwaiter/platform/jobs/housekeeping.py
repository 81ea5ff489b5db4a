"""What keeps the house in order: leases that ran out, work that a crash left undone, data past its time."""

import logging
from datetime import timedelta

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from landwaiter.errors import InputError
from landwaiter.platform.auth.tables import LoginFailureRow, SessionRow
from landwaiter.platform.certificate import check_time
from landwaiter.platform.context import Platform
from landwaiter.platform.findings.jobs import defer_reassessment, defer_unassessed
from landwaiter.platform.images.tables import ImageLayerRow, ImagePackageRow, ImageRow, LayerRow, PackageRow
from landwaiter.platform.scans.lease import expire
from landwaiter.platform.scans.tables import ACTIVE, ScanRow
from landwaiter.platform.sensors.service import forget_old
from landwaiter.platform.store.base import now
from landwaiter.platform.tasks.tables import ContainerRow, RunningUseRow, TaskDefinitionRow, TaskEventRow, TaskRow

_LOG = logging.getLogger(__name__)
_UNCLAIMED = timedelta(days=7)
"""How long the facts of layers wait for a document that claims them."""
_BATCH = 1000


def recover(platform: Platform) -> None:
    """Do what a minute brings, and what a crash left: expire leases, queue what is not assessed or outdated."""
    with platform.database.begin() as session:
        expired = expire(session)
        unassessed = defer_unassessed(session)
        outdated = defer_reassessment(platform, session)
    if expired or unassessed or outdated:
        _LOG.info("%d leases expired, %d images queued, outdated assessments: %s", expired, unassessed, outdated)


def clean_up(platform: Platform) -> None:
    """Remove what is past its time: events, finished scans, stopped tasks, images that ran long ago, idle sessions."""
    settings, time = platform.settings, now()
    events, images = time - timedelta(days=settings.keep_events_days), time - timedelta(days=settings.keep_images_days)
    with platform.database.begin() as session:
        session.execute(delete(TaskEventRow).where(TaskEventRow.received < events))
        session.execute(delete(ScanRow).where(ScanRow.state.not_in(ACTIVE), ScanRow.created < events))
        session.execute(delete(TaskRow).where(~TaskRow.running, TaskRow.last_seen < events))
        session.execute(delete(SessionRow).where((SessionRow.expires < time) | (SessionRow.idle_until < time)))
        forget_old(session)
        session.execute(delete(LoginFailureRow).where(LoginFailureRow.last < time - timedelta(days=1)))
        used = exists().where(TaskRow.task_definition_arn == TaskDefinitionRow.arn)
        session.execute(delete(TaskDefinitionRow).where(TaskDefinitionRow.added < events, ~used))
        session.execute(delete(RunningUseRow).where(RunningUseRow.containers == 0))
        session.execute(delete(LayerRow).where(~LayerRow.referenced, LayerRow.added < time - _UNCLAIMED))
    with platform.database.begin() as session:
        placed = exists().where(ContainerRow.image_id == ImageRow.id)
        session.execute(delete(ImageRow).where(ImageRow.last_seen < images, ~placed))
        _remove_orphans(session)


def warn_of_certificate(platform: Platform) -> None:
    """Say in the log that the server's certificate has expired or will soon: it is not looked at until a restart."""
    if platform.settings.tls_certificate is None:
        return
    try:
        warning = check_time(platform.settings.tls_certificate, now())
    except InputError as error:
        warning = str(error)
    if warning:
        _LOG.warning(warning)


def _remove_orphans(session: Session) -> None:
    """Remove layers and packages that no image has any more."""
    claimed = exists().where(ImageLayerRow.diff_id == LayerRow.diff_id)
    session.execute(delete(LayerRow).where(LayerRow.referenced, ~claimed))
    contained = exists().where(ImagePackageRow.package_id == PackageRow.id)
    orphans = select(PackageRow.id).where(~contained).limit(_BATCH)
    session.execute(delete(PackageRow).where(PackageRow.id.in_(orphans)))
