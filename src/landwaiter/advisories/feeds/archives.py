"""Bounded reading of what feeds come in: zip archives, gzip files, JSON documents. Nothing here trusts a size field."""

import bz2
import gzip
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import zstandard

MEMBER_LIMIT = 32 << 20
"""Bytes of one record; Ubuntu's largest kernel records are about a tenth of this."""
FILE_LIMIT = 1 << 30
"""Bytes of one decompressed file that holds a whole feed."""
ARCHIVE_LIMIT = 32 << 30
"""Bytes of one decompressed archive; Red Hat's and Ubuntu's are a tenth of this."""
_MEMBERS_LIMIT = 4_000_000
_CHUNK = 1 << 20


class UnreadableError(Exception):
    """A file of a feed cannot be read; the text says why, for the quarantine list."""


def read_limited(path: Path, limit: int = FILE_LIMIT) -> bytes:
    """Return a file's content, decompressed when it ends in .gz. Raises UnreadableError (absent, broken, too large)."""
    try:
        if path.suffix == ".gz":
            with gzip.open(path) as stream:
                content = stream.read(limit + 1)
        else:
            with path.open("rb") as plain:
                content = plain.read(limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableError(f"cannot be read: {error}") from error
    if len(content) > limit:
        raise UnreadableError(f"is larger than {limit >> 20} MB")
    return content


def zip_members(path: Path) -> Iterator[tuple[str, bytes | UnreadableError]]:
    """Yield each JSON member of the zip with its content, or with why it cannot be read, in the archive's order.

    Raises UnreadableError when the archive as a whole cannot be opened.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise UnreadableError(f"is not a zip archive: {error}") from error
    with archive:
        members = archive.infolist()
        if len(members) > _MEMBERS_LIMIT:
            raise UnreadableError(f"has more than {_MEMBERS_LIMIT} members")
        left = ARCHIVE_LIMIT
        for member in members:
            if member.filename.endswith(".json"):
                content = _member(archive, member)
                left -= len(content) if isinstance(content, bytes) else 0
                if left < 0:
                    raise UnreadableError(f"is larger than {ARCHIVE_LIMIT >> 30} GB")
                yield member.filename, content


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes | UnreadableError:
    if member.file_size > MEMBER_LIMIT:
        return UnreadableError(f"is larger than {MEMBER_LIMIT >> 20} MB")
    try:
        with archive.open(member) as stream:
            content = stream.read(MEMBER_LIMIT + 1)
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, ValueError) as error:
        return UnreadableError(f"cannot be read: {error}")
    return content if len(content) <= MEMBER_LIMIT else UnreadableError(f"is larger than {MEMBER_LIMIT >> 20} MB")


def check_zip(path: Path) -> None:
    """Raise UnreadableError unless `path` is a zip archive with a sound directory and JSON in it."""
    if not any(True for _ in zip_members(path)):
        raise UnreadableError("is a zip archive without records")


def check_gzip(path: Path) -> None:
    """Raise UnreadableError unless `path` decompresses to its end, within bounds."""
    size = 0
    try:
        with gzip.open(path) as stream:
            while size <= FILE_LIMIT and (chunk := stream.read(_CHUNK)):
                size += len(chunk)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableError(f"is not a whole gzip file: {error}") from error
    if size > FILE_LIMIT:
        raise UnreadableError(f"is larger than {FILE_LIMIT >> 20} MB")


def check_compressed(path: Path) -> None:
    """Raise UnreadableError unless `path` is bzip2 or zstd that decompresses to its end, within bounds."""
    with path.open("rb") as stream:
        magic = stream.read(4)
    try:
        whole = _whole_zstd(path) if magic == zstandard.FRAME_HEADER else _whole_bzip2(path)
    except (OSError, EOFError, ValueError, zstandard.ZstdError) as error:
        raise UnreadableError(f"is neither whole bzip2 nor zstd: {error}") from error
    if not whole:
        raise UnreadableError("is truncated, or no zstd archive that may be so large")


def _whole_zstd(path: Path) -> bool:
    """Tell whether the last frame of a zstd file ends; the reader of the library takes a cut one for whole."""
    size, frame = 0, zstandard.ZstdDecompressor(max_window_size=1 << 30).decompressobj()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK // 8):
            while chunk and size <= ARCHIVE_LIMIT:
                if frame.eof:
                    frame = zstandard.ZstdDecompressor(max_window_size=1 << 30).decompressobj()
                size += len(frame.decompress(chunk))
                chunk = frame.unused_data
    return frame.eof and size <= ARCHIVE_LIMIT


def _whole_bzip2(path: Path) -> bool:
    size = 0
    with bz2.open(path) as stream:
        while size <= ARCHIVE_LIMIT and (chunk := stream.read(_CHUNK)):
            size += len(chunk)
    return 0 < size <= ARCHIVE_LIMIT


def check_json(content: Path | bytes) -> None:
    """Raise UnreadableError unless a file, or these bytes, are one JSON document."""
    try:
        msgspec.json.decode(content if isinstance(content, bytes) else read_limited(content), type=msgspec.Raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UnreadableError(explain(error)) from error


def check_text(path: Path) -> None:
    """Raise UnreadableError when `path` is empty, binary, or a web page instead of a table."""
    content = read_limited(path)
    if not content.strip() or b"\0" in content or content.lstrip()[:1] == b"<":
        raise UnreadableError("is not a table")


def explain(error: Exception) -> str:
    """Return why msgspec refused a document, as a quarantine reason."""
    return f"is not valid: {error}" if isinstance(error, msgspec.MsgspecError) else str(error)
