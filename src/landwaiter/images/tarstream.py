"""The members of a layer, read in one pass over a tar stream (POSIX.1-1988 ustar, POSIX.1-2001 pax, GNU extensions)."""

from collections.abc import Iterator

from landwaiter.errors import InputError
from landwaiter.images.limits import DEFAULT_LIMITS, Limits
from landwaiter.images.members import Member, MemberKind, MemberStream
from landwaiter.images.sources import BufferSource, ByteSource
from landwaiter.images.tarheader import DamagedTarError
from landwaiter.images.tarwalk import TarWalk

__all__ = ["Member", "MemberKind", "MemberStream", "read_members"]


def read_members(
    stream: ByteSource | BufferSource, *, name: str = "The layer", limits: Limits = DEFAULT_LIMITS
) -> MemberStream:
    """Return the members of the uncompressed tar that `stream` gives; `name` says in messages what is being read.

    A `SeekingSource` is not read where nobody asks for the content; a `BufferSource` is read without copying. The
    iterator raises InputError on a truncated or damaged tar, and where `limits` are exceeded. One buffer is held.
    """
    result = MemberStream()
    return result.feed(_named(name, TarWalk(stream, limits).members(result)))


def _named(name: str, members: Iterator[Member]) -> Iterator[Member]:
    """Pass members on; put the name of what is read into the message when its tar is damaged."""
    try:
        yield from members
    except DamagedTarError as error:
        raise InputError(f"{name} cannot be read as a tar: {error.what}", "Pull or export the image again.") from error
