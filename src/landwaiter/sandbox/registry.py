"""The container registry: names that can be reached from this machine, and the digest behind a reference.

The emulator speaks the OCI distribution protocol on its own port, but hands out `...amazonaws.com` names. Here a
repository's URI is `ACCOUNT.dkr.ecr.REGION.localhost:PORT/NAME`: the shape of ECR's, and `localhost` is this machine
by RFC 6761.
"""

import re
import time
from dataclasses import dataclass
from typing import Any

from landwaiter.sandbox.internals import Need, Response, module, service
from landwaiter.sandbox.registry_gate import TOKEN
from landwaiter.sandbox.settings import Settings

NEEDS = (
    Need("services.ecr", "_repo_uri", ("name",)),
    Need("services.ecr", "_get_authorization_token", ("data",)),
    Need("services.ecr", "_repositories"),
    Need("services.ecr", "_images"),
    Need("core.responses", "json_response", ("data",)),
)

_REFERENCE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|localhost(?::\d+)?)/"
    r"(?P<name>[^:@]+)(?::(?P<tag>[^@]+))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?",
)


@dataclass(frozen=True, slots=True)
class Lookup:
    """What the registry knows of a reference: `hosted` here at all, and its `digest` ("" when it is absent)."""

    hosted: bool
    digest: str


def install(settings: Settings) -> None:
    """Hand out names and an endpoint that lead to the stand-in."""
    ecr = service("ecr")
    json_response = module("core.responses").json_response

    def authorization_token(_data: dict[str, Any]) -> Response:
        data = {"authorizationToken": TOKEN, "expiresAt": int(time.time()) + 43200, "proxyEndpoint": settings.endpoint}
        answer: Response = json_response({"authorizationData": [data]})
        return answer

    ecr.repo_uri = lambda name: f"{settings.registry}/{name}"
    ecr.get_authorization_token = authorization_token


def look_up(image: str) -> Lookup:
    """Resolve an image reference as ECS does when it starts a task: to the digest the tag names now."""
    parts = _REFERENCE.fullmatch(image)
    if parts is None:
        return Lookup(hosted=False, digest="")
    ecr = service("ecr")
    scope = parts["account"], parts["region"], parts["name"]
    if not ecr.repositories.contains_scoped(*scope):
        return Lookup(hosted=True, digest="")
    for found in ecr.images.get_scoped(*scope, []):
        wanted = found["imageDigest"] == parts["digest"] if parts["digest"] else False
        if wanted or (not parts["digest"] and (parts["tag"] or "latest") in found.get("imageTags", [])):
            return Lookup(hosted=True, digest=found["imageDigest"])
    return Lookup(hosted=True, digest="")
