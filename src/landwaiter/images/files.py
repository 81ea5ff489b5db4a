"""Opening local files that others wrote: never a pipe or a device, errors in a person's words."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from landwaiter.errors import InputError
from landwaiter.images.sources import FileSlice


@contextmanager
def open_slice(path: Path) -> Iterator[FileSlice]:
    """Open a regular file as a slice of its whole; raises InputError when it is missing, not readable or no file."""
    descriptor, size = open_regular(path)
    try:
        yield FileSlice(descriptor, 0, size)
    finally:
        os.close(descriptor)


def open_regular(path: Path) -> tuple[int, int]:
    """Open a regular file; return its descriptor and size in bytes. Raises InputError."""
    try:
        # Without O_NONBLOCK the mere opening of a named pipe would wait for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"{path} cannot be opened: {reason}.") from error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise InputError(f"{path} is not a regular file.")
    return descriptor, status.st_size


def read_document(path: Path, limit: int) -> bytes:
    """Return the content of a small file; raises InputError when it is longer than `limit` bytes or cannot be read."""
    with open_slice(path) as source:
        content = b"".join(source.chunks()) if source.length <= limit else None
    if content is None:
        raise InputError(f"{path} is larger than {limit:,} bytes, too large for what it is meant to be.")
    return content
