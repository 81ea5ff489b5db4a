"""The life of a task on Fargate: PROVISIONING, PENDING, RUNNING, STOPPED, each with its event.

The emulator starts tasks as RUNNING and tells nobody. Here a task takes its steps in the background, gets a network
interface in its subnet, its images are resolved in the registry, and DescribeTasks says at each moment what the
events say. `version` counts as AWS counts: 1 PROVISIONING, 2 PENDING, 3 RUNNING, 4 desired STOPPED, 5 DEPROVISIONING,
6 STOPPED.
"""

import ipaddress
import itertools
import json
import secrets
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from landwaiter.sandbox.internals import Inside, Need, Response, module, service
from landwaiter.sandbox.registry import look_up
from landwaiter.sandbox.settings import Settings
from landwaiter.sandbox.task_events import emit, scope_of

NEEDS = (
    Need("services.ecs", "_ACTION_MAP"),
    Need("services.ecs", "_tasks"),
    Need("services.ecs", "_services"),
    Need("services.ecs", "_get_docker"),
    Need("services.ecs", "_run_task", ("data",)),
    Need("services.ecs", "_iso"),
    Need("services.ecs", "_sanitize", ("obj",)),
    Need("services.ecs", "_mark_task_pending", ("task_arn", "task")),
    Need("services.ecs", "_mark_task_activating", ("task_arn", "task")),
    Need("services.ecs", "_mark_task_running", ("task_arn", "task")),
    Need("services.ecs", "_mark_task_stopped", ("task_arn", "task", "reason", "stop_code", "exit_code")),
    Need("services.ecs", "_complete_service_deployment", ("cluster_name", "svc_key")),
    Need("services.ec2", "_subnets"),
    Need("core.responses", "json_response", ("data",)),
    Need("core.concurrency", "resource_lock", ("scope", "key")),
)

_addresses = itertools.count(10)


def install(settings: Settings) -> None:
    """Replace RunTask and the stopping of tasks by ones that take their steps and send events."""
    ecs = service("ecs")
    ecs.get_docker = lambda: None
    run_task = _run_task(ecs, ecs.run_task, settings)
    ecs.run_task = run_task
    ecs.ACTION_MAP["RunTask"] = run_task
    ecs.mark_task_stopped = _mark_stopped(ecs.mark_task_stopped)


def _run_task(ecs: Inside, original: Callable[..., Response], settings: Settings) -> Callable[..., Response]:
    def run_task(data: dict[str, Any]) -> Response:
        response = original(data)
        answer = json.loads(response[2])
        if "tasks" not in answer:
            return response
        tasks = [ecs.tasks[task["taskArn"]] for task in answer["tasks"]]
        for task in tasks:
            _rewind(task)
            threading.Thread(target=_live, args=(ecs, task, settings), daemon=True).start()
        answer["tasks"] = [ecs.sanitize(task) for task in tasks]
        replaced: Response = module("core.responses").json_response(answer)
        return replaced

    return run_task


def _rewind(task: dict[str, Any]) -> None:
    """Take a task that the emulator registered as RUNNING back to its first state, in the shape Fargate gives it."""
    task.update(lastStatus="PROVISIONING", version=1, _startup_stable=False)
    task.update(dict.fromkeys(("startedAt", "pullStartedAt", "pullStoppedAt", "connectivityAt")))
    for container in task["containers"]:
        container.update(lastStatus="PENDING")
    if not task["group"]:
        task["group"] = "family:" + task["taskDefinitionArn"].rsplit("/", 1)[1].rsplit(":", 1)[0]
    if task["launchType"] == "FARGATE":
        task.pop("containerInstanceArn", None)
        task["attachments"] = [_network_interface(task["_subnet"])] if task["_subnet"] else []
    if task["capacityProviderName"]:
        task.pop("launchType")


def _network_interface(subnet_id: str) -> dict[str, Any]:
    subnet = service("ec2").subnets.get(subnet_id) or {}
    network = ipaddress.ip_network(subnet.get("CidrBlock", "10.0.0.0/16"), strict=False)
    address = network[next(_addresses) % max(network.num_addresses - 1, 1)]
    mac = ":".join(["0a", *(f"{byte:02x}" for byte in secrets.token_bytes(5))])
    details = {
        "subnetId": subnet_id,
        "networkInterfaceId": f"eni-{secrets.token_hex(8)}",
        "macAddress": mac,
        "privateIPv4Address": str(address),
    }
    return {
        "id": str(uuid.uuid4()),
        "type": "ElasticNetworkInterface",
        "status": "PRECREATED",
        "details": [{"name": name, "value": value} for name, value in details.items()],
    }


def _live(ecs: Inside, task: dict[str, Any], settings: Settings) -> None:
    """Take a task from PROVISIONING to RUNNING, or to STOPPED when its image cannot be pulled."""
    arn = task["taskArn"]
    with scope_of(task):
        emit(task)
        time.sleep(settings.task_step)
        if not ecs.mark_task_pending(arn, task):
            return
        emit(task)
        time.sleep(settings.task_step)
        if not ecs.mark_task_activating(arn, task):
            return
        reason = _pull(task)
        if reason:
            ecs.mark_task_stopped(arn, task, reason, "TaskFailedToStart")
            return
        time.sleep(settings.task_step)
        _start_containers(task)
        if ecs.mark_task_running(arn, task):
            task["_startup_stable"] = True
            emit(task)
            _tell_service(ecs, task)


def _pull(task: dict[str, Any]) -> str:
    """Resolve the images of a task; the reason why ECS would stop it, or "" when all is well."""
    for container in task["containers"]:
        found = look_up(container["image"])
        if found.hosted and not found.digest:
            return f"CannotPullContainerError: pull image manifest has been retried 1 time(s): {container['image']}"
        if found.digest:
            container["imageDigest"] = found.digest
    return ""


def _start_containers(task: dict[str, Any]) -> None:
    """Complete the record of a task that is about to come into RUNNING."""
    with module("core.concurrency").resource_lock("ecs-task", task["taskArn"]):
        if task["desiredStatus"] == "STOPPED":
            return
        task["connectivityAt"] = service("ecs").iso()
        for container in task["containers"]:
            container["lastStatus"] = "RUNNING"
        for attachment in task["attachments"]:
            attachment["status"] = "ATTACHED"
            address = {"attachmentId": attachment["id"], "privateIpv4Address": attachment["details"][3]["value"]}
            for container in task["containers"]:
                container["networkInterfaces"] = [address]


def _tell_service(ecs: Inside, task: dict[str, Any]) -> None:
    """Let the service that launched a task, if any, see whether its deployment is complete."""
    if task["group"].startswith("service:"):
        cluster = task["clusterArn"].rsplit("/", 1)[1]
        ecs.complete_service_deployment(cluster, f"{cluster}/{task['group'].split(':', 1)[1]}")


def _mark_stopped(original: Callable[..., bool]) -> Callable[..., bool]:
    def mark_stopped(
        task_arn: str, task: dict[str, Any], reason: str, stop_code: str, exit_code: int | None = None
    ) -> bool:
        status = task["lastStatus"]
        if not original(task_arn, task, reason, stop_code, exit_code):
            return False
        for attachment in task["attachments"]:
            attachment["status"] = "DELETED"
        last = task["version"]
        with scope_of(task):
            emit(task, lastStatus=status, version=last - 2)
            emit(task, lastStatus="DEPROVISIONING", version=last - 1)
            emit(task)
        return True

    return mark_stopped
