"""From a stored blob to the members of its layer: read, verify, decompress, walk."""

from collections.abc import Iterator
from contextlib import contextmanager

from landwaiter.images.decompress import decompress
from landwaiter.images.limits import Limits
from landwaiter.images.members import Member, MemberStream
from landwaiter.images.pipeline import BlobPipeline
from landwaiter.images.sources import ByteSource
from landwaiter.images.tarstream import read_members


@contextmanager
def verified_members(
    chunks: Iterator[bytes] | Iterator[memoryview], digest: str, name: str, limits: Limits, diff_id: str = ""
) -> Iterator[MemberStream]:
    """Stream the members of a blob whose `digest` is known; after the last one the whole blob has been verified.

    With `diff_id` its expanded bytes have been verified too.
    """
    with BlobPipeline(chunks, digest, name, limits, diff_id) as pipeline:
        stream = read_members(pipeline, name=name, limits=limits)
        yield stream.feed(_to_the_end(iter(stream), pipeline))


@contextmanager
def plain_members(source: ByteSource, name: str, limits: Limits) -> Iterator[MemberStream]:
    """Stream the members of a blob that nothing names; bytes nobody asks for are skipped where `source` can."""
    yield read_members(decompress(source, name=name, limits=limits), name=name, limits=limits)


def _to_the_end(members: Iterator[Member], pipeline: BlobPipeline) -> Iterator[Member]:
    """Pass members on, then read what follows the tar too, so that every byte of the blob is hashed."""
    yield from members
    pipeline.exhaust()
