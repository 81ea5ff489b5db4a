"""The ECS Task State Change event, as far as Landwaiter reads it. Standard library only: the Lambda imports this.

Source: Amazon ECS Developer Guide, "Amazon ECS task state change events". Fields not listed there may appear at any
time and are ignored.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ContainerState:
    """One container of a task. `image_digest` is "" where AWS does not tell it (it does for ECR)."""

    name: str
    image: str
    image_digest: str
    last_status: str
    runtime_id: str = ""


@dataclass(frozen=True, slots=True)
class TaskState:
    """The state of one task on Fargate at `version` (it grows with each change of state).

    `task_arn` and `version` together make an event idempotent. Times are RFC 3339 strings as AWS gives them, "" if
    absent. `source` is "event", or "sweep" when it was found by listing tasks.

    `group` is `service:NAME` for a task of a service, else `family:NAME` or what whoever started the task chose.
    `started_by` says who that was: `ecs-svc/ID` (a service), `events-rule/NAME` or `chronos-schedule/NAME` (a
    schedule), or free text. `tags` are those of the task; events do not carry them, only a sweep finds them.
    """

    task_arn: str
    version: int
    account: str
    region: str
    cluster_arn: str
    group: str
    task_definition_arn: str
    last_status: str
    desired_status: str
    launch_type: str
    platform_version: str
    availability_zone: str
    architecture: str
    started_at: str
    stopped_at: str
    stopped_reason: str
    updated_at: str
    event_id: str
    event_time: str
    containers: tuple[ContainerState, ...]
    enable_execute_command: bool | None = None
    source: str = "event"
    started_by: str = ""
    tags: dict[str, str] = field(default_factory=dict)
