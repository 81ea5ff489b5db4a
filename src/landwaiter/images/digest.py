"""Digests name content: `sha256:<64 hex digits>` (OCI image spec, descriptor.md, section "Digests")."""

import hashlib
import re
from typing import Protocol

from landwaiter.errors import InputError

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}\Z|sha512:[0-9a-f]{128}\Z")


class Hasher(Protocol):
    """The part of a hashlib object that checking a digest needs."""

    def update(self, data: bytes | memoryview, /) -> None:
        """Take in more content."""
        ...

    def hexdigest(self) -> str:
        """Return the hash of all content so far as hexadecimal digits."""
        ...


def is_digest(text: str) -> bool:
    """Tell whether `text` is a well-formed sha256 or sha512 digest."""
    return _DIGEST.match(text) is not None


def parse_digest(text: str) -> str:
    """Return `text` when it is a well-formed sha256 or sha512 digest; raise InputError otherwise."""
    if not is_digest(text):
        raise InputError(f"{text!r} is not a digest.", "A digest looks like sha256: followed by 64 hexadecimal digits.")
    return text


def digest_of(content: bytes) -> str:
    """Return the sha256 digest of `content`."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def hasher_for(digest: str) -> Hasher:
    """Return an empty hasher of the algorithm that `digest` names; raises InputError on a malformed digest."""
    return hashlib.sha512() if parse_digest(digest).startswith("sha512:") else hashlib.sha256()


def check_digest(name: str, digest: str, hasher: Hasher) -> None:
    """Raise InputError unless `hasher` has seen the content that `digest` names; `name` is for the message."""
    found = hasher.hexdigest()
    if found != digest.partition(":")[2]:
        algorithm = digest.partition(":")[0]
        raise InputError(
            f"{name} is damaged: its content has the digest {algorithm}:{found}, but {digest} is expected.",
            "Pull or export the image again.",
        )


def check_content(name: str, digest: str, content: bytes) -> None:
    """Raise InputError unless `content` is what `digest` names; `name` is for the message."""
    hasher = hasher_for(digest)
    hasher.update(content)
    check_digest(name, digest, hasher)
