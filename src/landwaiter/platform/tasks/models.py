"""What the services of `tasks` take and return."""

from datetime import datetime

import msgspec

from landwaiter.events.models import TaskState


class TaskReport(msgspec.Struct, frozen=True):
    """A task as a sensor reports it; `task_definition` as DescribeTaskDefinition gives it, no environment values."""

    task: TaskState
    task_definition: dict[str, object] | None = None


class Sweep(msgspec.Struct, frozen=True):
    """A complete picture of some clusters: every task that runs in them.

    `taken_at` (RFC 3339) is when the listing began: a task that was reported after it is not closed. "" means now.
    """

    account: str
    region: str
    clusters: tuple[str, ...]
    tasks: tuple[TaskReport, ...]
    taken_at: str = ""


class ImageAnswer(msgspec.Struct, frozen=True):
    """What to do about the image of a container: "known", "scanning", "scan" (build it: scan_id is yours), "stopped".

    `digest` is that of the manifest where it is known, else what the report told. `architecture` is Go's name.
    """

    container: str
    image: str
    digest: str
    state: str
    scan_id: str
    architecture: str
    reason: str


class TaskAnswer(msgspec.Struct, frozen=True):
    """Answer to a report of one task. `duplicate` when (task ARN, version) had been reported before."""

    duplicate: bool
    images: tuple[ImageAnswer, ...]


class SweepAnswer(msgspec.Struct, frozen=True):
    """Answer to a sweep: images that are to be scanned or are being scanned, and how many tasks were closed."""

    images: tuple[ImageAnswer, ...]
    closed: int


class RunningFilters(msgspec.Struct, frozen=True):
    """Which tasks to list. "" takes all; `state` is "running", "stopped" or "all"."""

    account: str = ""
    region: str = ""
    cluster: str = ""
    group: str = ""
    """The task's group, or a service's name without its "service:"."""
    image: str = ""
    """Part of the image's reference, or its whole digest."""
    verdict: str = ""
    state: str = "running"
    text: str = ""
    """Part of the task's id or group, of a container's name or image; or an image's whole digest."""


class ContainerView(msgspec.Struct, frozen=True):
    """A container and how its image stands.

    `assessment` is "assessed", "not_assessed" (with `reason`), "scanning", "failed" (with `reason`) or "unknown": never
    "clean" without an assessment. `counts` are open findings by severity.
    """

    name: str
    image: str
    digest: str
    platform: str
    last_status: str
    assessment: str
    reason: str
    verdict: str | None
    verdict_reasons: tuple[str, ...]
    counts: dict[str, int]
    kev: int
    failed_controls: int
    scan_id: str | None


class TaskView(msgspec.Struct, frozen=True):
    """A task with its containers."""

    task_arn: str
    version: int
    account: str
    region: str
    cluster: str
    cluster_arn: str
    group: str
    task_definition_arn: str
    last_status: str
    desired_status: str
    launch_type: str
    platform_version: str
    availability_zone: str
    architecture: str
    enable_execute_command: bool | None
    running: bool
    started_at: datetime | None
    stopped_at: datetime | None
    stopped_reason: str
    closed_by: str
    first_seen: datetime
    last_seen: datetime
    containers: tuple[ContainerView, ...]


class TaskPage(msgspec.Struct, frozen=True):
    """A page of tasks, newest first. `next` is the cursor of the next page, None on the last."""

    tasks: tuple[TaskView, ...]
    next: str | None


class TaskEvent(msgspec.Struct, frozen=True):
    """A report that the platform got of a task."""

    version: int
    status: str
    source: str
    event_id: str
    event_time: datetime | None
    received: datetime
