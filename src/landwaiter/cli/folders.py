"""Where the command line keeps its things: the XDG base directories, or LANDWAITER_HOME for all of it."""

import os
from pathlib import Path


def data_folder() -> Path:
    """Return the folder of what must be kept: bundle, keys, the platform's data."""
    home = os.environ.get("LANDWAITER_HOME")
    if home:
        return Path(home)
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "landwaiter"


def cache_folder() -> Path:
    """Return the folder of what can be made again: layer facts, downloads."""
    home = os.environ.get("LANDWAITER_HOME")
    if home:
        return Path(home) / "cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "landwaiter"


def default_bundle() -> Path:
    """Return the path of the advisory bundle that `landwaiter feeds` keeps and `landwaiter scan` reads."""
    return data_folder() / "bundle" / "advisories.sqlite"
