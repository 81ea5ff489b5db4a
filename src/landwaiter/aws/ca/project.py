"""The platform's root CA for the builds: the project's variable LANDWAITER_ROOT_CA.

A short bundle is the variable's text. A long one (a CloudFormation parameter holds 4,096 bytes) lies in a secret of its
own, which the variable names: not that it were secret, but no other source of variables holds as much.
"""

import contextlib
import copy
import json
from datetime import datetime
from typing import Any

from landwaiter.aws import names
from landwaiter.aws.changes import Change
from landwaiter.aws.client_types import ClientFactory
from landwaiter.aws.memory import NOTHING, Memory, project_of
from landwaiter.aws.policy import place_of
from landwaiter.errors import InputError

VARIABLE = "LANDWAITER_ROOT_CA"
SECRET = "landwaiter-root-ca"  # noqa: S105 - a name
MOST_INLINE = 4096
_MOST_BYTES = 65_536
_POLICY = "LandwaiterRootCa"


def give_to_builds(client: ClientFactory, memory: Memory, bundle: str) -> list[Change]:
    """Return what has to be done for builds to trust `bundle` (PEM text)."""
    project = project_of(client("codebuild"))
    before = _variable(project)
    wanted, changes = {"name": VARIABLE, "value": bundle, "type": "PLAINTEXT"}, []
    if needs_secret(bundle):
        changes = _secret_changes(client, project, bundle)
        wanted = {"name": VARIABLE, "value": SECRET, "type": "SECRETS_MANAGER"}
    if before == wanted or (before and _names_secret(before) and _names_secret(wanted)):
        return changes

    def make() -> None:
        memory.remember("variable", _noted(client, before))
        _set(client, wanted)

    return [*changes, Change("project", f"give {names.PROJECT} the same roots as {VARIABLE}", make)]


def _variable(project: dict[str, Any]) -> dict[str, str] | None:
    variables = project["environment"].get("environmentVariables") or []
    found = next((one for one in variables if one["name"] == VARIABLE), None)
    return {"type": "PLAINTEXT", **found} if found else None


def variable_text(client: ClientFactory) -> str:
    """Return the PEM text that builds get, "" for none. Raises InputError when the project is not there."""
    variable = _variable(project_of(client("codebuild")))
    if variable is None or variable["type"] == "PLAINTEXT":
        return variable["value"] if variable else ""
    return _secret_value(client("secretsmanager"), variable["value"]) or ""


def _names_secret(variable: dict[str, str]) -> bool:
    """Whether the variable names our secret, by its name or by its ARN."""
    value = variable["value"]
    return variable["type"] == "SECRETS_MANAGER" and (value == SECRET or f":secret:{SECRET}-" in value)


def _noted(client: ClientFactory, before: dict[str, str] | None) -> str:
    """What is put back later: no variable, the one that the stack gave, or an empty one."""
    if before is None:
        return NOTHING
    return "stack" if before["value"] and before == _of_stack(client) else "empty"


def _of_stack(client: ClientFactory) -> dict[str, str]:
    """The variable as the parameters of our scanning stack make it; empty where there is no such stack."""
    given = _stack_parameters(client)
    secret = given.get("RootCaSecret", "")
    if secret:
        return {"name": VARIABLE, "value": secret, "type": "SECRETS_MANAGER"}
    return {"name": VARIABLE, "value": given.get("RootCaPem", ""), "type": "PLAINTEXT"}


def _stack_parameters(client: ClientFactory) -> dict[str, str]:
    cloudformation = client("cloudformation")
    try:
        stack = cloudformation.describe_stacks(StackName=names.SCANNING_STACK)["Stacks"][0]
    except cloudformation.exceptions.ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return {}
        raise
    return {one["ParameterKey"]: one.get("ParameterValue", "") for one in stack.get("Parameters", [])}


def _set(client: ClientFactory, wanted: dict[str, str] | None) -> None:
    """Set or remove the variable, and leave the project's environment as it is otherwise."""
    codebuild = client("codebuild")
    environment = copy.deepcopy(project_of(codebuild)["environment"])
    # A dict keeps the place of what it replaces.
    variables = {one["name"]: one for one in environment.get("environmentVariables") or []}
    if wanted:
        variables[VARIABLE] = wanted
    else:
        variables.pop(VARIABLE, None)
    environment["environmentVariables"] = list(variables.values())
    codebuild.update_project(name=names.PROJECT, environment=environment)


def take_from_builds(client: ClientFactory, memory: Memory) -> list[Change]:
    """Return what has to be done to put the variable back as it was and to remove what was made for it."""
    remembered, changes = memory.recall(), []
    if "variable" in remembered:

        def make() -> None:
            noted = remembered["variable"]
            empty = {"name": VARIABLE, "value": "", "type": "PLAINTEXT"}
            _set(client, {NOTHING: None, "stack": _of_stack(client)}.get(noted, empty))
            memory.forget("variable")

        changes.append(Change("project", f"put {VARIABLE} of {names.PROJECT} back", make))
    if _secret_value(client("secretsmanager")) is not None and not _stack_parameters(client).get("RootCaSecret"):
        changes.append(Change("secret", f"delete the secret {SECRET}", lambda: forget_secret(client)))
    return changes


def _secret_changes(client: ClientFactory, project: dict[str, Any], bundle: str) -> list[Change]:
    if len(bundle.encode()) > _MOST_BYTES:
        raise InputError(
            f"The roots have {len(bundle):,} bytes; builds take {_MOST_BYTES:,}.", "Publish those the platform needs."
        )
    changes = []
    if _secret_value(client("secretsmanager")) != bundle:
        text = f"keep the roots ({len(bundle):,} bytes) in the secret {SECRET}"
        changes.append(Change("secret", text, lambda: keep_secret(client, bundle)))
    role = str(project["serviceRole"]).rsplit("/", 1)[1]
    if not _stack_parameters(client).get("RootCaSecret") and not _may_read(client("iam"), role):
        text = f"let {role} read that secret"
        changes.append(Change("secret-policy", text, lambda: _let_read(client, role)))
    return changes


def _secret_value(secrets: Any, secret: str = SECRET) -> str | None:  # noqa: ANN401 - a boto3 client
    try:
        return str(secrets.get_secret_value(SecretId=secret)["SecretString"])
    except (secrets.exceptions.ResourceNotFoundException, secrets.exceptions.InvalidRequestException):
        return None


def needs_secret(bundle: str) -> bool:
    """Tell whether roots (PEM text) are too long for a parameter, so that `keep_secret` must precede the stack."""
    return len(bundle.encode()) > MOST_INLINE


def stack_parameters(bundle: str, expires: datetime | None = None) -> dict[str, str]:
    """Return the scanning template's parameters for the roots in `bundle` (PEM text, "" for none).

    `expires` is when the first of the roots does.
    """
    return {
        "RootCaPem": "" if needs_secret(bundle) else bundle,
        "RootCaSecret": SECRET if needs_secret(bundle) else "",
        "RootCaExpires": f"{expires:%Y-%m-%d}" if expires else "",
    }


def keep_secret(client: ClientFactory, bundle: str) -> bool:
    """Keep a long bundle in the secret `landwaiter-root-ca`; False when it is there already."""
    secrets = client("secretsmanager")
    held = _secret_value(secrets)
    if held is None:
        secrets.create_secret(
            Name=SECRET,
            Description="Root CAs of the Landwaiter platform, for the scan job. Not secret, but long.",
            SecretString=bundle,
            Tags=[{"Key": "Application", "Value": "landwaiter"}],
        )
    elif held != bundle:
        secrets.put_secret_value(SecretId=SECRET, SecretString=bundle)
    return held != bundle


def forget_secret(client: ClientFactory) -> bool:
    """Delete the secret and the permission to read it; False when there is none."""
    iam, secrets = client("iam"), client("secretsmanager")
    # The stack's own role has the permission from its template.
    with contextlib.suppress(iam.exceptions.NoSuchEntityException):
        iam.delete_role_policy(RoleName=names.SERVICE_ROLE, PolicyName=_POLICY)
    if _secret_value(secrets) is None:
        return False
    secrets.delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)
    return True


def _may_read(iam: Any, role: str) -> bool:  # noqa: ANN401 - a boto3 client
    return _POLICY in iam.list_role_policies(RoleName=role)["PolicyNames"]


def _let_read(client: ClientFactory, role: str) -> None:
    place = place_of(client)
    resource = f"arn:{place.partition}:secretsmanager:{place.region}:{place.account}:secret:{SECRET}-??????"
    statement = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": resource}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client("iam").put_role_policy(RoleName=role, PolicyName=_POLICY, PolicyDocument=document)
