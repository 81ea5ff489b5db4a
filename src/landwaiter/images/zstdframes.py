"""Where zstd frames begin and end (RFC 8878, section 3.1).

The decoder takes a stream that stops in the middle of a frame for a complete one, so the frames are followed here.
"""

from landwaiter.images.sources import ByteSource

_MAGIC = 0xFD2FB528
_SKIPPABLE = 0x184D2A50


class FrameWalk:
    """A source that passes bytes on and follows the structure of the frames in them."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._pending = b""
        self._skip = 0
        self._step = self._frame_start
        self._checksum = 0

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill `buffer`; return the number of bytes, 0 at the end."""
        got = self._source.readinto(buffer) or 0
        self._follow(buffer[:got])
        return got

    def check_complete(self) -> None:
        """Raise EOFError unless the bytes so far end with a whole frame."""
        if self._skip or self._pending or self._step != self._frame_start:
            raise EOFError

    def _follow(self, data: memoryview) -> None:
        at = 0
        while at < len(data):
            passed = min(self._skip, len(data) - at)
            self._skip -= passed
            at += passed
            if at == len(data):
                return
            wanted = self._wanted() - len(self._pending)
            self._pending += bytes(data[at : at + wanted])
            at += wanted
            if len(self._pending) >= self._wanted():
                field, self._pending = self._pending, b""
                self._step(field)

    def _wanted(self) -> int:
        """How many bytes the next step needs: a block header, or the start of a frame, which states its own length."""
        if self._step == self._block_start:
            return 3
        if len(self._pending) < 5:
            return 5
        magic = int.from_bytes(self._pending[:4], "little")
        return 8 if magic & 0xFFFFFFF0 == _SKIPPABLE else 4 + _header_size(self._pending[4])

    def _frame_start(self, field: bytes) -> None:
        magic = int.from_bytes(field[:4], "little")
        if magic & 0xFFFFFFF0 == _SKIPPABLE:
            self._skip = int.from_bytes(field[4:8], "little")
            return
        if magic == _MAGIC:
            self._checksum = 4 if field[4] & 0x04 else 0
            self._step = self._block_start

    def _block_start(self, field: bytes) -> None:
        value = int.from_bytes(field, "little")
        last, kind, size = value & 1, value >> 1 & 3, value >> 3
        self._skip = 1 if kind == 1 else size
        if last:
            self._skip += self._checksum
            self._step = self._frame_start


def _header_size(descriptor: int) -> int:
    """Length of a frame header with this descriptor byte, the byte itself included."""
    single_segment = descriptor >> 5 & 1
    dictionary = (0, 1, 2, 4)[descriptor & 3]
    content_size = (single_segment, 2, 4, 8)[descriptor >> 6]
    return 1 + (1 - single_segment) + dictionary + content_size
