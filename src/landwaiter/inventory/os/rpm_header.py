"""An rpm header as the databases store it (rpm manual, "Package format", section "Header"; tags in rpmtag.h).

A header is two big-endian counts, the index entries (tag, type, offset, count; 16 bytes each), and the data they
point into.
"""

import struct
from collections.abc import Iterator

import msgspec

from landwaiter.errors import InputError

_MAGIC = b"\x8e\xad\xe8"
_COUNTS = struct.Struct(">II")
_ENTRY = struct.Struct(">IIII")

_NAME, _VERSION, _RELEASE, _EPOCH = 1000, 1001, 1002, 1003
_VENDOR, _LICENSE, _ARCH, _SOURCE_RPM, _MODULARITY = 1011, 1014, 1022, 1044, 5096
_FILE_STATES, _FILE_MODES, _FILE_DIGESTS, _DIGEST_ALGORITHM = 1029, 1030, 1035, 5011
_DIR_INDEXES, _BASENAMES, _DIRNAMES, _OLD_FILENAMES = 1116, 1117, 1118, 1027
_WANTED = frozenset({
    _NAME, _VERSION, _RELEASE, _EPOCH, _VENDOR, _LICENSE, _ARCH, _SOURCE_RPM, _MODULARITY, _FILE_STATES, _FILE_MODES,
    _FILE_DIGESTS, _DIGEST_ALGORITHM, _DIR_INDEXES, _BASENAMES, _DIRNAMES, _OLD_FILENAMES,
})  # fmt: skip

_INT8, _INT16, _INT32, _STRING, _STRING_ARRAY, _I18N = 2, 3, 4, 6, 8, 9
_INTEGERS = {1: "B", _INT8: "B", _INT16: "H", _INT32: "I"}
_STRINGS = frozenset({_STRING, _STRING_ARRAY, _I18N})
_ALGORITHMS = {1: "md5", 2: "sha1", 8: "sha256"}
_REPLACED, _NOT_INSTALLED = 1, 2
_MAX_TEXTS = 1_000_000
"""No package has as many files; the largest have some ten thousand."""
_REGULAR, _KIND = 0o100000, 0o170000


class RpmHeader(msgspec.Struct, frozen=True):
    """What the inventory wants of one header. `epoch` is 0 where there is none; "" stands for absent text."""

    name: str
    version: str
    release: str
    epoch: int
    arch: str
    source_rpm: str
    vendor: str
    license: str
    modularity: str
    files: tuple[tuple[str, str], ...]
    """Regular files that are installed: path without leading slash, and digest as in `Evidence.digests` or ""."""


class _Tags:
    """The wanted entries of a header."""

    def __init__(self, blob: bytes) -> None:
        if blob[:3] == _MAGIC:
            blob = blob[8:]
        if len(blob) < _COUNTS.size:
            raise InputError("An rpm header is cut short.")
        count, length = _COUNTS.unpack_from(blob)
        start = _COUNTS.size + count * _ENTRY.size
        if start + length > len(blob):
            raise InputError("An rpm header claims more than there is.")
        self._data = blob[start : start + length]
        self._entries: dict[int, tuple[int, int, int]] = {}
        for tag, kind, offset, number in _ENTRY.iter_unpack(blob[_COUNTS.size : start]):
            if tag in _WANTED and tag not in self._entries:
                self._entries[tag] = (kind, offset, number)

    def text(self, tag: int) -> str:
        """Return a string, "" when it is absent."""
        kind, offset, _ = self._entries.get(tag, (0, 0, 0))
        if kind not in _STRINGS:
            return ""
        end = self._data.find(b"\0", offset)
        if end < 0 or offset >= len(self._data):
            raise InputError("A text of an rpm header has no end.")
        return self._data[offset:end].decode("utf-8", "replace")

    def texts(self, tag: int) -> list[str]:
        """Return an array of strings."""
        kind, offset, count = self._entries.get(tag, (0, 0, 0))
        if kind not in _STRINGS or not count:
            return []
        if count > _MAX_TEXTS:
            raise InputError("A list of an rpm header is absurdly long.")
        parts = self._data[offset:].split(b"\0", count)
        if len(parts) <= count:
            raise InputError("A list of an rpm header is longer than its data.")
        return [part.decode("utf-8", "replace") for part in parts[:count]]

    def numbers(self, tag: int) -> tuple[int, ...]:
        """Return an array of integers."""
        kind, offset, count = self._entries.get(tag, (0, 0, 0))
        code = _INTEGERS.get(kind)
        if not code or not count:
            return ()
        form = f">{count}{code}"
        if count > len(self._data) or offset + struct.calcsize(form) > len(self._data):
            raise InputError("Numbers of an rpm header lie outside of its data.")
        return tuple(struct.unpack_from(form, self._data, offset))


def _paths(tags: _Tags) -> list[str]:
    names = tags.texts(_BASENAMES)
    if not names:
        return [path.lstrip("/") for path in tags.texts(_OLD_FILENAMES)]
    folders = [folder.lstrip("/") for folder in tags.texts(_DIRNAMES)]
    places = tags.numbers(_DIR_INDEXES)
    if len(places) != len(names) or (places and max(places) >= len(folders)):
        raise InputError("The file list of an rpm header does not fit together.")
    return [folders[place] + name for place, name in zip(places, names, strict=True)]


def _files(tags: _Tags) -> Iterator[tuple[str, str]]:
    paths = _paths(tags)
    modes = tags.numbers(_FILE_MODES) or (_REGULAR,) * len(paths)
    states = tags.numbers(_FILE_STATES) or (0,) * len(paths)
    algorithm = _ALGORITHMS.get(next(iter(tags.numbers(_DIGEST_ALGORITHM)), 1), "")
    digests = tags.texts(_FILE_DIGESTS) if algorithm else []
    digests += [""] * (len(paths) - len(digests))
    for path, mode, state, digest in zip(paths, modes, states, digests, strict=False):
        if mode & _KIND == _REGULAR and state not in (_REPLACED, _NOT_INSTALLED):
            yield path, f"{algorithm}:{digest[:16]}" if digest else ""


def read_header(blob: bytes) -> RpmHeader:
    """Read a header blob. Raises InputError when it is damaged; its cost is in proportion to its length."""
    tags = _Tags(blob)
    return RpmHeader(
        name=tags.text(_NAME),
        version=tags.text(_VERSION),
        release=tags.text(_RELEASE),
        epoch=next(iter(tags.numbers(_EPOCH)), 0),
        arch=tags.text(_ARCH),
        source_rpm=tags.text(_SOURCE_RPM),
        vendor=tags.text(_VENDOR),
        license=tags.text(_LICENSE),
        modularity=tags.text(_MODULARITY),
        files=tuple(_files(tags)),
    )
