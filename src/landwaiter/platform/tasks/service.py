"""What runs where, and how it stands: what the console, the API and the command line ask about tasks."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec
from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import Session

from landwaiter.errors import InputError
from landwaiter.platform.findings.tables import VariantRow
from landwaiter.platform.images.tables import ImageDigestRow
from landwaiter.platform.store.paging import DEFAULT, cursor_of, position_of
from landwaiter.platform.tasks.models import ContainerView, RunningFilters, TaskEvent, TaskPage, TaskView
from landwaiter.platform.tasks.standing import containers_of
from landwaiter.platform.tasks.tables import ContainerRow, TaskEventRow, TaskRow

_Column = TypeVar("_Column")

_ALL = RunningFilters()
MOST_VARIANTS = 50
"""Variants of one image that are evaluated; beyond it, the newest task definitions count."""


class Use(msgspec.Struct, frozen=True):
    """How tasks run an image: as which container of which task definition, on which platform version."""

    task_definition_arn: str
    container: str
    platform_version: str
    enable_execute_command: bool | None


class UnknownTaskError(InputError):
    """There is no task of this ARN."""


def running(
    session: Session, filters: RunningFilters = _ALL, *, cursor: str | None = None, limit: int = DEFAULT
) -> TaskPage:
    """Return tasks with their containers and how these stand, newest first. Raises InputError."""
    query = _filtered(select(TaskRow), filters).order_by(TaskRow.id.desc()).limit(limit + 1)
    if cursor:
        (before,) = position_of(cursor, tuple[int])
        query = query.where(TaskRow.id < before)
    rows = session.scalars(query).all()
    views = _views(session, rows[:limit])
    return TaskPage(views, cursor_of(rows[limit - 1].id) if len(rows) > limit else None)


def count_running(session: Session, filters: RunningFilters = _ALL) -> int:
    """Return how many tasks `running` would list in all. Raises InputError."""
    return session.execute(_filtered(select(func.count()).select_from(TaskRow), filters)).scalar_one()


def task(session: Session, task_arn: str) -> TaskView:
    """Return one task. Raises UnknownTaskError."""
    rows = session.scalars(select(TaskRow).where(TaskRow.task_arn == task_arn)).all()
    if not rows:
        raise UnknownTaskError(f"There is no task {task_arn[:200]!r}.", "List them: /api/v1/tasks?state=all.")
    return _views(session, rows)[0]


def events(session: Session, task_arn: str) -> tuple[TaskEvent, ...]:
    """Return what was reported of a task, in the order of its versions."""
    rows = session.scalars(
        select(TaskEventRow).where(TaskEventRow.task_arn == task_arn).order_by(TaskEventRow.version).limit(1000)
    )
    return tuple(
        TaskEvent(row.version, row.status, row.source, row.event_id, row.event_time, row.received) for row in rows
    )


def clusters(session: Session) -> tuple[str, ...]:
    """Return the ARNs of the clusters that have running tasks."""
    return tuple(
        session.scalars(select(TaskRow.cluster_arn).where(TaskRow.running).distinct().order_by(TaskRow.cluster_arn))
    )


def uses_of_image(session: Session, image_id: int) -> list[Use]:
    """Return the distinct ways in which running tasks run an image; if none does, the way it ran last; else nothing."""
    query = (
        select(
            TaskRow.task_definition_arn,
            ContainerRow.name,
            func.max(TaskRow.platform_version),
            func.bool_or(TaskRow.enable_execute_command),
        )
        .join(ContainerRow, ContainerRow.task_id == TaskRow.id)
        .where(ContainerRow.image_id == image_id)
        .group_by(TaskRow.task_definition_arn, ContainerRow.name)
        .order_by(func.max(TaskRow.id).desc())
    )
    rows = session.execute(query.where(TaskRow.running).limit(MOST_VARIANTS)).all()
    return [Use(*row) for row in rows or session.execute(query.limit(1)).all()]


def cluster_name(arn: str) -> str:
    """Return the name in a cluster's ARN."""
    return arn.rpartition("/")[2]


def _filtered(query: Select[_Column], filters: RunningFilters) -> Select[_Column]:
    if filters.state not in {"running", "stopped", "all"}:
        raise InputError(f"{filters.state!r} is no state of a task.", "Use running, stopped or all.")
    if filters.state != "all":
        query = query.where(TaskRow.running if filters.state == "running" else ~TaskRow.running)
    if filters.cluster:
        named = TaskRow.cluster_arn == filters.cluster
        query = query.where(named | TaskRow.cluster_arn.endswith(f"/{filters.cluster}", autoescape=True))
    for column in (TaskRow.account, TaskRow.region):
        if wanted := getattr(filters, column.key):
            query = query.where(column == wanted)
    if filters.group:
        query = query.where(TaskRow.group.in_((filters.group, f"service:{filters.group}", f"family:{filters.group}")))
    if filters.text:
        query = query.where(_speaks_of(filters.text, running_only=filters.state == "running"))
    if filters.image:
        query = query.where(_has_container(_names_image(filters.image)))
    if filters.verdict:
        query = query.where(_has_container(_has_verdict(filters.verdict)))
    return query


def _has_container(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(ContainerRow.task_id == TaskRow.id, condition)


def _names_image(text: str) -> ColumnElement[bool]:
    if not text.startswith("sha256:"):
        return ContainerRow.image.contains(text, autoescape=True)
    image = select(ImageDigestRow.image_id).where(ImageDigestRow.digest == text)
    return ContainerRow.image_id.in_(image) | (ContainerRow.image_digest == text)


def _speaks_of(text: str, *, running_only: bool) -> ColumnElement[bool]:
    if text.startswith("sha256:"):
        return _has_container(_names_image(text))
    columns = (TaskRow.task_arn, TaskRow.group, ContainerRow.name, ContainerRow.image)
    own, contained = (
        or_(*(column.icontains(text, autoescape=True) for column in pair)) for pair in (columns[:2], columns[2:])
    )
    # PostgreSQL would otherwise read the names of all containers that ever ran.
    return own | _has_container(ContainerRow.running & contained if running_only else contained)


def _has_verdict(verdict: str) -> ColumnElement[bool]:
    evaluated = exists().where(
        VariantRow.image_id == ContainerRow.image_id,
        VariantRow.task_definition_arn == TaskRow.task_definition_arn,
        VariantRow.container == ContainerRow.name,
    )
    if verdict == "not_assessed":
        return ~evaluated | evaluated.where(VariantRow.verdict == verdict)
    return evaluated.where(VariantRow.verdict == verdict)


def _views(session: Session, rows: Sequence[TaskRow]) -> tuple[TaskView, ...]:
    containers = containers_of(session, [row.id for row in rows])
    return tuple(_view(row, containers.get(row.id, ())) for row in rows)


def _view(row: TaskRow, containers: tuple[ContainerView, ...]) -> TaskView:
    names = {name for name in TaskView.__struct_fields__ if name not in {"cluster", "containers"}}
    values = {name: getattr(row, name) for name in names}
    return TaskView(**values, cluster=cluster_name(row.cluster_arn), containers=containers)
