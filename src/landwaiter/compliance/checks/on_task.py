"""The common beginning of all checks of a task definition: it must have been seen, and must name its containers."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from landwaiter.compliance.models import ComplianceEvidence, Result, TaskContainer, TaskDefinition
from landwaiter.compliance.results import not_assessed

P = TypeVar("P")


def on_task(
    check: Callable[[ComplianceEvidence, TaskDefinition, P], Result],
) -> Callable[[ComplianceEvidence, P], Result]:
    """Make a check of (evidence, task definition, parameters): without a definition its answer is not_assessed."""

    @wraps(check)
    def run(evidence: ComplianceEvidence, parameters: P) -> Result:
        definition = evidence.task_definition
        if definition is None:
            return not_assessed("No task definition was seen: the image was assessed by itself.")
        if not definition.container_definitions:
            return not_assessed("The task definition names no container.")
        return check(evidence, definition, parameters)

    return run


def names(definition: TaskDefinition, chosen: Callable[[TaskContainer], bool]) -> list[str]:
    """Return the names of the containers that are `chosen`."""
    return [container.name for container in definition.container_definitions if chosen(container)]
