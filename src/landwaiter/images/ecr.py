"""Tokens of Amazon ECR: GetAuthorizationToken of `ecr` and `ecr-public` (valid for twelve hours)."""

import base64
import binascii

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from landwaiter.errors import NotPermittedError
from landwaiter.images.credentials import Credential
from landwaiter.images.reference import EcrRegistry

_CONFIG = Config(connect_timeout=10, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 4})


def ecr_credential(registry: EcrRegistry) -> Credential | None:
    """Ask AWS for a token; None for the public registry when AWS gives none, as that can be read anonymously.

    Raises NotPermittedError.
    """
    try:
        token = _public_token() if registry.kind == "public" else _private_token(registry)
    except (BotoCoreError, ClientError) as error:
        if registry.kind == "public":
            return None
        raise NotPermittedError(
            f"AWS gives no ECR token for {registry.region}: {error}.",
            "Allow ecr:GetAuthorizationToken to the role that scans, and check that AWS credentials are configured.",
        ) from error
    return _decode(token)


def _private_token(registry: EcrRegistry) -> str:
    answer = boto3.client("ecr", region_name=registry.region, config=_CONFIG).get_authorization_token()
    return str(answer["authorizationData"][0]["authorizationToken"])


def _public_token() -> str:
    answer = boto3.client("ecr-public", region_name="us-east-1", config=_CONFIG).get_authorization_token()
    return str(answer["authorizationData"]["authorizationToken"])


def _decode(token: str) -> Credential:
    """Read base64 of `AWS:password`."""
    try:
        user, _, password = base64.b64decode(token, validate=True).decode("ascii").partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise NotPermittedError("AWS gave an ECR token that cannot be read.") from error
    return Credential(user, password)
