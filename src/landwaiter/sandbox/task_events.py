"""The event that ECS sends when a task's state changes, made from the record that DescribeTasks answers from.

Source: Amazon ECS Developer Guide, "Amazon ECS task state change events", with its sample event.
"""

import copy
import json
from datetime import UTC, datetime
from typing import Any

from landwaiter.sandbox.internals import Need, module, service

NEEDS = (
    Need("services.eventbridge", "_put_events", ("data", "allow_aws_source")),
    Need("services.ecs", "_sanitize", ("obj",)),
    Need("core.responses", "request_scope", ("account_id", "region")),
)

_NOT_IN_EVENTS = ("tags", "healthStatus", "platformFamily")


def task_event(task: dict[str, Any], **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of the event
    """The `detail` of the event for a task's wire record, with some fields as they were at that moment."""
    detail = {key: copy.deepcopy(value) for key, value in task.items() if key not in _NOT_IN_EVENTS and value != ""}
    detail |= changes
    detail["updatedAt"] = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    for attachment in detail.get("attachments", []):
        # The same attachment is "ElasticNetworkInterface" in DescribeTasks and "eni" in events.
        attachment["type"] = "eni"
    for container in detail["containers"]:
        container.pop("healthStatus", None)
        container.pop("networkBindings", None)
    return detail


def emit(task: dict[str, Any], **changes: Any) -> None:  # noqa: ANN401 - fields of the event
    """Put the event on the account's default bus. Call it within the scope of the task's account and region."""
    detail = task_event(service("ecs").sanitize(task), **changes)
    entry = {
        "Source": "aws.ecs",
        "DetailType": "ECS Task State Change",
        "Detail": json.dumps(detail),
        "Resources": [detail["taskArn"]],
    }
    service("eventbridge").put_events({"Entries": [entry]}, allow_aws_source=True)


def scope_of(task: dict[str, Any]) -> Any:  # noqa: ANN401 - a context manager of the emulator
    """The emulator's request scope for the account and region of a task's ARN."""
    _, _, _, region, account, _ = task["taskArn"].split(":", 5)
    return module("core.responses").request_scope(account, region)
