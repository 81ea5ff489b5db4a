"""Image references as Docker writes them (distribution/reference grammar), and the host names of Amazon ECR."""

import re
from typing import Literal

import msgspec

from landwaiter.errors import InputError
from landwaiter.images.digest import parse_digest

DOCKER_HUB = "docker.io"
_HUB_API = "registry-1.docker.io"
_MAX_NAME = 255

_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]{{1,5}})?\Z")
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_PATH = re.compile(rf"{_PART}(?:/{_PART})*\Z")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\Z")
_HEX_ONLY = re.compile(r"[0-9a-f]{64}\Z")

_ECR = re.compile(
    r"(?P<account>[0-9]{12})\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\."
    r"(?:amazonaws\.(?:com|com\.cn|eu)|on\.aws|on\.amazonwebservices\.com\.cn|sc2s\.sgov\.gov|c2s\.ic\.gov"
    r"|cloud\.adc-e\.uk|csp\.hci\.ic\.gov|localhost)(?::[0-9]+)?\Z"
)
_ECR_PUBLIC = frozenset({"public.ecr.aws", "ecr-public.aws.com"})


class Reference(msgspec.Struct, frozen=True):
    """A parsed reference: registry host with port, repository, and tag or digest (or both; the digest counts)."""

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.registry}/{self.repository}{tag}" + (f"@{self.digest}" if self.digest else "")

    @property
    def api_host(self) -> str:
        """The host that serves the registry's API: Docker Hub's has another name."""
        return _HUB_API if self.registry == DOCKER_HUB else self.registry

    @property
    def wanted(self) -> str:
        """What to ask the registry for: the digest where there is one, else the tag."""
        return self.digest or self.tag or "latest"

    def with_digest(self, digest: str) -> "Reference":
        """Return the same reference pinned to `digest`; raises InputError when that is malformed."""
        return Reference(self.registry, self.repository, self.tag, parse_digest(digest))


class EcrRegistry(msgspec.Struct, frozen=True):
    """An Amazon ECR registry: of an account in a region, or the public one (account "", region us-east-1)."""

    kind: Literal["private", "public"]
    account: str
    region: str


def parse_reference(text: str) -> Reference:
    """Read `[registry/]repository[:tag][@digest]`; `alpine` is `docker.io/library/alpine:latest`.

    Raises InputError that says which part is wrong.
    """
    name, at, digest = text.strip().removeprefix("docker://").partition("@")
    if at:
        parse_digest(digest)
    name, tag = _split_tag(name)
    if tag is not None and not _TAG.match(tag):
        raise _wrong(text, f"{tag!r} is not a tag")
    if _HEX_ONLY.match(name):
        raise _wrong(text, "64 hexadecimal digits are no name; write repository@sha256:digits")
    registry, repository = _split_registry(name)
    _check_name(text, registry, repository)
    return Reference(registry, repository, tag or ("" if digest else "latest"), digest)


def _check_name(text: str, registry: str, repository: str) -> None:
    if not _DOMAIN.match(registry):
        raise _wrong(text, f"{registry!r} is not a host name")
    if not _PATH.match(repository):
        why = "repository names are lower case" if repository != repository.lower() else "it has a part that is no name"
        raise _wrong(text, f"{repository!r} is not a repository ({why})")
    if len(registry) + len(repository) + 1 > _MAX_NAME:
        raise _wrong(text, f"its name is longer than {_MAX_NAME} characters")


def _wrong(text: str, why: str) -> InputError:
    shown = text if len(text) <= _MAX_NAME else text[:_MAX_NAME] + "…"
    return InputError(
        f"{shown!r} is not an image reference: {why}.", "Write registry/repository:tag or …@sha256:digest."
    )


def _split_tag(name: str) -> tuple[str, str | None]:
    """Split at the last colon, unless that belongs to the registry's port."""
    head, colon, tail = name.rpartition(":")
    return (head, tail) if colon and "/" not in tail else (name, None)


def _split_registry(name: str) -> tuple[str, str]:
    """Tell the registry from the repository as Docker does: the first part is a host if it looks like one."""
    first, slash, rest = name.partition("/")
    is_host = slash and (any(mark in first for mark in ".:") or first == "localhost" or first != first.lower())
    registry, repository = (first, rest) if is_host else (DOCKER_HUB, name)
    if registry in ("index.docker.io", _HUB_API):
        registry = DOCKER_HUB
    if registry == DOCKER_HUB and "/" not in repository:
        repository = f"library/{repository}"
    return registry, repository


def ecr_registry(host: str) -> EcrRegistry | None:
    """Read account and region from an ECR host name, such as `123456789012.dkr.ecr.eu-west-1.amazonaws.com`.

    FIPS and dual-stack endpoints, the partitions of China, Europe and the US government, and stand-ins under
    `.localhost` are known too; None for any other host.
    """
    if host in _ECR_PUBLIC:
        return EcrRegistry("public", "", "us-east-1")
    match = _ECR.match(host)
    return EcrRegistry("private", match["account"], match["region"]) if match else None
