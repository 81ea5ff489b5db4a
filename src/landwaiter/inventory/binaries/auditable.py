"""Find the package list that cargo-auditable puts into Rust programs (its section `.dep-v0`), in a stream.

The section is a zlib stream of JSON and no part of the loaded program, so in ELF files it follows everything that is
loaded. Where sections begin is told by a table at the end of the file; instead of waiting for it, the beginnings of
zlib streams are tried. In other kinds of file (PE, Mach-O) the whole is searched.
"""

import re
import zlib

from landwaiter.inventory.binaries.elf import Layout
from landwaiter.inventory.binaries.regions import Region

MIB = 1 << 20
MAX_JSON = 8 * MIB
"""The specification's limit for the uncompressed list, in bytes."""
MAX_STORED = 16 * MIB
FIRST_TRIES, BYTES_A_TRY = 1000, 1024
"""So many beginnings of zlib streams are tried, and one more for so many bytes; by chance there is one in 6,700."""
OVERLAP = 512

_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_BEGINNINGS = (b'{"packages":[', b'{"format":')


class AuditableProbe:
    """Takes an executable's pieces in order; knows afterwards what cargo-auditable wrote into it."""

    def __init__(self, layout: Layout | None) -> None:
        self._region = Region(layout.loaded_stop if layout else 0, 1 << 62, OVERLAP)
        self._tries = float(FIRST_TRIES)
        self._gave_up = False
        self._inflate: zlib._Decompress | None = None
        self._next = 0
        self._stored = 0
        self._json = bytearray()
        self.done = False

    def feed(self, offset: int, piece: bytes) -> None:
        """Take the piece that begins at `offset`."""
        cut = self._region.cut(offset, piece)
        if not cut:
            return
        start, data = cut
        self._tries += len(data) / BYTES_A_TRY
        if self._inflate is None:
            at = self._find(data)
            if at < 0:
                return
            self._inflate, self._next = zlib.decompressobj(), start + at
        self._continue(data[max(self._next - start, 0) :])

    def _find(self, data: bytes) -> int:
        """Return where a zlib stream begins that holds a package list, -1 if nowhere."""
        for match in _ZLIB.finditer(data):
            if self._tries <= 0:
                self._gave_up = True
                break
            self._tries -= 1
            try:
                beginning = zlib.decompressobj().decompress(data[match.start() : match.start() + OVERLAP], 13)
            except zlib.error:
                continue
            if beginning.startswith(_BEGINNINGS):
                return match.start()
        return -1

    def _continue(self, data: bytes) -> None:
        """Inflate further; `done` when the stream has ended or went wrong."""
        if self._inflate is None:
            return
        self._next += len(data)
        self._stored += len(data)
        try:
            self._json += self._inflate.decompress(data, MAX_JSON + 1 - len(self._json))
        except zlib.error:
            self._stored = MAX_STORED + 1
        self.done = self._inflate.eof or len(self._json) > MAX_JSON or self._stored > MAX_STORED

    def result(self) -> bytes:
        """Return the JSON text, empty where there is none. Raises ValueError when there is one, but not whole."""
        if self._inflate is not None and not self._inflate.eof:
            raise ValueError("its cargo-auditable list is cut short, damaged or too large")
        if self._gave_up and self._inflate is None:
            raise ValueError("it holds too many beginnings of compressed data to look for cargo-auditable's list")
        return bytes(self._json)
