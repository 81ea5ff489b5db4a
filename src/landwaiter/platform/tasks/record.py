"""Taking in what sensors report: one transaction, a fixed number of statements, for one task or for a whole sweep.

An event is idempotent by (task ARN, version). A version that is older than the stored one is noted and changes
nothing, so a task never moves backwards. Rows are locked in the order tasks, scans, containers, each sorted, so that
reports that arrive together wait for each other instead of deadlocking.
"""

from collections.abc import Sequence
from functools import cache, partial
from itertools import islice

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from landwaiter.compliance.models import TaskDefinition
from landwaiter.errors import InputError
from landwaiter.events.models import TaskState
from landwaiter.platform.store.base import now, text_of
from landwaiter.platform.store.bulk import among, batches, inserting, rows_of, table_of
from landwaiter.platform.store.database import Database
from landwaiter.platform.store.times import parse_time
from landwaiter.platform.tasks.answers import STOPPED, Terms, answer, uses_of
from landwaiter.platform.tasks.containers import place_containers
from landwaiter.platform.tasks.definitions import parse_definition, store_definitions
from landwaiter.platform.tasks.models import ImageAnswer, Sweep, SweepAnswer, TaskAnswer, TaskReport
from landwaiter.platform.tasks.tables import TaskEventRow, TaskRow

BATCH = 500
MOST_CONTAINERS = 50
"""ECS allows 10 in a task; agents of AWS add a few."""


def record_tasks(session: Session, reports: Sequence[TaskReport], terms: Terms) -> list[TaskAnswer]:
    """Take in reports of several tasks, no task twice, in one transaction; return the answers in their order."""
    fresh, images = _record(session, reports, terms)
    remaining = iter(images)
    answers: dict[str, TaskAnswer] = {}
    for task in sorted((report.task for report in reports), key=lambda item: item.task_arn):
        mine = tuple(islice(remaining, len({container.name for container in task.containers})))
        answers[task.task_arn] = TaskAnswer(duplicate=task.task_arn not in fresh, images=mine)
    return [answers[report.task.task_arn] for report in reports]


def record_sweep(database: Database, sweep: Sweep, terms: Terms) -> SweepAnswer:
    """Take in the tasks of whole clusters, close those that run no more, answer for the images. Raises InputError.

    A sweep is taken in bit by bit, each in a transaction of its own: it can be repeated, and holds nothing up.
    """
    for report in sweep.tasks:
        if report.task.cluster_arn not in sweep.clusters:
            raise InputError(f"{report.task.task_arn[:200]} is of no cluster of this sweep.", "Name its cluster.")
    closed = database.retry(lambda session: close_vanished(session, sweep))
    images: list[ImageAnswer] = []
    for batch in batches(sweep.tasks, BATCH):
        images += database.retry(partial(_record, reports=batch, terms=terms))[1]
    return SweepAnswer(images=tuple(images), closed=closed)


def close_vanished(session: Session, sweep: Sweep) -> int:
    """Close the tasks of the sweep's clusters that it did not find; return how many.

    A task that was reported after the sweep's listing began, or is being reported at this moment, is left alone.
    """
    taken = parse_time(sweep.taken_at) or now()
    seen = [report.task.task_arn for report in sweep.tasks]
    vanished = (
        select(TaskRow.id)
        .where(TaskRow.running, among(TaskRow.cluster_arn, sweep.clusters), TaskRow.last_seen <= taken)
        .where(TaskRow.account == sweep.account, ~among(TaskRow.task_arn, seen))
        .order_by(TaskRow.id)
        .with_for_update(skip_locked=True)
    )
    ids = list(session.scalars(vanished))
    if ids:
        closed = {"running": False, "closed_by": "sweep", "last_status": STOPPED, "stopped_at": taken}
        reason = "no longer listed by ECS; its last event was missed"
        for batch in batches(ids, BATCH):
            session.execute(update(TaskRow).where(TaskRow.id.in_(batch)).values(**closed, stopped_reason=reason))
    return len(ids)


def _record(session: Session, reports: Sequence[TaskReport], terms: Terms) -> tuple[set[str], list[ImageAnswer]]:
    newest = {report.task.task_arn: report for report in sorted(reports, key=lambda item: item.task.version)}
    ordered = [newest[arn] for arn in sorted(newest)]
    tasks = [report.task for report in ordered]
    for task in tasks:
        _check(task)
    if not tasks:
        return set(), []
    uses = uses_of(tasks)
    fresh = _note_events(session, tasks)
    store_definitions(session, [definition for item in ordered if (definition := _definition(item)) is not None])
    moved = _upsert_tasks(session, tasks)
    placed = answer(session, uses, terms)
    place_containers(session, uses, moved, placed)
    return fresh, placed.answers


def _check(task: TaskState) -> None:
    if not task.task_arn.startswith("arn:") or len(task.task_arn) > 2048 or task.version < 0:
        raise InputError(
            f"{task.task_arn[:80]!r} version {task.version} is no task.", "Send the task's ARN and version."
        )
    for arn in (task.task_arn, task.cluster_arn, task.task_definition_arn):
        if arn.startswith("arn:") and account_of(arn) != task.account:
            raise InputError(
                f"{arn[:200]} is not of account {task.account[:32]!r}.", "Send the task with the account of its ARN."
            )
    if len(task.containers) > MOST_CONTAINERS:
        raise InputError(
            f"{task.task_arn} has {len(task.containers)} containers.", f"At most {MOST_CONTAINERS} are taken."
        )


def account_of(arn: str) -> str:
    """Return the account in an ARN (`arn:partition:service:region:account:resource`), "" where it has none."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 else ""


def _definition(report: TaskReport) -> TaskDefinition | None:
    """Return the task definition of a report; it must be that of the task, as a revision is kept for good."""
    if not report.task_definition:
        return None
    definition = parse_definition(report.task_definition)
    if definition.task_definition_arn not in {"", report.task.task_definition_arn}:
        raise InputError(
            f"The task definition {definition.task_definition_arn[:200]} is not that of the task.",
            "Send the one that the task names.",
        )
    return definition


def _note_events(session: Session, tasks: Sequence[TaskState]) -> set[str]:
    """Write the reports down; return the ARNs of those that were new."""
    rows = [
        {
            "task_arn": text_of(task.task_arn), "version": task.version, "status": text_of(task.last_status),
            "source": text_of(task.source), "event_id": text_of(task.event_id),
            "event_time": parse_time(task.event_time),
        }
        for task in tasks
    ]  # fmt: skip
    return set(session.scalars(_events(), rows_of(rows)))


def _upsert_tasks(session: Session, tasks: Sequence[TaskState]) -> dict[str, int]:
    """Bring the tasks to the reported versions; return the ids of those that this report moved."""
    moved = session.execute(_newer(), rows_of([_values(task) for task in tasks]))
    ids: dict[str, int] = {row.task_arn: row.id for row in moved}
    confirmed = sorted(task.task_arn for task in tasks if task.task_arn not in ids and task.source == "sweep")
    if confirmed:
        session.execute(update(TaskRow).where(among(TaskRow.task_arn, confirmed)).values(last_seen=now()))
    return ids


@cache
def _events() -> ReturningInsert[str]:
    query = inserting(TaskEventRow, "task_arn", "version", "status", "source", "event_id", "event_time")
    return query.on_conflict_do_nothing().returning(table_of(TaskEventRow).c.task_arn)


@cache
def _newer() -> ReturningInsert[str, int]:
    """Return the statement that moves tasks forward only. It is built once: that takes longer than running it."""
    query, old = inserting(TaskRow, *_TOLD), table_of(TaskRow).c
    new = query.excluded
    reopened = and_(new.version == old.version, new.running, ~old.running, old.closed_by == "sweep")
    changes: dict[str, object] = {name: new[name] for name in _TOLD if name != "task_arn"}
    changes["started_at"] = func.coalesce(new.started_at, old.started_at)
    query = query.on_conflict_do_update(
        index_elements=["task_arn"], set_=changes, where=or_(new.version > old.version, reopened)
    )
    return query.returning(old.task_arn, old.id)


_TOLD = tuple(column.name for column in table_of(TaskRow).columns if column.name not in {"id", "first_seen"})
"""The columns that a report tells."""


def _values(task: TaskState) -> dict[str, object]:
    running = task.last_status != STOPPED
    return {
        "task_arn": text_of(task.task_arn),
        "version": task.version,
        "account": text_of(task.account),
        "region": text_of(task.region),
        "cluster_arn": text_of(task.cluster_arn),
        "group": text_of(task.group),
        "task_definition_arn": text_of(task.task_definition_arn),
        "last_status": text_of(task.last_status),
        "desired_status": text_of(task.desired_status),
        "launch_type": text_of(task.launch_type),
        "platform_version": text_of(task.platform_version),
        "availability_zone": text_of(task.availability_zone),
        "architecture": text_of(task.architecture),
        "enable_execute_command": task.enable_execute_command,
        "started_at": parse_time(task.started_at),
        "stopped_at": parse_time(task.stopped_at),
        "stopped_reason": text_of(task.stopped_reason),
        "running": running,
        "closed_by": "" if running else "event",
        "last_seen": now(),
    }
