"""Who the job is for the image's registry, and whom it trusts.

It is the task definition's secret, ECR by the job's role, or nobody; it trusts the root CAs that it was given.
"""

from landwaiter.errors import NotPermittedError
from landwaiter.images.access import Access, default_credentials
from landwaiter.images.credentials import Credential, parse_secret
from landwaiter.scan.settings import JobSettings


def job_access(settings: JobSettings) -> Access:
    """Return the access of a job. Layers are checked against their diff_id, as the platform keeps facts by it.

    Raises NotPermittedError when the registry's secret cannot be read, InputError when it is not in the form that ECS
    takes.
    """
    return Access(
        credentials=default_credentials(_read(settings.registry_secret) if settings.registry_secret else None),
        root_ca_pem="\n".join(pem for pem in (settings.root_ca, settings.registry_ca) if pem),
        check_diff_ids=True,
    )


def _read(secret: str) -> Credential:
    import boto3  # noqa: PLC0415 - slow to import, and needed for such a secret only
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        client = boto3.client("secretsmanager", region_name=_region_of(secret))
        text = client.get_secret_value(SecretId=secret)["SecretString"]
    except (BotoCoreError, ClientError, KeyError) as error:
        raise NotPermittedError(
            f"The secret {secret} with the registry's credentials cannot be read: {error}.",
            "Name it in the scanning stack's parameter RegistrySecretArns.",
        ) from error
    return parse_secret(text)


def _region_of(secret: str) -> str | None:
    """Return the region of a secret given by its ARN; None for a plain name, which is one of this region."""
    parts = secret.split(":")
    return parts[3] or None if len(parts) > 3 and parts[0] == "arn" else None
