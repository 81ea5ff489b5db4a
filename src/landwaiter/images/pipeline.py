"""A blob on its way from store to tar walk, in three threads: read and hash, decompress, walk.

hashlib and the decompressors release the interpreter's lock, so on two cores the steps really overlap. A pipeline holds
`_BUFFERS` buffers of `_BUFFER` bytes and `_CHUNKS` chunks of the stored blob, about 8 MiB in all.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import cycle
from typing import Self

from landwaiter.images.decompress import decompress
from landwaiter.images.digest import check_digest, hasher_for
from landwaiter.images.handover import Handover
from landwaiter.images.limits import Limits
from landwaiter.images.sources import HEADROOM, ByteSource, ChunkSource

_CHUNKS = 4
"""With the one that is being expanded and the one that is being read, fewer than are `RECYCLED`."""
_BUFFERS = 4
_BUFFER = 1024 * 1024


class BlobPipeline:
    """The expanded bytes of a blob named by `digest`; raises InputError at the end when the content is not that.

    With `diff_id` the expanded bytes must be what that names, too.

    `exchange` gives buffers to a tar cursor without copying. Use as a context manager.
    """

    def __init__(
        self, chunks: Iterator[bytes] | Iterator[memoryview], digest: str, name: str, limits: Limits, diff_id: str = ""
    ) -> None:
        self._chunks = chunks
        self._digest = digest
        # Of a blob that is not compressed both are the same, and one hash is enough.
        self._diff_id = "" if diff_id == digest else diff_id
        self._name = name
        self._limits = limits
        self._stack = ExitStack()
        self._stored: Handover[bytes | memoryview] = Handover(self._read, _CHUNKS, "landwaiter-read")
        # Besides those that wait, one buffer is being filled and one is being walked over.
        self._expanded: Handover[tuple[memoryview, int]] = Handover(self._expand, _BUFFERS - 2, "landwaiter-expand")

    def __enter__(self) -> Self:
        self._stack.enter_context(self._stored)
        self._stack.enter_context(self._expanded)
        # Left first: the expanding thread may be waiting for the reading one.
        self._stack.callback(self._stored.cancel)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def exchange(self) -> tuple[memoryview, int]:
        """Return the next buffer, as `BufferSource` says."""
        return self._expanded.get() or (memoryview(b""), 0)

    def exhaust(self) -> None:
        """Read what is left, so that the digest is checked."""
        while self.exchange()[1]:
            pass

    def _read(self) -> Iterator[bytes | memoryview]:
        """Yield the stored chunks, and hash each while it is being expanded."""
        hasher = hasher_for(self._digest)
        for chunk in self._chunks:
            if chunk:
                yield chunk
                hasher.update(chunk)
        check_digest(self._name, self._digest, hasher)

    def _expand(self) -> Iterator[tuple[memoryview, int]]:
        """Yield buffers of expanded bytes in turn; read the blob to its end."""
        stored = ChunkSource(iter(self._stored.get, None))
        expanded: ByteSource = decompress(stored, name=self._name, limits=self._limits)
        hasher = hasher_for(self._diff_id) if self._diff_id else None
        for buffer in cycle([memoryview(bytearray(HEADROOM + _BUFFER)) for _ in range(_BUFFERS)]):
            filled = HEADROOM
            while filled < len(buffer) and (got := expanded.readinto(buffer[filled:])):
                filled += got
            if filled > HEADROOM:
                yield buffer, filled - HEADROOM
                if hasher:
                    # Meanwhile the walk may write before the content, never into it.
                    hasher.update(buffer[HEADROOM:filled])
            if filled < len(buffer):
                break
        while stored.readinto(memoryview(bytearray(4096))):
            pass
        if hasher:
            check_digest(f"The expanded content of {self._name}", self._diff_id, hasher)
