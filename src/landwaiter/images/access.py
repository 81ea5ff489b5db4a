"""What reading an image from a registry needs beside its name: credentials, trust, limits, patience."""

import os
from pathlib import Path

import msgspec

from landwaiter.errors import InputError
from landwaiter.images.credentials import (
    Credential,
    CredentialSource,
    EcrCredentials,
    FirstOf,
    FixedCredential,
)
from landwaiter.images.dockerconfig import default_docker_config
from landwaiter.images.limits import DEFAULT_LIMITS, Limits

PASSWORD_VARIABLE = "LANDWAITER_REGISTRY_PASSWORD"  # noqa: S105 - the name of a variable, not a password


class Patience(msgspec.Struct, frozen=True):
    """How a registry's refusals and failures are met."""

    attempts: int = 5
    """How often one request is made at most; a download that makes progress begins to count anew."""
    first_wait: float = 0.5
    """Seconds before the second attempt; doubled for each further one, and varied by a quarter."""
    longest_wait: float = 120.0
    """Seconds; a Retry-After beyond it ends the attempts at once."""


def default_credentials(first: Credential | None = None) -> CredentialSource:
    """Return where credentials are looked for: `first` when given, the Docker config file, ECR."""
    sources: tuple[CredentialSource, ...] = (default_docker_config(), EcrCredentials())
    return FirstOf((FixedCredential(first), *sources) if first else sources)


class Access(msgspec.Struct, frozen=True):
    """How images are reached. By default as Docker would: its config file, then ECR with the AWS credentials here."""

    credentials: CredentialSource = msgspec.field(default_factory=default_credentials)
    root_ca_pem: str = ""
    """PEM text of root CAs that are trusted besides the system's."""
    check_diff_ids: bool = False
    """Whether an expanded layer is hashed too, against the diff_id that the image's config claims for it. Needed where
    facts are kept by diff_id alone; it costs about 0.7 s of a processor for a gigabyte."""
    limits: Limits = DEFAULT_LIMITS
    patience: Patience = Patience()


def access_from_options(root_ca: Path | None = None, username: str | None = None) -> Access:
    """Return the access that command line options ask for; a password is read from LANDWAITER_REGISTRY_PASSWORD.

    Raises InputError when the root CA cannot be read, or when there is a user but no password.
    """
    credential = None
    if username:
        password = os.environ.get(PASSWORD_VARIABLE, "")
        if not password:
            raise InputError(f"There is no password for {username}.", f"Set {PASSWORD_VARIABLE}.")
        credential = Credential(username, password)
    pem = ""
    if root_ca:
        from landwaiter.images.trust import read_root_ca  # noqa: PLC0415 - TLS is slow to import

        pem = read_root_ca(root_ca)
    return Access(credentials=default_credentials(credential), root_ca_pem=pem)
