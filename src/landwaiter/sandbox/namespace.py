"""A view of the file system of a child's own: folders laid over system ones, for that child only.

Lambda unpacks layers at /opt. Here their folder is bind-mounted on /opt in a private mount namespace,
mount_namespaces(7); that needs root or unprivileged user namespaces. Where the kernel refuses both, there is no such
view and the caller falls back to telling the child the real path.
"""

import functools
import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

_WAYS = (
    ("unshare", "--mount", "--propagation", "private"),
    ("unshare", "--user", "--map-root-user", "--mount", "--propagation", "private"),
)
_SCRIPT = 'while [ "$1" != -- ]; do mount --bind "$1" "$2" || exit 125; shift 2; done; shift; exec "$@"'


def bind_command(folders: Mapping[Path, str]) -> list[str] | None:
    """The words to put before a command so that it sees each folder (or file) at its place.

    None when this machine cannot do that, because the kernel refuses or a place does not exist.
    """
    way = _way()
    if way is None or not all(Path(place).exists() for place in folders.values()):
        return None
    pairs = [word for source, place in folders.items() for word in (str(source), place)]
    return [*way, "/bin/sh", "-c", _SCRIPT, "sh", *pairs, "--"]


@functools.cache
def _way() -> tuple[str, ...] | None:
    """The first way of making a mount namespace that works here, tried out once."""
    with tempfile.TemporaryDirectory() as folder:
        for way in _WAYS:
            command = [*way, "/bin/sh", "-c", 'mount --bind "$0" "$0"', folder]
            try:
                # The fixed path keeps a stranger's `mount` out; the rest of our environment is of no use to it.
                tried = subprocess.run(command, capture_output=True, timeout=10, check=False, env={"PATH": os.defpath})
            except (OSError, subprocess.TimeoutExpired):
                continue
            if tried.returncode == 0:
                return way
    return None
