"""Putting work on the queue, in the transaction that makes the work necessary: both happen, or neither does."""

import json
from datetime import datetime, timedelta

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

from landwaiter.platform.store.base import Time, now

QUEUE = "landwaiter"

_DEFER = text(
    "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at) "
    "VALUES (:queue, :job, :priority, :lock, :lock, CAST(:arguments AS jsonb), :at) "
    "ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING"
).bindparams(bindparam("at", type_=Time))


def defer(
    session: Session, job: str, lock: str, *, delay: timedelta | None = None, priority: int = 0, **arguments: int
) -> None:
    """Put `job` on the queue; one that waits under the same `lock` already stands for it, and only one at a time runs.

    `delay` postpones it; of two waiting jobs that with the higher priority goes first.
    """
    at: datetime | None = now() + delay if delay else None
    session.execute(
        _DEFER,
        {"queue": QUEUE, "job": job, "priority": priority, "lock": lock, "arguments": json.dumps(arguments), "at": at},
    )
