"""What the fetcher knows of each feed: `feeds.json` in the feeds folder.

A folder without the file (a mirror copied by hand) is as good as any; its feeds then date themselves.
"""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

import msgspec

from landwaiter.errors import InputError

FILE = "feeds.json"
_LOCK = ".lock"
_REMOVE = "Remove it; the feeds are then fetched afresh."


@contextlib.contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Keep a second update out of the folder. Raises InputError when one runs, or the folder cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / _LOCK).open("wb")
    except OSError as error:
        raise InputError(f"The folder {folder} cannot be made: {error.strerror}.", "Choose another one.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputError(f"Another update of {folder} is running.", "Wait for it to end.") from error
        yield


class FeedState(msgspec.Struct, frozen=True, omit_defaults=True):
    """One feed's last fetches; times are RFC 3339 UTC.

    `checked` is when the data were last fetched or confirmed unchanged, `tried` when that was last tried, `failed` why
    it failed then ("" when it did not). `address` is where it came from. `validators` hold what each address said of
    its content (ETag, Last-Modified), `newest_record` how far an incremental feed was read, `archive` which whole
    archive it was read on top of.
    """

    checked: str = ""
    tried: str = ""
    failed: str = ""
    address: str = ""
    validators: dict[str, tuple[str, str]] = {}
    newest_record: str = ""
    archive: str = ""


class _States(msgspec.Struct):
    feeds: dict[str, FeedState] = {}


def read_states(folder: Path) -> dict[str, FeedState]:
    """Return the states by feed name; empty where there is no file. Raises InputError when it is damaged."""
    path = folder / FILE
    try:
        return parse_states(path.read_bytes(), str(path))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error}.", _REMOVE) from error


def parse_states(content: bytes, name: str) -> dict[str, FeedState]:
    """Return the states by feed name. Raises InputError, which names the file."""
    try:
        return msgspec.json.decode(content, type=_States).feeds
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{name} cannot be read: {error}.", _REMOVE) from error


def write_states(folder: Path, states: dict[str, FeedState]) -> None:
    """Write the states, replacing the file atomically. Raises InputError when it cannot be written."""
    path, new = folder / FILE, folder / f".{FILE}.new"
    content = msgspec.json.format(msgspec.json.encode(_States(dict(sorted(states.items())))))
    try:
        new.write_bytes(content + b"\n")
        new.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            new.unlink()
        raise InputError(
            f"{path} cannot be written: {error.strerror or error}.",
            "Free some space, or choose a folder you may write to; the last good data stay.",
        ) from error
