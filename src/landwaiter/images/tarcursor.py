"""A position in a stream of bytes, with one buffer: blocks, data in pieces, and passing over what nobody reads."""

from landwaiter.images.sources import CHUNK, HEADROOM, BufferSource, ByteSource, SeekingSource
from landwaiter.images.tarheader import BLOCK, DamagedTarError

_SEEKING_CHUNK = 64 * 1024
"""Buffer for streams that can skip: most of a buffer read behind a header is not wanted there."""


class Cursor:
    """`buffer[start:end]` is what has been read and not been taken yet.

    `left` is how much of the current member's data nobody has taken, `padding` what fills up its last block.
    """

    def __init__(self, stream: ByteSource | BufferSource) -> None:
        # Found out once, as these checks are slow.
        self._buffers = stream if isinstance(stream, BufferSource) else None
        self._seeking = stream if isinstance(stream, SeekingSource) else None
        self._plain = None if isinstance(stream, BufferSource) else stream
        self.buffer = memoryview(bytearray(_SEEKING_CHUNK if self._seeking else CHUNK))
        self.start = 0
        self.end = 0
        self.left = 0
        self.padding = 0
        self._buffer_offset = 0
        """Offset in the stream of the buffer's first byte."""

    @property
    def offset(self) -> int:
        """Offset in the stream of the next byte."""
        return self._buffer_offset + self.start

    def next_block(self) -> int:
        """Pass over the current member's data; return where in the buffer the next block lies, -1 at the stream's end.

        The block is taken. Raises DamagedTarError when the stream ends within the data or the block.
        """
        at = self.start + self.left + self.padding
        if at + BLOCK > self.end:
            self._pass_over(self.left + self.padding)
            if self.end - self.start < BLOCK:
                self._fill(BLOCK)
            at = self.start
            if at == self.end:
                at = -BLOCK - 1
            elif self.end - at < BLOCK:
                raise DamagedTarError("It is truncated.")
        self.left = self.padding = 0
        if at < 0:
            return -1
        self.start = at + BLOCK
        return at

    def exactly(self, count: int) -> bytes:
        """Take the next `count` bytes; raises DamagedTarError when the stream ends before."""
        if count <= self.end - self.start:
            start = self.start
            self.start += count
            return bytes(self.buffer[start : self.start])
        pieces: list[bytes] = []
        while count > 0:
            piece = self.piece(count)
            count -= len(piece)
            pieces.append(piece)
        return b"".join(pieces)

    def piece(self, count: int) -> bytes:
        """Take up to `count` bytes, at least one; raises DamagedTarError at the stream's end."""
        if self.start == self.end:
            if self._seeking and count > len(self.buffer):
                return self._take(self._seeking, count)
            self._fill(1)
            if self.start == self.end:
                raise DamagedTarError("It is truncated.")
        start = self.start
        self.start = min(start + count, self.end)
        return bytes(self.buffer[start : self.start])

    def _take(self, source: SeekingSource, count: int) -> bytes:
        """Take up to `count` bytes past the buffer, which is empty."""
        piece = source.take(min(count, CHUNK))
        if not piece:
            raise DamagedTarError("It is truncated.")
        self._buffer_offset += len(piece)
        return piece

    def _fill(self, count: int) -> None:
        """Read on until the buffer holds `count` bytes (less than a buffer) or the stream ends."""
        held = self.end - self.start
        if self._buffers:
            self._swap(count, self._buffers)
            return
        self.buffer[:held] = bytes(self.buffer[self.start : self.end])
        self._buffer_offset += self.start
        self.start, self.end = 0, held
        while self.end < count and self._plain:
            got = self._plain.readinto(self.buffer[self.end :])
            if not got:
                return
            self.end += got

    def _swap(self, count: int, source: BufferSource) -> None:
        """Do what `_fill` does by taking the next buffer, and putting what is held in front of its content."""
        while self.end - self.start < count:
            held = bytes(self.buffer[self.start : self.end])
            buffer, got = source.exchange()
            if not got:
                # The old buffer is the other side's again; what it held may still be asked for.
                buffer = memoryview(bytearray(HEADROOM))
            self._buffer_offset += self.start - (HEADROOM - len(held))
            buffer[HEADROOM - len(held) : HEADROOM] = held
            self.buffer, self.start, self.end = buffer, HEADROOM - len(held), HEADROOM + got
            if not got:
                return

    def _pass_over(self, count: int) -> None:
        """Move `count` bytes on without looking at them; raises DamagedTarError when there are not so many."""
        held = self.end - self.start
        if count <= held:
            self.start += count
            return
        count -= held
        self._buffer_offset += self.end
        self.start = self.end = 0
        if self._seeking:
            passed = self._seeking.skip(count)
            self._buffer_offset += passed
            count -= passed
        while count > 0:
            self._fill(1)
            got = self.end - self.start
            if not got:
                raise DamagedTarError("It is truncated: a member claims more than there is.")
            passed = min(count, got)
            self.start += passed
            count -= passed
