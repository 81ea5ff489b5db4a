"""Task definitions as they are kept: what the compliance checks read, and no value that could be a secret."""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from landwaiter.compliance.models import TaskContainer, TaskDefinition
from landwaiter.errors import InputError
from landwaiter.platform.store.bulk import among
from landwaiter.platform.tasks.tables import TaskDefinitionRow

LARGEST = 512 * 1024
"""Bytes; AWS allows 64 KB for a definition."""
_TELLING = ("token", "password", "secret", "apikey", "api-key", "api_key", "credential")


def parse_definition(document: Mapping[str, object]) -> TaskDefinition:
    """Read a definition as DescribeTaskDefinition gives it; drop every value that the checks do not need.

    Raises InputError when it is not a task definition.
    """
    try:
        definition = msgspec.convert(document, TaskDefinition)
    except msgspec.ValidationError as error:
        raise InputError(
            f"The task definition is malformed: {error}.", "Send it as DescribeTaskDefinition gives it."
        ) from None
    containers = tuple(_container(container) for container in definition.container_definitions)
    return msgspec.structs.replace(definition, container_definitions=containers)


def store_definitions(session: Session, definitions: Sequence[TaskDefinition]) -> None:
    """Store definitions that are not stored yet; a revision never changes. Raises InputError when one is too large."""
    if not definitions:
        return
    rows = {item.task_definition_arn: msgspec.json.encode(item) for item in definitions if item.task_definition_arn}
    for arn, data in rows.items():
        if len(data) > LARGEST:
            raise InputError(f"The task definition {arn[:200]} is too large.", f"At most {LARGEST} bytes are taken.")
    known = set(session.scalars(select(TaskDefinitionRow.arn).where(among(TaskDefinitionRow.arn, list(rows)))))
    new = [{"arn": arn, "data": rows[arn]} for arn in sorted(rows) if arn not in known]
    if new:
        session.execute(insert(TaskDefinitionRow).values(new).on_conflict_do_nothing())


def read_definitions(session: Session, arns: Sequence[str]) -> dict[str, TaskDefinition]:
    """Return the stored definitions among `arns`."""
    rows = session.execute(
        select(TaskDefinitionRow.arn, TaskDefinitionRow.data).where(among(TaskDefinitionRow.arn, arns))
    )
    return {arn: msgspec.json.decode(data, type=TaskDefinition) for arn, data in rows}


def _container(container: TaskContainer) -> TaskContainer:
    environment = tuple({key: item[key] for key in ("name", "secret") if key in item} for item in container.environment)
    return msgspec.structs.replace(
        container, environment=environment, log_configuration=_redacted(container.log_configuration)
    )


def _redacted(log: dict[str, object] | None) -> dict[str, object] | None:
    """Drop the values of log options that carry credentials (`splunk-token`)."""
    options = log.get("options") if log else None
    if log is None or not isinstance(options, dict):
        return log
    told = {key: "" if any(word in str(key).lower() for word in _TELLING) else value for key, value in options.items()}
    return {**log, "options": told}
