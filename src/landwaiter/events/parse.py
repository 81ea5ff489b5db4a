"""Read an EventBridge event, or a task as DescribeTasks gives it, into a `TaskState`. Standard library only."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from landwaiter.events.models import ContainerState, TaskState

_FARGATE_PROVIDERS = ("FARGATE", "FARGATE_SPOT")
_NORMALISED = {"x86_64": "amd64", "arm64": "arm64"}


class NotATaskEventError(ValueError):
    """The event is not an ECS Task State Change, or lacks a field that AWS documents as always there."""


def parse_event(event: Mapping[str, Any]) -> TaskState:
    """Read an "ECS Task State Change" event as EventBridge delivers it. Raises NotATaskEventError."""
    if event.get("source") != "aws.ecs" or event.get("detail-type") != "ECS Task State Change":
        raise NotATaskEventError(f"not an ECS Task State Change: {event.get('source')!r}, {event.get('detail-type')!r}")
    detail = event.get("detail")
    if not isinstance(detail, Mapping):
        raise NotATaskEventError("the event has no detail")
    return parse_task(detail, event_id=_text(event, "id"), event_time=_text(event, "time"))


def parse_task(
    task: Mapping[str, Any], *, event_id: str = "", event_time: str = "", source: str = "event"
) -> TaskState:
    """Read the task object that events and DescribeTasks share (times may be strings or datetimes).

    A container without an image is AWS's own (a pause container) and left out. Raises NotATaskEventError when the task
    ARN, its version or its containers are missing.
    """
    arn = _text(task, "taskArn")
    version = task.get("version")
    containers = task.get("containers")
    if type(version) is not int or not isinstance(containers, (list, tuple)):
        raise NotATaskEventError(f"task {arn or '(without ARN)'} lacks version or containers")
    account, region = _account_and_region(arn)
    return TaskState(
        task_arn=arn,
        version=version,
        account=account,
        region=region,
        cluster_arn=_text(task, "clusterArn"),
        group=_text(task, "group"),
        task_definition_arn=_text(task, "taskDefinitionArn"),
        last_status=_text(task, "lastStatus"),
        desired_status=_text(task, "desiredStatus"),
        launch_type=_launch_type(task),
        platform_version=_text(task, "platformVersion"),
        availability_zone=_text(task, "availabilityZone"),
        architecture=_architecture(task),
        started_at=_time(task, "startedAt"),
        stopped_at=_time(task, "stoppedAt"),
        stopped_reason=_text(task, "stoppedReason"),
        updated_at=_time(task, "updatedAt"),
        event_id=event_id,
        event_time=event_time,
        containers=tuple(_container(item) for item in containers if isinstance(item, Mapping) and _text(item, "image")),
        enable_execute_command=_flag(task, "enableExecuteCommand"),
        source=source,
        started_by=_text(task, "startedBy"),
        tags=_tags(task),
    )


def is_fargate(task: TaskState) -> bool:
    """Tell whether the task runs on Fargate, by launch type or by a Fargate capacity provider."""
    return task.launch_type in _FARGATE_PROVIDERS


def _launch_type(task: Mapping[str, Any]) -> str:
    provider = _text(task, "capacityProviderName")
    return provider if provider in _FARGATE_PROVIDERS else _text(task, "launchType")


def _architecture(task: Mapping[str, Any]) -> str:
    """The architecture that ECS states as attribute `ecs.cpu-architecture`; "" where it does not (then amd64)."""
    attributes = task.get("attributes")
    for attribute in attributes if isinstance(attributes, (list, tuple)) else ():
        if isinstance(attribute, Mapping) and attribute.get("name") == "ecs.cpu-architecture":
            value = str(attribute.get("value") or "").lower()
            return _NORMALISED.get(value, value)
    return ""


def _container(item: Mapping[str, Any]) -> ContainerState:
    return ContainerState(
        name=_text(item, "name"),
        image=_text(item, "image"),
        image_digest=_text(item, "imageDigest"),
        last_status=_text(item, "lastStatus"),
        runtime_id=_text(item, "runtimeId"),
    )


def _tags(task: Mapping[str, Any]) -> dict[str, str]:
    tags = task.get("tags")
    listed = tags if isinstance(tags, (list, tuple)) else ()
    return {_text(tag, "key"): _text(tag, "value") for tag in listed if isinstance(tag, Mapping) and _text(tag, "key")}


def _account_and_region(arn: str) -> tuple[str, str]:
    """Split `arn:aws:ecs:REGION:ACCOUNT:task/CLUSTER/ID` (also other partitions)."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or parts[2] != "ecs":
        raise NotATaskEventError(f"not a task ARN: {arn!r}")
    return parts[4], parts[3]


def _text(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""


def _flag(item: Mapping[str, Any], key: str) -> bool | None:
    value = item.get(key)
    return value if isinstance(value, bool) else None


def _time(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    return value.isoformat() if isinstance(value, datetime) else str(value or "")
