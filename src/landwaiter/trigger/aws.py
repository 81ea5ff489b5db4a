"""boto3 clients for the function: patient with throttling, imported when first needed."""

from functools import cache
from typing import Any

_ATTEMPTS = 8
_CONNECT_SECONDS, _READ_SECONDS = 5, 30


@cache
def client(service: str) -> Any:  # noqa: ANN401 - a boto3 client has no static type at run time
    """Return the client of an AWS service, made once. What is throttled is tried again, with pauses that grow."""
    import boto3  # noqa: PLC0415 - half of the cold start; the module itself must import in a moment
    from botocore.config import Config  # noqa: PLC0415

    make: Any = boto3.client  # one overload for each AWS service; the name comes at run time
    config = Config(
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
    )
    return make(service, config=config)


def code_of(error: BaseException) -> str:
    """Return AWS's code of a refusal, such as AccessDeniedException; "" for every other error."""
    answer = getattr(error, "response", None)
    told = answer.get("Error") if isinstance(answer, dict) else None
    return str(told.get("Code", "")) if isinstance(told, dict) else ""
