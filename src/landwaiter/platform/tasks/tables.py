"""What runs where: tasks, their containers, the events that told of them, and their task definitions."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, PrimaryKeyConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from landwaiter.platform.store.base import Base, Time


class TaskRow(Base):
    """A task as of its newest version."""

    __tablename__ = "tasks"
    __table_args__ = (
        Index("ix_tasks_running", "cluster_arn", "id", postgresql_where="running"),
        Index("ix_tasks_running_where", "account", "region", postgresql_where="running"),
        Index(
            "ix_tasks_running_definition", "id", postgresql_where="running", postgresql_include=["task_definition_arn"]
        ),
        Index("ix_tasks_last_seen", "last_seen", "id"),
        Index("ix_tasks_stopped", "last_seen", postgresql_where="NOT running"),
        Index("ix_tasks_definition", "task_definition_arn"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    task_arn: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int] = mapped_column(BigInteger)
    account: Mapped[str]
    region: Mapped[str]
    cluster_arn: Mapped[str]
    group: Mapped[str]
    task_definition_arn: Mapped[str]
    last_status: Mapped[str]
    desired_status: Mapped[str]
    launch_type: Mapped[str]
    platform_version: Mapped[str]
    availability_zone: Mapped[str]
    architecture: Mapped[str]
    enable_execute_command: Mapped[bool | None]
    started_at: Mapped[datetime | None] = mapped_column(Time)
    stopped_at: Mapped[datetime | None] = mapped_column(Time)
    stopped_reason: Mapped[str]
    running: Mapped[bool]
    """False once it is STOPPED, or once a sweep no longer found it."""
    closed_by: Mapped[str] = mapped_column(server_default="")
    """ "event" or "sweep", "" while it runs."""
    first_seen: Mapped[datetime] = mapped_column(Time, server_default=func.now())
    last_seen: Mapped[datetime] = mapped_column(Time, server_default=func.now())


class ContainerRow(Base):
    """A container of a task."""

    __tablename__ = "containers"
    __table_args__ = (
        PrimaryKeyConstraint("task_id", "name"),
        Index("ix_containers_image", "image_id", "task_id"),
        Index("ix_containers_unresolved", "image_digest", postgresql_where="image_id IS NULL"),
        Index("ix_containers_running", "image_id", "task_id", postgresql_where="running", postgresql_include=["name"]),
    )

    task_id: Mapped[int] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"))
    name: Mapped[str]
    image: Mapped[str]
    """The reference of the task definition."""
    image_digest: Mapped[str]
    """As AWS tells it, "" where it does not: of the manifest, or of the index."""
    platform: Mapped[str]
    last_status: Mapped[str]
    runtime_id: Mapped[str]
    image_id: Mapped[int | None] = mapped_column(ForeignKey("images.id", ondelete="SET NULL"))
    scan_id: Mapped[str | None] = mapped_column(ForeignKey("scans.id", ondelete="SET NULL"), index=True)
    """The scan that answers for it, while the image is not known or when it was last scanned for this container."""
    running: Mapped[bool] = mapped_column(server_default="true")
    """Whether its task runs; a trigger of the database follows the task. What runs is counted without the tasks."""
    task_definition_arn: Mapped[str] = mapped_column(server_default="")
    """That of its task, so that what runs can be counted by it."""


class RunningUseRow(Base):
    """How many containers run an image now, as which container of which task definition.

    Triggers of the database count every change of `containers`. A row whose count has become 0 is removed in time.
    """

    __tablename__ = "running_uses"
    __table_args__ = (PrimaryKeyConstraint("image_id", "task_definition_arn", "container"),)

    image_id: Mapped[int] = mapped_column(BigInteger)
    """0 for containers whose image is not known yet."""
    task_definition_arn: Mapped[str]
    container: Mapped[str]
    containers: Mapped[int] = mapped_column(BigInteger)


class TaskEventRow(Base):
    """One report of a task's state. (task_arn, version) is unique: the same event twice is one event."""

    __tablename__ = "task_events"
    __table_args__ = (PrimaryKeyConstraint("task_arn", "version"), Index("ix_task_events_received", "received"))

    task_arn: Mapped[str]
    version: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str]
    source: Mapped[str]
    event_id: Mapped[str]
    event_time: Mapped[datetime | None] = mapped_column(Time)
    received: Mapped[datetime] = mapped_column(Time, server_default=func.now())


class TaskDefinitionRow(Base):
    """A task definition without its environment's values: JSON of `compliance.models.TaskDefinition`. Never changes."""

    __tablename__ = "task_definitions"

    arn: Mapped[str] = mapped_column(primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    added: Mapped[datetime] = mapped_column(Time, server_default=func.now())
