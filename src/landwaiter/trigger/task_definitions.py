"""Task definitions as evidence for compliance, without the values that must not leave the account.

Only fields that a check reads are kept. Of environment variables the name is kept, and the name of the rule when the
value looks like a secret; commands, labels and log options are dropped, since people put secrets there too.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from landwaiter.trigger.aws import code_of

_SECRET_NAMES = re.compile(
    r"(?:^|[_.-])(?:PASS|PASSWD|PWD|PASSPHRASE)(?:$|[_.-])"
    r"|PASSWORD|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIAL",
    re.IGNORECASE,
)
_HARMLESS_VALUES = re.compile(r"arn:|/run/secrets/|file:|true$|false$|\d{0,6}$", re.IGNORECASE)
_SECRET_VALUES = (
    ("aws-access-key-id", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("private-key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
    ("github-token", re.compile(r"\bgh[pousr]_[0-9A-Za-z]{36}")),
    ("slack-token", re.compile(r"\bxox[abprs]-[0-9A-Za-z-]{10,}")),
    ("jwt", re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}")),
    ("password-in-url", re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/@]+@", re.IGNORECASE)),
)
_GONE_OR_FORBIDDEN = frozenset(
    {"ClientException", "InvalidParameterException", "AccessDeniedException", "AccessDenied"}
)
_CONTAINER_FIELDS = (
    "name",
    "image",
    "user",
    "privileged",
    "readonlyRootFilesystem",
    "linuxParameters",
    "repositoryCredentials",
)
_FIELDS = (
    "taskDefinitionArn",
    "networkMode",
    "pidMode",
    "ipcMode",
    "taskRoleArn",
    "executionRoleArn",
    "runtimePlatform",
)


class TaskDefinitions:
    """DescribeTaskDefinition with a memory: a revision never changes, so a warm function asks once."""

    def __init__(self, ecs: Any) -> None:  # noqa: ANN401 - a boto3 client has no static type at run time
        self._describe = lru_cache(maxsize=256)(
            lambda arn: ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])
        )

    def evidence(self, arn: str) -> dict[str, Any] | None:
        """Return the revision as evidence, or None when AWS no longer has it or does not let us read it.

        Raises what botocore raises when AWS cannot be asked now: the definition may name the secret of a registry.
        """
        if not arn:
            return None
        try:
            answer = self._describe(arn)
        except Exception as error:
            if code_of(error) not in _GONE_OR_FORBIDDEN:
                raise
            print(f"task definition {arn} is not read: {error}")
            return None
        return redact(answer["taskDefinition"], answer.get("tags") or ())


def redact(definition: Mapping[str, Any], tags: Iterable[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Keep what the checks read of a task definition, and its tags, but no value of an environment variable."""
    kept = {field: definition[field] for field in _FIELDS if definition.get(field) is not None}
    kept["containerDefinitions"] = [_container(item) for item in definition.get("containerDefinitions") or ()]
    kept["volumes"] = list(definition.get("volumes") or ())
    kept["tags"] = [{"key": str(tag.get("key", "")), "value": str(tag.get("value", ""))} for tag in tags]
    return kept


def _container(item: Mapping[str, Any]) -> dict[str, Any]:
    kept = {field: item[field] for field in _CONTAINER_FIELDS if item.get(field) is not None}
    if item.get("healthCheck"):
        kept["healthCheck"] = {"declared": True}
    if item.get("logConfiguration"):
        log = item["logConfiguration"]
        mode = (log.get("options") or {}).get("mode")
        kept["logConfiguration"] = {"logDriver": log.get("logDriver")} | ({"mode": mode} if mode else {})
    kept["environment"] = [_variable(entry) for entry in item.get("environment") or ()]
    kept["secrets"] = [{"name": str(entry.get("name", ""))} for entry in item.get("secrets") or ()]
    return kept


def _variable(entry: Mapping[str, Any]) -> dict[str, str]:
    name, value = str(entry.get("name", "")), str(entry.get("value", ""))
    rule = secret_rule(name, value)
    return {"name": name, "secret": rule} if rule else {"name": name}


def registry_secrets(definition: Mapping[str, Any] | None) -> dict[str, str]:
    """Return, for each image from a private registry, the ARN of the secret that holds the registry's credentials."""
    found = {}
    for container in (definition or {}).get("containerDefinitions", ()):
        secret = (container.get("repositoryCredentials") or {}).get("credentialsParameter")
        if secret:
            found[container.get("image", "")] = secret
    return found


def secret_rule(name: str, value: str) -> str:
    """Return the name of the rule by which the variable holds a secret, "" when none does."""
    for rule, pattern in _SECRET_VALUES:
        if pattern.search(value):
            return rule
    if _SECRET_NAMES.search(name) and not _HARMLESS_VALUES.match(value):
        return "name-of-a-secret"
    return ""
