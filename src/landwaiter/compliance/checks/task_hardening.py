"""Checks of the ECS task definition and the running task that go beyond AWS's benchmarks."""

import re

import msgspec

from landwaiter.compliance.checks.check import Check, NoParameters
from landwaiter.compliance.checks.on_task import names, on_task
from landwaiter.compliance.models import ComplianceEvidence, Result, TaskContainer, TaskDefinition
from landwaiter.compliance.results import failed, not_applicable, not_assessed, passed, warned

_BY_DIGEST = re.compile(r"@sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})\Z")


class CapabilitiesAllowed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Linux capabilities that a container may add."""

    allowed: tuple[str, ...] = ()


@on_task
def image_by_digest(_: ComplianceEvidence, definition: TaskDefinition, __: NoParameters) -> Result:
    """Every container names its image by digest, so that what runs cannot change under its tag."""
    containers = [item for item in definition.container_definitions if not _BY_DIGEST.search(item.image)]
    if containers:
        bad = [f"{item.name}: {item.image}" for item in containers]
        return warned("Containers name their image by a tag, which can be moved.", bad)
    return passed("Every container names its image by digest.")


@on_task
def execute_command(_: ComplianceEvidence, definition: TaskDefinition, __: NoParameters) -> Result:
    """ECS Exec is off on the running task."""
    if definition.enable_execute_command is None:
        return not_assessed("Whether ECS Exec is on was not seen.")
    if definition.enable_execute_command:
        return failed("ECS Exec is on: whoever may call it has a shell in the container.")
    return passed("ECS Exec is off.")


@on_task
def separate_roles(_: ComplianceEvidence, definition: TaskDefinition, __: NoParameters) -> Result:
    """The task role is not the execution role."""
    if not definition.task_role_arn:
        return passed("The task has no role of its own.")
    if definition.task_role_arn == definition.execution_role_arn:
        return failed("The application holds the rights of the execution role.", (definition.task_role_arn,))
    return passed("Task role and execution role differ.")


@on_task
def added_capabilities(_: ComplianceEvidence, definition: TaskDefinition, parameters: CapabilitiesAllowed) -> Result:
    """No container adds Linux capabilities."""
    bad = []
    for container in definition.container_definitions:
        added = [name for name in _capabilities(container) if name not in parameters.allowed]
        bad += [f"{container.name}: {name}" for name in added]
    if bad:
        return failed("Containers add Linux capabilities.", bad)
    return passed("No container adds a Linux capability.")


@on_task
def shared_process_namespace(_: ComplianceEvidence, definition: TaskDefinition, __: NoParameters) -> Result:
    """The containers of the task do not see each other's processes (`pidMode: task`)."""
    if definition.pid_mode == "task" and len(definition.container_definitions) > 1:
        return warned("The task's containers share one process namespace.", ("pidMode: task",))
    return passed("The task's containers do not share a process namespace.")


@on_task
def log_mode(_: ComplianceEvidence, definition: TaskDefinition, __: NoParameters) -> Result:
    """A container does not stop when its logs cannot be delivered (log option `mode`)."""
    modes = [(item.name, _log_mode(item)) for item in definition.container_definitions if item.log_configuration]
    if not modes:
        return not_applicable("No container has a log driver.")
    if blocking := [name for name, mode in modes if mode == "blocking"]:
        return warned("Containers stop when their logs cannot be delivered.", blocking)
    if unstated := [name for name, mode in modes if mode != "non-blocking"]:
        return not_assessed("Log drivers state no mode, so a setting of the account decides.", unstated)
    return passed("Every log driver is non-blocking.")


@on_task
def container_health(_: ComplianceEvidence, definition: TaskDefinition, __: NoParameters) -> Result:
    """Every container has a health check in the task definition; ECS ignores that of the image."""
    if bad := names(definition, lambda container: not container.health_check):
        return failed("Containers have no health check in the task definition; ECS ignores that of the image.", bad)
    return passed("Every container has a health check in the task definition.")


def _capabilities(container: TaskContainer) -> list[str]:
    capabilities = (container.linux_parameters or {}).get("capabilities")
    added = capabilities.get("add") if isinstance(capabilities, dict) else None
    return [str(name) for name in added] if isinstance(added, list | tuple) else []


def _log_mode(container: TaskContainer) -> str:
    settings = container.log_configuration or {}
    options = settings.get("options")
    mode = options.get("mode") if isinstance(options, dict) else settings.get("mode")
    return str(mode or "")


CHECKS = (
    Check("image_by_digest", image_by_digest, NoParameters),
    Check("execute_command", execute_command, NoParameters),
    Check("separate_roles", separate_roles, NoParameters),
    Check("added_capabilities", added_capabilities, CapabilitiesAllowed),
    Check("shared_process_namespace", shared_process_namespace, NoParameters),
    Check("log_mode", log_mode, NoParameters),
    Check("container_health", container_health, NoParameters),
)
