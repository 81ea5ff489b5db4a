"""Cursors of paged lists: what the last row of a page sorted by, opaque to the caller."""

import base64
import binascii
from typing import TypeVar

import msgspec

from landwaiter.errors import InputError

T = TypeVar("T")
DEFAULT, MOST = 50, 500
"""Rows of a page."""


def cursor_of(*position: object) -> str:
    """Return the cursor for a position: the values that the list is sorted by."""
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")


def position_of(cursor: str, kind: type[T]) -> T:
    """Return the position that a cursor names, of the tuple type `kind`. Raises InputError when it is not ours.

    A cursor comes from the caller: numbers must fit the 64 bits of a column, text must be such as PostgreSQL takes.
    """
    try:
        position = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=kind)
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        position = None
    if isinstance(position, tuple) and all(_fits(part) for part in position):
        return position
    raise InputError("The cursor is not one of ours.", "Take `next` of the page before, unchanged.")


def _fits(part: object) -> bool:
    if isinstance(part, int):
        return -(2**63) <= part < 2**63
    return not isinstance(part, str) or "\x00" not in part
