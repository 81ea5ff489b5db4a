"""Noting who calls, seldom enough that five hundred events a second are no five hundred writes to one row."""

import threading
import time
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Session

from landwaiter.platform.scans.tables import ScanRow
from landwaiter.platform.sensors.models import Calls, Refusal, SensorView
from landwaiter.platform.sensors.tables import RefusalRow, SensorRow
from landwaiter.platform.store.base import now, text_of
from landwaiter.platform.tasks.tables import TaskRow

INTERVAL = 10.0
"""Seconds in which the same is noted once."""
_MOST_KEYS = 10_000
_MOST_SENSORS, _MOST_REFUSALS = 1000, 200
_KEPT = timedelta(days=7)
_DAY = timedelta(days=1)


class Pace:
    """Says when something is to be noted again: the same at most once in some seconds. For all threads."""

    def __init__(self, seconds: float = INTERVAL) -> None:
        """Take the seconds; 0 lets everything be noted."""
        self._seconds = seconds
        self._next: dict[tuple[str, ...], float] = {}
        self._lock = threading.Lock()

    def due(self, *key: str) -> bool:
        """Tell whether `key` is to be noted now; if so, it is not due again for a while."""
        moment = time.monotonic()
        with self._lock:
            if self._next.get(key, 0.0) > moment:
                return False
            if len(self._next) >= _MOST_KEYS:
                self._next.clear()
            self._next[key] = moment + self._seconds
            return True


def note_call(session: Session, account: str, region: str, *, token: str, address: str, sweep: bool) -> None:
    """Note that the sensor of an account and region reported a task, or swept."""
    column = "last_sweep" if sweep else "last_event"
    values = {"token": token, "address": address or None, column: now()}
    session.execute(
        insert(SensorRow)
        .values(account=text_of(account)[:64], region=text_of(region)[:64], **values)
        .on_conflict_do_update(index_elements=["account", "region"], set_=values)
    )


def note_refusal(session: Session, address: str, reason: str, path: str) -> None:
    """Note that a sensor call was refused."""
    changes = {"times": RefusalRow.times + 1, "last": now(), "path": text_of(path)[:200]}
    session.execute(
        insert(RefusalRow)
        .values(address=address[:64], reason=reason, path=text_of(path)[:200], last=now())
        .on_conflict_do_update(index_elements=["address", "reason"], set_=changes)
    )


def calls(session: Session, silent_after: timedelta) -> Calls:
    """Return who calls and who was refused; a sensor that said nothing for `silent_after` is silent."""
    time_now = now()
    rows = session.scalars(select(SensorRow).order_by(SensorRow.account, SensorRow.region).limit(_MOST_SENSORS)).all()
    running = _counts(session, TaskRow, TaskRow.running)
    failed = _counts(session, ScanRow, (ScanRow.state == "failed") & (ScanRow.created > time_now - _DAY))
    views = [_view(row, running, failed, time_now - silent_after) for row in rows]
    refused = select(RefusalRow).order_by(RefusalRow.last.desc()).limit(_MOST_REFUSALS)
    return Calls(
        sensors=tuple(sorted(views, key=lambda view: not view.silent)),
        refusals=tuple(
            Refusal(row.address, row.reason, row.path, row.times, row.first, row.last)
            for row in session.scalars(refused)
        ),
    )


def silent_sensors(session: Session, silent_after: timedelta) -> int:
    """Return how many sensors have said nothing for `silent_after`."""
    limit = now() - silent_after
    last = func.greatest(SensorRow.last_event, SensorRow.last_sweep)
    query = select(func.count()).select_from(SensorRow).where(func.coalesce(last, SensorRow.first_seen) < limit)
    return session.execute(query).scalar_one()


def forget_old(session: Session) -> None:
    """Remove refusals that are a week past, and all but the newest thousand: whoever calls may have many addresses."""
    session.execute(delete(RefusalRow).where(RefusalRow.last < now() - _KEPT))
    surplus = select(RefusalRow.last).order_by(RefusalRow.last.desc()).offset(1000).limit(1).scalar_subquery()
    session.execute(delete(RefusalRow).where(RefusalRow.last <= surplus))


def _counts(
    session: Session, table: type[TaskRow | ScanRow], condition: ColumnElement[bool] | InstrumentedAttribute[bool]
) -> dict[tuple[str, str], int]:
    query = select(table.account, table.region, func.count()).where(condition).group_by(table.account, table.region)
    return {(account, region): count for account, region, count in session.execute(query)}


def _view(
    row: SensorRow, running: dict[tuple[str, str], int], failed: dict[tuple[str, str], int], limit: datetime
) -> SensorView:
    key = (row.account, row.region)
    last = max((moment for moment in (row.last_event, row.last_sweep) if moment is not None), default=row.first_seen)
    return SensorView(
        account=row.account,
        region=row.region,
        token=row.token,
        address=str(row.address or ""),
        first_seen=row.first_seen,
        last_event=row.last_event,
        last_sweep=row.last_sweep,
        silent=last < limit,
        tasks_running=running.get(key, 0),
        scans_failed_day=failed.get(key, 0),
    )
