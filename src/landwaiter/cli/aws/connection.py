"""The options that say which account and region a command works on."""

import functools
import os
from collections.abc import Callable
from typing import Any

import click

from landwaiter.aws.client_types import ClientFactory

_ATTEMPTS, _CONNECT_SECONDS, _READ_SECONDS = 8, 10, 60


def connection_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --region and --profile; the command gets `client`, a `ClientFactory`, and boto3's errors are explained.

    Another endpoint, such as the sandbox's, is set as for every AWS tool: AWS_ENDPOINT_URL.
    """

    @click.option("--region", help="AWS region  [default: as the AWS CLI finds it]")
    @click.option("--profile", help="AWS profile  [default: as the AWS CLI finds it]")
    @functools.wraps(command)
    def connected(*arguments: Any, region: str | None, profile: str | None, **options: Any) -> Any:
        from landwaiter.aws.failures import explained

        with explained("working on AWS"):
            return command(*arguments, client=connect(region, profile), **options)

    return connected


def connect(region: str | None = None, profile: str | None = None) -> ClientFactory:
    """Return the boto3 clients of one account and region, made once each. Raises botocore's exceptions."""
    import boto3
    from botocore.config import Config

    # The AWS CLI reads AWS_REGION, boto3 does not.
    session = boto3.session.Session(region_name=region or os.environ.get("AWS_REGION"), profile_name=profile)
    config = Config(
        retries={"mode": "adaptive", "max_attempts": _ATTEMPTS},
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        s3={"addressing_style": "path"} if _local_endpoint() else None,
    )
    return functools.cache(lambda service: session.client(service, config=config))


def _local_endpoint() -> bool:
    return "127.0.0.1" in os.environ.get("AWS_ENDPOINT_URL", "")
