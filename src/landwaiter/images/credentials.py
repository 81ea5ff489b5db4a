"""Who we are to a registry: explicit, from the Docker config file, or from ECR; nobody, where none of them knows."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from landwaiter.errors import InputError
from landwaiter.images.reference import DOCKER_HUB, ecr_registry


class Credential(msgspec.Struct, frozen=True):
    """User and password, or an identity token of the registry's token server instead of them."""

    username: str = ""
    password: str = ""
    identity_token: str = ""

    def __repr__(self) -> str:
        return f"Credential(username={self.username!r})"


class CredentialSource(Protocol):
    """Knows credentials of registries."""

    def find(self, registry: str) -> Credential | None:
        """Return the credential for a registry host (with port), None when it has none.

        Asked only after the registry has demanded one. Raises InputError or NotPermittedError when its store is broken.
        """
        ...


class NoCredentials(msgspec.Struct, frozen=True):
    """Knows nothing: every registry is met anonymously."""

    def find(self, registry: str) -> Credential | None:  # noqa: ARG002 - the protocol's signature
        """Return None."""
        return None


class FixedCredential(msgspec.Struct, frozen=True):
    """One credential; for one registry, or for whichever image the user named when `registry` is empty."""

    credential: Credential
    registry: str = ""

    def find(self, registry: str) -> Credential | None:
        """Return the credential unless it belongs to another registry."""
        return self.credential if self.registry in ("", registry) else None


class FirstOf(msgspec.Struct, frozen=True):
    """Asks several sources in turn."""

    sources: tuple[CredentialSource, ...]

    def find(self, registry: str) -> Credential | None:
        """Return the first credential that one of the sources knows."""
        return next((found for source in self.sources if (found := source.find(registry))), None)


class EcrCredentials(msgspec.Struct, frozen=True):
    """Asks AWS for a token, with the credentials that boto3 finds; honours AWS_ENDPOINT_URL.

    A private registry may belong to another account or region: the token is asked for in its region.
    """

    def find(self, registry: str) -> Credential | None:
        """Return user `AWS` and a token for an ECR host; None for other hosts.

        Raises NotPermittedError when AWS refuses; the public registry is then met anonymously instead.
        """
        ecr = ecr_registry(registry)
        if ecr is None:
            return None
        from landwaiter.images import ecr as aws  # noqa: PLC0415 - boto3 is slow to import and seldom needed

        return aws.ecr_credential(ecr)


def parse_secret(text: str) -> Credential:
    """Read the value of a task definition's `repositoryCredentials` secret: `{"username": …, "password": …}`.

    Raises InputError, which never shows the value.
    """
    try:
        secret = msgspec.json.decode(text, type=dict[str, object])
    except (msgspec.DecodeError, RecursionError):
        secret = {}
    username, password = secret.get("username"), secret.get("password")
    if not (isinstance(username, str) and username and isinstance(password, str) and password):
        raise InputError(
            "The secret with the registry's credentials has no username and password.",
            'Its value must be JSON: {"username": "…", "password": "…"}.',
        )
    return Credential(username, password)


def hosts_of(registry: str) -> Sequence[str]:
    """Return the names under which a registry is known in credential stores, the usual one first."""
    if registry == DOCKER_HUB:
        return ("https://index.docker.io/v1/", "index.docker.io", "docker.io", "registry-1.docker.io")
    return (registry, f"https://{registry}", f"http://{registry}")
