"""Leases: whoever asks first for an image that is not known gets to build, all others hear that it is being scanned.

The database decides: a unique index allows one active scan for a key, whatever runs at the same time.
"""

import secrets
from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from landwaiter.platform.scans.models import Lease, Wanted
from landwaiter.platform.scans.tables import ACTIVE, HOLDS_LEASE, ScanRow
from landwaiter.platform.store.base import now
from landwaiter.platform.store.bulk import among

_EXPIRED = {
    "failure_kind": "lease-expired",
    "failure_what": "The scan job gave no sign of life until its lease ran out.",
    "failure_remedy": "See the log of the build in CodeBuild; the next task of this image starts a new scan.",
}


_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=15), timedelta(hours=12)


def lease(session: Session, wanted: Sequence[Wanted], duration: timedelta) -> dict[str, Lease]:
    """Return for each key of `wanted` the scan that answers for it: an active one, or a new one that is ours."""
    first: dict[str, Wanted] = {}
    for want in wanted:
        first.setdefault(want.key, want)
    if not first:
        return {}
    expire(session, list(first))
    latest = _latest(session, first)
    leases = {
        key: _shared(row, first[key]) for key, row in latest.items() if row.state in ACTIVE or _resting(row, first[key])
    }
    free = sorted(key for key in first if key not in leases)
    for key, scan_id in _insert(session, [first[key] for key in free], latest, duration).items():
        leases[key] = Lease(scan_id, mine=True, reason=_reason(latest.get(key)))
    lost = {key: first[key] for key in free if key not in leases}
    return leases | {key: _shared(row, first[key]) for key, row in _latest(session, lost).items()}


def give_back(session: Session, scan_id: str) -> None:
    """Take back a lease that was just given, as if it had never been."""
    session.execute(delete(ScanRow).where(ScanRow.id == scan_id))


def expire(session: Session, keys: Sequence[str] | None = None) -> int:
    """Fail the active scans whose lease has run out (only those of `keys`, if given); return how many."""
    time = now()
    query = update(ScanRow).where(ScanRow.state.in_(ACTIVE), ScanRow.lease_until <= time)
    if keys is not None:
        query = query.where(among(ScanRow.lease_key, keys))
    rows = session.execute(query.values(state="failed", finished=time, updated=time, **_EXPIRED).returning(ScanRow.id))
    return len(rows.all())


def _latest(session: Session, keys: Iterable[str]) -> dict[str, ScanRow]:
    query = (
        select(ScanRow)
        .where(among(ScanRow.lease_key, list(keys)))
        .ext(distinct_on(ScanRow.lease_key))
        .order_by(ScanRow.lease_key, ScanRow.created.desc(), ScanRow.attempt.desc())
        .execution_options(populate_existing=True)
    )
    return {row.lease_key: row for row in session.scalars(query)}


def _shared(row: ScanRow, want: Wanted) -> Lease:
    """Answer with a scan of somebody else's.

    It is still ours when the very event that got the lease comes again before any build was named: whoever was told
    first did not get to act. CodeBuild takes the scan's id as idempotency token, so even two answers start one build.
    """
    mine = row.state == "leased" and not row.build_id
    mine = mine and (row.task_arn, row.task_version) == (want.task_arn, want.task_version)
    return Lease(row.id, mine=mine, reason=_state(row))


def _resting(row: ScanRow, want: Wanted) -> bool:
    """Tell whether a sweep has to leave a failed image alone for now; an event of a task never has to."""
    if not want.patient or row.state != "failed":
        return False
    pause = min(_FIRST_PAUSE * 2 ** min(row.attempt - 1, 16), _LONGEST_PAUSE)
    ended = row.finished or row.created
    return bool(ended + pause > now())


def _insert(session: Session, wanted: list[Wanted], latest: dict[str, ScanRow], duration: timedelta) -> dict[str, str]:
    if not wanted:
        return {}
    time = now()
    rows = [
        {
            "attempt": latest[want.key].attempt + 1 if want.key in latest else 1,
            "id": f"scn-{secrets.token_hex(12)}", "lease_key": want.key, "image": want.image, "digest": want.digest,
            "platform": want.platform, "state": "leased",
            "account": want.account, "region": want.region,
            "task_arn": want.task_arn, "task_version": want.task_version,
            "lease_until": time + duration, "created": time, "updated": time,
        }
        for want in wanted
    ]  # fmt: skip
    made = session.execute(
        insert(ScanRow)
        .on_conflict_do_nothing(index_elements=["lease_key"], index_where=text(HOLDS_LEASE))
        .returning(ScanRow.lease_key, ScanRow.id),
        rows,
    )
    return dict(made.all())


def _state(row: ScanRow) -> str:
    if row.state == "failed":
        return f"attempt {row.attempt} failed, a sweep tries again later: {row.failure_what}"
    return f"attempt {row.attempt} is {row.state}"


def _reason(before: ScanRow | None) -> str:
    if before is None:
        return "not seen before"
    if before.state == "failed":
        return f"the last scan failed: {before.failure_what}"
    return "to be looked at again"
