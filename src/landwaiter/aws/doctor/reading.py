"""Reading AWS in parts: what is refused becomes `Unseen`, and the rest of the audit goes on."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from landwaiter.aws.client_types import ClientFactory
from landwaiter.aws.doctor.estate import Condition, Statement, Unseen
from landwaiter.aws.failures import code_of, explain

Read = TypeVar("Read")

_DENIED = frozenset({
    "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "KMSAccessDeniedException",
    "AuthorizationErrorException", "ForbiddenException",
})  # fmt: skip
_NO_CREDENTIALS = frozenset({
    "ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidClientTokenId", "SignatureDoesNotMatch",
    "UnrecognizedClientException", "AuthFailure", "InvalidAccessKeyId",
})  # fmt: skip
_ACTION = re.compile(r"not authorized to perform: ?([\w-]+:\w+)")


@dataclass(frozen=True, slots=True)
class Account:
    """The account that is looked at, and how."""

    client: ClientFactory
    id: str
    partition: str
    region: str
    now: datetime


def attempt(service: str, read: Callable[[], Read]) -> Read | Unseen:
    """Return what `read` gives, or why AWS refused it.

    Credentials that are no good at all are raised: then nothing can be read. Raises NotPermittedError.
    """
    try:
        return read()
    except ClientError as error:
        if code_of(error) in _DENIED:
            return Unseen(f"not permitted: {denied_action(error, service)}")
        explained = explain(error, "reading the account")
        if code_of(error) in _NO_CREDENTIALS:
            raise explained from error
        return Unseen(explained.what)
    except BotoCoreError as error:
        return Unseen(f"{service} was not read: {error}")


def denied_action(error: Any, service: str) -> str:  # noqa: ANN401 - botocore's ClientError is untyped
    """The IAM action that a refusal names, or else the one of the operation that was refused."""
    found = _ACTION.search(str(error.response.get("Error", {}).get("Message", "")))
    return found[1] if found else f"{service}:{error.operation_name}"


def absent(error: Any, *codes: str) -> bool:  # noqa: ANN401 - botocore's ClientError is untyped
    """Tell whether a refusal means that the thing is not there."""
    return code_of(error) in codes


def name_of(resource: Mapping[str, Any]) -> str:
    """The Name tag of an EC2 resource, "" without one."""
    return tag(resource, "Name")


def tag(resource: Mapping[str, Any], key: str) -> str:
    """The value of a tag, "" without it."""
    return next((str(one.get("Value", "")) for one in resource.get("Tags") or [] if one.get("Key") == key), "")


def statements_of(document: object) -> tuple[Statement, ...]:
    """The statements of a policy document (IAM JSON policy elements reference); what has no form of one is left out."""
    found = document.get("Statement", []) if isinstance(document, dict) else []
    entries = found if isinstance(found, list) else [found]
    return tuple(_statement(entry) for entry in entries if isinstance(entry, dict))


def _statement(entry: Mapping[str, Any]) -> Statement:
    return Statement(
        effect=str(entry.get("Effect", "")),
        actions=_texts(entry.get("Action")),
        resources=_texts(entry.get("Resource")),
        conditions=_conditions(entry.get("Condition")),
        principals=_principals(entry.get("Principal")),
    )


def _conditions(found: object) -> tuple[Condition, ...]:
    if not isinstance(found, dict):
        return ()
    return tuple(
        Condition(str(operator), str(key).lower(), _texts(values))
        for operator, tests in found.items()
        if isinstance(tests, dict)
        for key, values in tests.items()
    )


def _principals(found: object) -> tuple[str, ...]:
    if isinstance(found, dict):
        return tuple(f"{kind}:{name}" for kind, names in found.items() for name in _texts(names))
    return ("AWS:*",) if found == "*" else ()


def _texts(found: object) -> tuple[str, ...]:
    if found is None:
        return ()
    return tuple(map(str, found)) if isinstance(found, (list, tuple)) else (str(found),)
