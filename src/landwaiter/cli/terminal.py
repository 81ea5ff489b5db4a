"""What the commands share of the terminal: printable text and progress that is quiet when nobody looks."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.status import Status


def printable(text: str) -> str:
    """Return `text` without control characters, so that no name of a stranger's package can steer the terminal."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "�" for letter in text)


@contextmanager
def progress(text: str) -> Iterator["Status | None"]:
    """Show a spinner with `text` on standard error while the block runs; nothing when it is not a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    with Console(stderr=True).status(printable(text)) as status:
        yield status
