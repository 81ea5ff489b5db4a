"""The life of a scan after its lease: build started, steps, failure; and what the console asks of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from landwaiter.errors import InputError
from landwaiter.platform.images.tables import ImageRow
from landwaiter.platform.scans.models import Failure, Journey, Scan, ScanPage, SensorScan, Step
from landwaiter.platform.scans.tables import ACTIVE, STATES, ScanRow, ScanStepRow
from landwaiter.platform.store.base import now, text_of
from landwaiter.platform.store.paging import DEFAULT, cursor_of, position_of
from landwaiter.platform.store.times import parse_time
from landwaiter.scan.document import ScanFailure, StepReport

MOST_STEPS = 200
"""Steps of one report; the job has a dozen."""


class UnknownScanError(InputError):
    """There is no scan of this id."""


def sensor_scan(session: Session, scan_id: str) -> SensorScan:
    """Return a scan as its job sees it. Raises UnknownScanError."""
    row = scan_row(session, scan_id)
    return SensorScan(row.id, row.image, row.digest, row.platform, row.state)


def scan_row(session: Session, scan_id: str, *, lock: bool = False) -> ScanRow:
    """Return a scan's row, locked for this transaction if wanted. Raises UnknownScanError."""
    query = select(ScanRow).where(ScanRow.id == scan_id)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise UnknownScanError(f"There is no scan {scan_id[:80]!r}.", "Its lease was given back, or it is long past.")
    return row


def renew(session: Session, scan_id: str, duration: timedelta, state: str | None = None) -> SensorScan:
    """Renew the lease of an active scan, and move it on to `state`; a scan that has ended stays as it is."""
    row = scan_row(session, scan_id, lock=True)
    if row.state in ACTIVE:
        row.lease_until = now() + duration
        row.updated = now()
        if state is not None and ACTIVE.index(state) > ACTIVE.index(row.state):
            row.state = state
    return SensorScan(row.id, row.image, row.digest, row.platform, row.state)


def build_started(session: Session, scan_id: str, build_id: str, duration: timedelta) -> None:
    """Note the build that works on a scan. It may be told after the build's own first words."""
    renew(session, scan_id, duration, "building")
    scan_row(session, scan_id).build_id = text_of(build_id)[:500]


def fail(session: Session, scan_id: str, failure: ScanFailure) -> None:
    """End a scan with its reason, which frees the lease. A scan that has ended already stays as it is."""
    row = scan_row(session, scan_id, lock=True)
    if row.state not in ACTIVE:
        return
    time = now()
    row.state, row.finished, row.updated = "failed", time, time
    row.failure_kind = text_of(failure.kind)[:64]
    row.failure_what = text_of(failure.what)[:4000]
    row.failure_remedy = text_of(failure.remedy)[:4000]


def add_steps(session: Session, scan_id: str, steps: Sequence[StepReport], origin: str = "job") -> None:
    """Add steps to a scan's journey; one reported again takes the newer word. Raises InputError."""
    if len(steps) > MOST_STEPS:
        raise InputError(f"{len(steps)} steps are too many.", f"Report at most {MOST_STEPS} at once.")
    rows = {(step.step, step.started): _step(scan_id, step, origin) for step in steps}
    if not rows:
        return
    query = insert(ScanStepRow)
    session.execute(
        query.on_conflict_do_update(
            index_elements=["scan_id", "step", "started"],
            set_={name: query.excluded[name] for name in ("milliseconds", "detail", "ok")},
        ),
        list(rows.values()),
    )


def journey(session: Session, scan_id: str) -> Journey:
    """Return a scan with its steps. Raises UnknownScanError."""
    found = session.execute(_SCANS.where(ScanRow.id == scan_id)).first()
    if found is None:
        raise UnknownScanError(f"There is no scan {scan_id[:80]!r}.", "List them: /api/v1/scans.")
    return Journey(scan_of(found[0], found[1]), steps_of(session, [scan_id]).get(scan_id, ()))


def steps_of(session: Session, scan_ids: Sequence[str]) -> dict[str, tuple[Step, ...]]:
    """Return the steps of several scans, in the order of time."""
    query = select(ScanStepRow).where(ScanStepRow.scan_id.in_(scan_ids)).order_by(ScanStepRow.started, ScanStepRow.id)
    steps: dict[str, list[Step]] = {}
    for row in session.scalars(query):
        step = Step(row.step, row.started, row.milliseconds, row.detail, row.ok, row.origin)
        steps.setdefault(row.scan_id, []).append(step)
    return {scan_id: tuple(found) for scan_id, found in steps.items()}


def scans(
    session: Session, *, state: str = "", image: str = "", cursor: str | None = None, limit: int = DEFAULT
) -> ScanPage:
    """Return scans, newest first: of one state, of one image (reference or digest), or all. Raises InputError."""
    if state and state not in STATES:
        raise InputError(f"{state!r} is no state of a scan.", f"Use one of {', '.join(STATES)}.")
    query = _SCANS.order_by(ScanRow.created.desc(), ScanRow.id.desc()).limit(limit + 1)
    if state:
        query = query.where(ScanRow.state == state)
    if image:
        query = query.where((ScanRow.image == image) | (ScanRow.digest == image) | (ImageRow.digest == image))
    if cursor:
        query = query.where(tuple_(ScanRow.created, ScanRow.id) < position_of(cursor, tuple[datetime, str]))
    rows = session.execute(query).all()
    found = tuple(scan_of(row, digest) for row, digest in rows[:limit])
    more = len(rows) > limit
    return ScanPage(found, cursor_of(found[-1].created, found[-1].scan_id) if more else None)


def scans_of(session: Session, scan_ids: Sequence[str]) -> dict[str, Scan]:
    """Return several scans by id."""
    rows = session.execute(_SCANS.where(ScanRow.id.in_(scan_ids)))
    return {row.id: scan_of(row, digest) for row, digest in rows}


_SCANS = select(ScanRow, ImageRow.digest).outerjoin(ImageRow, ImageRow.id == ScanRow.image_id)


def scan_of(row: ScanRow, image_digest: str | None) -> Scan:
    """Return the row as it may be shown."""
    failure = Failure(row.failure_kind, row.failure_what, row.failure_remedy) if row.state == "failed" else None
    return Scan(
        scan_id=row.id,
        image=row.image,
        digest=row.digest,
        platform=row.platform,
        state=row.state,
        attempt=row.attempt,
        account=row.account,
        region=row.region,
        task_arn=row.task_arn,
        build_id=row.build_id,
        image_digest=image_digest,
        failure=failure,
        pulled_layers=row.pulled_layers,
        pulled_bytes=row.pulled_bytes,
        created=row.created,
        updated=row.updated,
        finished=row.finished,
        lease_until=row.lease_until,
    )


def mark_assessed(session: Session, image_id: int) -> list[str]:
    """Move the stored scans of an image to "assessed"; return their ids."""
    time = now()
    query = update(ScanRow).where(ScanRow.image_id == image_id, ScanRow.state == "stored")
    return list(session.scalars(query.values(state="assessed", finished=time, updated=time).returning(ScanRow.id)))


def _step(scan_id: str, step: StepReport, origin: str) -> dict[str, object]:
    started = parse_time(step.started)
    if started is None:
        raise InputError(f"Step {step.step[:64]!r} has no time.", "Times are RFC 3339 in UTC.")
    return {
        "scan_id": scan_id,
        "step": text_of(step.step)[:64],
        "started": started,
        "milliseconds": max(0, min(step.milliseconds, 2**62)),
        "detail": text_of(step.detail)[:2000],
        "ok": step.ok,
        "origin": origin,
    }
