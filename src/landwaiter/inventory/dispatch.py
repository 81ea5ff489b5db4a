"""Finds the analyser of a path. Asked for every member of every layer, so it looks up and does not search."""

from collections.abc import Sequence

from landwaiter.inventory.analyser import Analyser

_Ranked = tuple[int, str, Analyser]
"""Place in the list of analysers, the suffix that must match ("" for any), the analyser."""


class Dispatch:
    """The choices of all analysers, indexed by what they choose by."""

    def __init__(self, analysers: Sequence[Analyser]) -> None:
        self.executables = tuple(analyser for analyser in analysers if analyser.executables)
        self._paths: dict[str, tuple[_Ranked, ...]] = {}
        self._basenames: dict[str, tuple[_Ranked, ...]] = {}
        self._folders: dict[str, tuple[_Ranked, ...]] = {}
        self._parents: dict[str, tuple[_Ranked, ...]] = {}
        self._suffixes: dict[str, tuple[_Ranked, ...]] = {}
        for rank, analyser in enumerate(analysers):
            self._add(rank, analyser)
        self.names = frozenset(self._basenames) | {path.rpartition("/")[2] for path in self._paths}
        """Names of files that may be chosen for their name."""
        self.suffixes = frozenset(self._suffixes)
        """Last suffixes of files that may be chosen for their suffix, in lower case."""

    def _add(self, rank: int, analyser: Analyser) -> None:
        for index, keys in (
            (self._paths, analyser.paths),
            (self._basenames, analyser.basenames),
            (self._folders, analyser.folders),
            (self._parents, analyser.parents),
        ):
            for key in keys:
                index[key] = (*index.get(key, ()), (rank, "", analyser))
        for suffix in analyser.suffixes:
            last = suffix[suffix.rindex(".") :]
            self._suffixes[last] = (*self._suffixes.get(last, ()), (rank, suffix, analyser))

    def choose(self, path: str) -> Analyser | None:
        """Return the analyser that chooses `path` by its name alone, or None."""
        folder, _, name = path.rpartition("/")
        none: tuple[_Ranked, ...] = ()
        dot = name.rfind(".")
        candidates = (
            self._basenames.get(name, none)
            + (self._suffixes.get(name[dot:].lower(), none) if dot >= 0 else none)
            + self._parents.get(folder[folder.rfind("/") + 1 :], none)
            + self._folders.get(folder, none)
            + self._paths.get(path, none)
        )
        return self._first(path, candidates) if candidates else None

    def folder_matters(self, folder: str) -> bool:
        """Tell whether some file in the folder of this path may be chosen for it."""
        return folder in self._folders or folder[folder.rfind("/") + 1 :] in self._parents

    @staticmethod
    def _first(path: str, candidates: tuple[_Ranked, ...]) -> Analyser | None:
        for _, suffix, analyser in sorted(candidates, key=lambda ranked: ranked[0]):
            if path.lower().endswith(suffix) and (analyser.wants is None or analyser.wants(path)):
                return analyser
        return None

    def executable(self, path: str) -> tuple[Analyser, ...]:
        """Return the analysers that want an executable file at `path`, should its first bytes be right."""
        return tuple(analyser for analyser in self.executables if analyser.wants is None or analyser.wants(path))
