"""Interpreters for the code that runs in the sandbox: this one's, without the packages installed beside it.

A Lambda function must find what AWS's runtime gives it and its own zip, a build its source zip; `landwaiter` from this
environment would hide what is missing there. `-S` leaves out every site-packages folder.
"""

import importlib.util
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

# What AWS's Python runtime brings along: the runtime client, boto3, and what those two import.
_RUNTIME_MODULES = (
    "awslambdaric",
    "runtime_client",
    "snapshot_restore_py",
    "simplejson",
    "boto3",
    "botocore",
    "s3transfer",
    "jmespath",
    "dateutil",
    "six",
    "urllib3",
)


def base_python() -> str:
    """The interpreter that this environment was made from, or this one where it is no virtual environment."""
    return str(getattr(sys, "_base_executable", "") or sys.executable)


def python_command() -> list[str]:
    """The words that run Python without site-packages and without the user's own; PYTHONPATH counts."""
    return [base_python(), "-S", "-s"]


def lambda_runtime(folder: Path) -> Path:
    """Make the folder of modules that a Lambda function finds besides its own: links into this environment."""

    def fill(place: Path) -> None:
        for name in _RUNTIME_MODULES:
            spec = importlib.util.find_spec(name)
            if spec is not None and spec.origin is not None:
                origin = Path(spec.origin)
                source = origin.parent if spec.submodule_search_locations else origin
                (place / source.name).symlink_to(source)

    return _made_once(folder, fill)


def command_folder(folder: Path) -> Path:
    """Make the folder of commands that a build finds first on its PATH: python3 and python."""

    def fill(place: Path) -> None:
        words = " ".join(f"'{word}'" for word in python_command())
        for name in ("python3", "python"):
            command = place / name
            command.write_text(f'#!/bin/sh\nexec {words} "$@"\n', encoding="utf-8")
            command.chmod(0o755)

    return _made_once(folder, fill)


def _made_once(folder: Path, fill: Callable[[Path], None]) -> Path:
    """Make a folder as a whole, so that those who come at the same time never see half of it."""
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(dir=folder.parent))
        partial.chmod(0o755)
        fill(partial)
        try:
            partial.rename(folder)
        except OSError:
            # Somebody else was first.
            shutil.rmtree(partial)
    return folder
