"""Tells quickly which files no rule can care about: almost all of a layer's."""

from landwaiter.images.tarheader import normalise
from landwaiter.inventory import notable, relevance, secrets
from landwaiter.inventory.accounts import PATHS as ACCOUNT_PATHS
from landwaiter.inventory.dispatch import Dispatch

_REMEMBERED = 50_000
_WHITEOUT = b".wh."
TELLING_MODE = 0o6000 | 0o111 | 0o002
"""A file with any of these bits (setuid, setgid, execute, writable by all) is looked at whatever its name."""


class Interest:
    """Whether a path may matter to any analyser or rule, judged by its name and its folder.

    The names and suffixes of all rules are put together into one set each. What was decided of a folder is remembered,
    as it has many files.
    """

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch
        accounts = frozenset(path.rpartition("/")[2] for path in ACCOUNT_PATHS)
        self._names = dispatch.names | notable.NAMES | secrets.NAMES | relevance.NAMES | accounts
        self._suffixes = dispatch.suffixes | notable.SUFFIXES | secrets.SUFFIXES | relevance.SUFFIXES
        self._starts = secrets.STARTS + relevance.STARTS
        self._folders: dict[str, bool] = {}
        self._raw_names = {name.encode() for name in self._names} | {b"", b".", b".."}
        self._raw_suffixes = frozenset(suffix.encode() for suffix in self._suffixes)
        self._raw_starts = (_WHITEOUT, *(start.encode() for start in self._starts))
        self._raw_folders: dict[bytes, bool] = {}

    def ignores(self, name_field: bytes, mode: int) -> bool:
        """Tell whether no rule can want a regular file with this name field of a tar header and this mode.

        Of what is ignored `may_matter` would be False. It works on the bytes, as most files need no more than this.
        """
        if mode & TELLING_MODE:
            return False
        path = name_field.rstrip(b"\0")
        folder, _, name = path.rpartition(b"/")
        if name in self._raw_names or name.startswith(self._raw_starts):
            return False
        dot = name.rfind(b".")
        if dot >= 0 and name[dot:].lower() in self._raw_suffixes:
            return False
        by_folder = self._raw_folders.get(folder)
        if by_folder is None:
            by_folder = self._judge_raw(folder)
        return not by_folder and path.isascii() and b"\0" not in name

    def remember(self, path: str) -> None:
        """Ignore no further file of this name: there is evidence at `path`, which another member may replace."""
        if len(self._raw_names) < _REMEMBERED:
            self._raw_names.add(path[path.rfind("/") + 1 :].encode())

    def _judge_raw(self, field: bytes) -> bool:
        if len(self._raw_folders) >= _REMEMBERED:
            self._raw_folders.clear()
        folder = normalise(field.decode("ascii", "replace"))
        known = folder is None or b"\0" in field or self._judge(folder)
        self._raw_folders[field] = known
        return known

    def may_matter(self, path: str) -> bool:
        """Return False only where no rule wants a file of this path, whatever is in it."""
        folder, _, name = path.rpartition("/")
        if name in self._names or name.startswith(self._starts):
            return True
        dot = name.rfind(".")
        if dot >= 0 and name[dot:].lower() in self._suffixes:
            return True
        by_folder = self._folders.get(folder)
        return self._judge(folder) if by_folder is None else by_folder

    def _judge(self, folder: str) -> bool:
        if len(self._folders) >= _REMEMBERED:
            self._folders.clear()
        known = (
            self._dispatch.folder_matters(folder) or notable.folder_matters(folder) or relevance.folder_matters(folder)
        )
        self._folders[folder] = known
        return known
