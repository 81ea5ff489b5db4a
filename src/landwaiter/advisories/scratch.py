"""Files that are written beside the one they replace, and take its place only when they are whole.

What is half written lies in a folder of its own, `.<name>.<random>`, locked as long as it is used. Whoever is killed
leaves it behind; the next one who writes the same file finds it unlocked and removes it.
"""

import contextlib
import fcntl
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from landwaiter.errors import InputError

_LOCK = ".lock"
_UNLOCKED_SECONDS = 3600
_REMEDY = "Free some space, or choose a folder you may write to; the old file stays."


@contextlib.contextmanager
def folder_beside(path: Path) -> Iterator[Path]:
    """Give a temporary folder beside `path`, which need not exist, and remove it on the way out.

    Raises InputError when it, or what is put into it by us or by SQLite, cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(path)
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as name, _locked(Path(name)):
            yield Path(name)
    except (OSError, sqlite3.OperationalError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or error
        raise InputError(f"{path} cannot be written: {why}.", _REMEDY) from error


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary file beside `path` that takes its place on a clean way out, and is removed otherwise.

    Raises InputError when it cannot be written, by us or by SQLite.
    """
    with folder_beside(path) as folder:
        new = folder / path.name
        yield new
        with new.open("rb") as stream:
            os.fsync(stream.fileno())
        new.replace(path)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / _LOCK).open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _remove_abandoned(path: Path) -> None:
    """Remove the folders that others left behind who wrote the same file and were killed."""
    for folder in path.parent.glob(f".{_escaped(path.name)}.*"):
        with contextlib.suppress(OSError):
            if not folder.is_symlink() and folder.is_dir() and _is_abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _escaped(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _is_abandoned(folder: Path) -> bool:
    """Tell whether nobody holds the folder's lock; without a lock it may be about to get one."""
    try:
        with (folder / _LOCK).open("rb") as lock:
            return _is_free(lock)
    except FileNotFoundError:
        return time.time() - folder.stat().st_mtime > _UNLOCKED_SECONDS


def _is_free(lock: BinaryIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
