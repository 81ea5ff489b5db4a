"""Progress that is quiet when nobody looks."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from landwaiter.printable import printable

if TYPE_CHECKING:
    from rich.status import Status


@contextmanager
def progress(text: str) -> Iterator["Status | None"]:
    """Show a spinner with `text` on standard error while the block runs; nothing when it is not a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    with Console(stderr=True).status(printable(text)) as status:
        yield status
