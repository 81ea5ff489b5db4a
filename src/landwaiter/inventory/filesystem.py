"""The layers laid over one another, as far as evidence goes: what of it is visible in the end, and since when.

OCI image spec, layer.md, "Applying Changesets": a whiteout removes what lower layers have at its path, an opaque
whiteout what they have below its folder; neither touches the layer's own members. A file or link replaces a folder of
lower layers.
"""

from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec

from landwaiter.inventory.models import Evidence, FileFact, LayerFacts, PackageFact

_MAX_DEPTH = 256
_MAX_LINKS = 40
"""Symbolic links that are followed for one path, as in Linux (path_resolution(7))."""

V = TypeVar("V")
PackageKey = tuple[str, str, str, str, str]


def key_of(package: PackageFact) -> PackageKey:
    """Return what makes a package the same in two layers."""
    return package.type, package.name, package.version, package.arch, package.path


class Placed(msgspec.Struct):
    """The evidence at one path: `layer` wrote it last; `origins` says since when each package has been as it is."""

    evidence: tuple[Evidence, ...]
    layer: int
    origins: dict[PackageKey, int]


class FileSystem:
    """The squashed view. Apply the layers in order, lowest first."""

    def __init__(self) -> None:
        self.files: dict[str, Placed] = {}
        self.symlinks: dict[str, str] = {}
        self.setuid: dict[str, FileFact] = {}
        self.notable: dict[str, FileFact] = {}
        self.programs: dict[str, int] = {}
        """Programs that no database of their own layer claims -> layer."""
        self.dangling: list[tuple[str, int]] = []
        """Hard links with an evidence-like name whose target is nowhere."""

    def apply(self, index: int, facts: LayerFacts) -> None:
        """Lay the layer number `index` over those below."""
        self._remove(facts)
        for folder in facts.folders:
            self.symlinks.pop(self._parent_resolved(folder), None)
        self.symlinks |= {self._parent_resolved(path): target for path, target in facts.symlinks.items()}
        self._place(index, facts)
        self._link(index, facts.hardlinks)
        self._place_files(index, facts)

    def resolve(self, path: str) -> str | None:
        """Return where `path` leads when all symbolic links on the way, and it itself, are followed within the root.

        A loop, or a path deeper than `_MAX_DEPTH`, leads nowhere and gives None.
        """
        done: list[str] = []
        left = path.split("/")[::-1]
        links = 0
        while left:
            part = left.pop()
            if part in ("", "."):
                continue
            if part == "..":
                done = done[:-1]
                continue
            target = self.symlinks.get("/".join((*done, part)))
            if target is None:
                done.append(part)
                if len(done) > _MAX_DEPTH:
                    return None
                continue
            links += 1
            if links > _MAX_LINKS:
                return None
            if target.startswith("/"):
                done = []
            left.extend(target.split("/")[::-1])
        return "/".join(done)

    def _parent_resolved(self, path: str) -> str:
        """Return where the name `path` is written to: links in its folders are followed, it itself is not."""
        if not self._leads_through_link(path):
            return path
        folder, _, name = path.rpartition("/")
        resolved = self.resolve(folder)
        if resolved is None:
            return path
        return f"{resolved}/{name}" if resolved else name

    def _leads_through_link(self, path: str) -> bool:
        at = path.find("/") if self.symlinks else -1
        while at >= 0:
            if path[:at] in self.symlinks:
                return True
            at = path.find("/", at + 1)
        return False

    def _remove(self, facts: LayerFacts) -> None:
        hidden = {self._parent_resolved(path) for path in facts.whiteouts}
        hidden |= {self._parent_resolved(path) for path in (*facts.symlinks, *facts.replaced, *facts.programs)}
        emptied = {self.resolve(path) or path for path in facts.opaque} | hidden
        if not emptied:
            return
        _drop(self.files, hidden, emptied)
        _drop(self.symlinks, hidden, emptied)
        _drop(self.setuid, hidden, emptied)
        _drop(self.notable, hidden, emptied)
        _drop(self.programs, hidden, emptied)

    def _place(self, index: int, facts: LayerFacts) -> None:
        grouped: dict[str, list[Evidence]] = {}
        for evidence in facts.evidence:
            grouped.setdefault(self._parent_resolved(evidence.path), []).append(evidence)
        for path, found in grouped.items():
            self.symlinks.pop(path, None)
            before = self.files.get(path)
            self.files[path] = _placed(tuple(found), index, before.origins if before else {})

    def _link(self, index: int, links: Mapping[str, str]) -> None:
        for path, target in links.items():
            found = self.files.get(self._parent_resolved(target))
            if found:
                self.files[self._parent_resolved(path)] = _placed(found.evidence, index, {})
            else:
                self.dangling.append((path, index))

    def _place_files(self, index: int, facts: LayerFacts) -> None:
        for path in (*facts.programs, *facts.unprivileged):
            self.setuid.pop(path, None)
        self.setuid |= {fact.path: fact for fact in facts.setuid}
        self.notable |= {fact.path: fact for fact in facts.notable}
        self.programs |= dict.fromkeys(facts.programs, index)


def _placed(evidence: tuple[Evidence, ...], index: int, before: Mapping[PackageKey, int]) -> Placed:
    keys = (key_of(package) for one in evidence for package in one.packages)
    return Placed(evidence, index, {key: before.get(key, index) for key in keys})


def _drop(table: dict[str, V], hidden: set[str], emptied: set[str]) -> None:
    """Remove the paths that are hidden, and all that lie below one that is emptied."""
    for path in [path for path in table if path in hidden or _is_below(path, emptied)]:
        del table[path]


def _is_below(path: str, folders: Iterable[str]) -> bool:
    at = path.rfind("/")
    while at >= 0:
        path = path[:at]
        if path in folders:
            return True
        at = path.rfind("/")
    return "" in folders
