"""Who the job is for the image's registry: the task definition's secret, ECR by its role, or nobody."""

import msgspec

from landwaiter.errors import InputError, NotPermittedError
from landwaiter.images.access import Access, default_credentials
from landwaiter.images.credentials import Credential


class _Secret(msgspec.Struct, frozen=True):
    """The form that ECS takes (developer guide, "Private registry authentication for tasks")."""

    username: str
    password: str


def job_access(registry_secret: str) -> Access:
    """Return the access of a job; `registry_secret` is the ARN of a `repositoryCredentials` secret, "" for none.

    Raises NotPermittedError when the secret cannot be read, InputError when it is not in the form that ECS takes.
    """
    return Access(credentials=default_credentials(_read(registry_secret) if registry_secret else None))


def _read(arn: str) -> Credential:
    import boto3  # noqa: PLC0415 - slow to import, and needed for such a secret only
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        text = boto3.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
    except (BotoCoreError, ClientError, KeyError) as error:
        raise NotPermittedError(
            f"The secret {arn} with the registry's credentials cannot be read: {error}.",
            "Name it in the scanning stack's parameter RegistrySecretArns.",
        ) from error
    return parse_secret(text)


def parse_secret(text: str) -> Credential:
    """Read `{"username": …, "password": …}`. Raises InputError without quoting the secret."""
    try:
        secret = msgspec.json.decode(text, type=_Secret)
    except msgspec.DecodeError:
        raise InputError(
            "The secret with the registry's credentials is not in the form that ECS takes.",
            'Store it as {"username": "...", "password": "..."}.',
        ) from None
    return Credential(secret.username, secret.password)
