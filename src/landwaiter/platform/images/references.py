"""What the name of an image says, and the platform it is meant for (distribution spec, "Overview of repositories")."""

from landwaiter.errors import InputError
from landwaiter.images.platform import DEFAULT_PLATFORM, parse_platform


def repository_of(reference: str) -> str:
    """Return the reference without tag and digest: the lineage of the image."""
    name = reference.partition("@")[0]
    head, slash, last = name.rpartition("/")
    return head + slash + last.partition(":")[0]


def pinned_digest(reference: str) -> str:
    """Return the digest in `name@sha256:…`, "" where the reference has none."""
    return reference.partition("@")[2]


def platform_of(architecture: str) -> str:
    """Return `linux/…` for the CPU architecture that ECS tells; `linux/amd64` where it tells none.

    Raises InputError on an architecture that is none.
    """
    if not architecture:
        return str(DEFAULT_PLATFORM)
    if len(architecture) > 32:
        raise InputError(f"{architecture[:32]!r}… is no architecture.", "ECS tells x86_64 or arm64.")
    return str(parse_platform(f"linux/{architecture}"))
