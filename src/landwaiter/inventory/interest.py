"""Tells quickly which files no rule can care about: almost all of a layer's."""

from landwaiter.inventory import notable, relevance, secrets
from landwaiter.inventory.accounts import PATHS as ACCOUNT_PATHS
from landwaiter.inventory.dispatch import Dispatch

_REMEMBERED = 50_000


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
