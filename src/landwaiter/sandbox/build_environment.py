"""The environment variables of a build, with secrets and parameters resolved.

Source: AWS CodeBuild User Guide, "Environment variables in build environments" and "Build specification reference", on
`secret-id:json-key:version-stage:version-id`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from landwaiter.errors import InputError
from landwaiter.sandbox.aws_client import Clients

_ARN_PARTS = 7


@dataclass(frozen=True, slots=True)
class SecretReference:
    """A secret, and which part of it: a key of its JSON object ("" for all of it), a stage, a version."""

    secret_id: str
    json_key: str = ""
    stage: str = ""
    version: str = ""


def parse_secret_reference(text: str) -> SecretReference:
    """Read `secret-id:json-key:version-stage:version-id`; the secret may be an ARN, which has colons of its own."""
    parts = text.split(":")
    count = _ARN_PARTS if text.startswith("arn:") else 1
    rest = [*parts[count:], "", "", ""]
    return SecretReference(":".join(parts[:count]), rest[0], rest[1], rest[2])


def resolve_secret(clients: Clients, text: str) -> str:
    """The value of a secret reference. Raises `InputError` when it is not there."""
    reference = parse_secret_reference(text)
    client = clients.get("secretsmanager")
    wanted = {"SecretId": reference.secret_id, "VersionStage": reference.stage, "VersionId": reference.version}
    try:
        value = client.get_secret_value(**{name: part for name, part in wanted.items() if part})["SecretString"]
    except client.exceptions.ClientError as error:
        raise InputError(f"Secrets Manager error: {reference.secret_id}: {error}") from error
    if not reference.json_key:
        return str(value)
    try:
        return str(json.loads(value)[reference.json_key])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"Secrets Manager error: {reference.secret_id} has no key {reference.json_key}.") from error


def resolve_parameter(clients: Clients, name: str) -> str:
    """The value of a Systems Manager parameter. Raises `InputError` when it is not there."""
    client = clients.get("ssm")
    try:
        return str(client.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
    except client.exceptions.ClientError as error:
        raise InputError(f"Parameter Store error: {name}: {error}") from error


def merged(project: Iterable[Mapping[str, Any]], overrides: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A project's environment variables with a build's overrides, by name."""
    variables = {variable["name"]: dict(variable) for variable in project}
    variables |= {variable["name"]: dict(variable) for variable in overrides}
    return list(variables.values())


def resolve(clients: Clients, variables: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The values of environment variables as CodeBuild's API describes them: name, value, type."""
    values: dict[str, str] = {}
    for variable in variables:
        value = str(variable.get("value", ""))
        match variable.get("type", "PLAINTEXT"):
            case "SECRETS_MANAGER":
                value = resolve_secret(clients, value)
            case "PARAMETER_STORE":
                value = resolve_parameter(clients, value)
            case _:
                pass
        values[variable["name"]] = value
    return values
