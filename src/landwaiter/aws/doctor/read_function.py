"""Reading the Lambda function: its settings, who may invoke it, and what it says of the platform."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from landwaiter.aws import names
from landwaiter.aws.doctor.estate import Concurrency, Function, Handshake, Secret, Statement, Unseen
from landwaiter.aws.doctor.reading import Account, absent, attempt, statements_of

_HANDLER = "landwaiter.trigger.handler.handle"
_NO_FUNCTION = Unseen("There is no function: see LW-FUN-001.")
_MISSING = ("ResourceNotFoundException", "NotFoundException")


def read_function(account: Account) -> Function | Unseen | None:
    """The function by the runbook's name."""
    return attempt("lambda", lambda: _function(account))


def _function(account: Account) -> Function | None:
    try:
        found = account.client("lambda").get_function_configuration(FunctionName=names.FUNCTION)
    except ClientError as error:
        if absent(error, *_MISSING):
            return None
        raise
    place = found.get("VpcConfig") or {}
    return Function(
        arn=found["FunctionArn"],
        state=str(found.get("State") or "Active"),
        ours=found.get("Handler") == _HANDLER,
        role_arn=str(found.get("Role", "")),
        vpc_id=str(place.get("VpcId") or ""),
        subnet_ids=tuple(place.get("SubnetIds") or ()),
        group_ids=tuple(place.get("SecurityGroupIds") or ()),
        environment=dict((found.get("Environment") or {}).get("Variables") or {}),
        layer_arns=tuple(one["Arn"] for one in found.get("Layers") or ()),
        dead_letters=str((found.get("DeadLetterConfig") or {}).get("TargetArn") or ""),
        modified=_time(found.get("LastModified")),
    )


def _time(text: object) -> datetime | None:
    try:
        return datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%S.%f%z")
    except ValueError:
        return None


def read_permissions(account: Account, function: Function | Unseen | None) -> tuple[Statement, ...] | Unseen:
    """The function's resource policy; empty when nobody but the account may invoke it."""
    if not isinstance(function, Function):
        return function or _NO_FUNCTION

    def read() -> tuple[Statement, ...]:
        try:
            policy = account.client("lambda").get_policy(FunctionName=names.FUNCTION)["Policy"]
        except ClientError as error:
            if absent(error, *_MISSING):
                return ()
            raise
        return statements_of(json.loads(policy))

    return attempt("lambda", read)


def read_concurrency(account: Account, function: Function | Unseen | None) -> Concurrency | Unseen:
    """The function's reserved concurrency."""
    if not isinstance(function, Function):
        return function or _NO_FUNCTION

    def read() -> Concurrency:
        answer = account.client("lambda").get_function_concurrency(FunctionName=names.FUNCTION)
        return Concurrency(answer.get("ReservedConcurrentExecutions"))

    return attempt("lambda", read)


def read_secret(account: Account, function: Function | Unseen | None) -> Secret | Unseen | None:
    """The secret that the function names; its value is left alone."""
    if not isinstance(function, Function):
        return function or _NO_FUNCTION
    name = function.environment.get("LANDWAITER_TOKEN_SECRET", "")
    if not name:
        return Unseen("The function names no secret: see LW-FUN-006.")

    def read() -> Secret | None:
        try:
            found = account.client("secretsmanager").describe_secret(SecretId=name)
        except ClientError as error:
            if absent(error, *_MISSING):
                return None
            raise
        return Secret(name, found.get("DeletedDate") is not None)

    return attempt("secretsmanager", read)


def read_handshake(
    account: Account, function: Function | Unseen | None, concurrency: Concurrency | Unseen, *, invoke: bool
) -> Handshake | Unseen:
    """Let the function make the handshake with the platform, from where it runs, and tell how it went."""
    if not isinstance(function, Function):
        return function or _NO_FUNCTION
    if not function.ours:
        return Unseen("The function does not run Landwaiter's code, so it knows no test invocation.")
    if not invoke:
        return Unseen("The test invocation was not asked for (--no-invoke).")
    if concurrency == Concurrency(0):
        return Unseen("The function is stopped: see LW-FUN-008.")
    answer = attempt("lambda", lambda: _invoke(account))
    return answer if isinstance(answer, Unseen) else _handshake(answer)


def _invoke(account: Account) -> Mapping[str, Any] | Unseen:
    payload = json.dumps({"landwaiter": "check"}).encode()
    answer = account.client("lambda").invoke(FunctionName=names.FUNCTION, Payload=payload)
    said = json.loads(answer["Payload"].read() or b"null")
    if not isinstance(said, dict) or answer.get("FunctionError") or "reachable" not in said:
        message = str(said.get("errorMessage", "no answer")) if isinstance(said, dict) else "no answer"
        return Unseen(f"The function's test invocation failed: {message[:300]}")
    return said


def _handshake(said: Mapping[str, Any]) -> Handshake:
    health = said.get("health")
    bundle = health.get("bundle") if isinstance(health, dict) else None
    about = bundle if isinstance(bundle, dict) else {}
    age = about.get("age_seconds")
    missing = "missing" if isinstance(health, dict) else ""
    return Handshake(
        reachable=bool(said.get("reachable")),
        trusted=bool(said.get("trusted")),
        error=str(said.get("error", ""))[:300],
        address=str(said.get("address", "")),
        admitted=_flag(said.get("admitted")),
        token_accepted=_flag(said.get("token_accepted")),
        bundle=str(about.get("state") or missing),
        bundle_age_seconds=age if isinstance(age, int) else None,
    )


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None
