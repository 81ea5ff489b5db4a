"""The build information of Go programs as bytes (Go's `debug/buildinfo`): header, counted strings, markers.

Header of 32 bytes: the magic, the pointer size (byte 14), flags (byte 15: 1 big endian, 2 strings follow). Since Go
1.18 two strings follow, each preceded by its length (unsigned LEB128): the Go version and the module information, the
latter between two markers. Before, two pointers follow byte 16; they lead to string headers (address, length).
"""

from dataclasses import dataclass

MAGIC = b"\xff Go buildinf:"
HEADER = 32
MARKER = 16
MAX_VERSION = 1024
MAX_MODULES = 4 << 20


@dataclass(frozen=True, slots=True)
class BuildInfo:
    """What the linker recorded: `version` ("go1.21.5"), `modules` (Go's `runtime/debug.BuildInfo` as text)."""

    version: str
    modules: str


def read_inline(data: bytes | bytearray) -> BuildInfo | int:
    """Read build information with its strings inside, from the magic on.

    While the end is missing, return how many bytes are needed at least. Raises ValueError when it is none.
    """
    version = _counted(data, HEADER)
    if isinstance(version, int):
        return version
    start, stop = version
    if stop - start > MAX_VERSION:
        raise ValueError("the Go version is too long")
    if stop > len(data):
        return stop
    if not data[start:stop].startswith((b"go", b"devel")):
        raise ValueError("no Go version")
    modules = _counted(data, stop)
    if isinstance(modules, int):
        return modules
    if modules[1] - modules[0] > MAX_MODULES:
        raise ValueError("the module information is too long")
    if modules[1] > len(data):
        return modules[1]
    return BuildInfo(text(data[start:stop]), between_markers(data[slice(*modules)]))


def _counted(data: bytes | bytearray, at: int) -> tuple[int, int] | int:
    """Return start and stop of the string at `at` that its length precedes, or how many bytes are needed to tell."""
    length = 0
    for index, byte in enumerate(data[at : at + 5]):
        length |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return at + index + 1, at + index + 1 + length
    if len(data) >= at + 5:
        raise ValueError("a length of more than 32 bits")
    return len(data) + 1


def between_markers(modules: bytes | bytearray) -> str:
    """Return the module information without its markers, as `runtime/debug` does; "" where there is none."""
    if len(modules) > 2 * MARKER and modules[-MARKER - 1] == ord("\n"):
        return text(modules[MARKER:-MARKER])
    return ""


def text(data: bytes | bytearray) -> str:
    """Decode a string of the build information; what is not UTF-8 becomes replacement characters."""
    return data.decode("utf-8", "replace")
