"""Which files the distribution's packages own, and whether these still are what was installed.

Debian lists `/bin/ls` where the file is `usr/bin/ls` behind a symbolic link, so paths are compared without `usr/`.
"""

from collections.abc import Collection, Iterable, Mapping

import msgspec

from landwaiter.inventory import bounds
from landwaiter.inventory.databases import FILE_LISTS
from landwaiter.inventory.dispatch import Dispatch
from landwaiter.inventory.filesystem import FileSystem
from landwaiter.inventory.models import ChangedFile, Evidence, Note
from landwaiter.inventory.relevance import is_program


def merged(path: str) -> str:
    """Return `path` as it compares between a system with and one without merged `/usr`."""
    return path.removeprefix("usr/")


def restrict_owned(
    evidence: tuple[Evidence, ...], programs: Iterable[str], dispatch: Dispatch, databases: Collection[str]
) -> tuple[tuple[Evidence, ...], tuple[str, ...]]:
    """Reduce what package databases own to the paths that may be evidence of something else, or programs.

    `databases` are the names of the distributions' own analysers, whose files are not in question. Returns the
    evidence, and those of `programs` that no database of the layer claims.
    """
    found = {merged(one.path) for one in evidence if one.analyser not in databases}
    claimed = {merged(path) for one in evidence for path in one.owned}
    left = bounds.MAX_OWNED
    reduced: list[Evidence] = []
    for one in evidence:
        if not one.owned:
            reduced.append(one)
            continue
        kept = {
            path: owner
            for path, owner in one.owned.items()
            if is_program(path) or merged(path) in found or _may_be_evidence(path, dispatch, databases)
        }
        left -= len(kept)
        reduced.append(with_owned(one, kept) if left >= 0 else _without_owned(one))
    return tuple(reduced), tuple(path for path in programs if merged(path) not in claimed)


def _may_be_evidence(path: str, dispatch: Dispatch, databases: Collection[str]) -> bool:
    analyser = dispatch.choose(path)
    return analyser is not None and analyser.name not in databases


def with_owned(evidence: Evidence, owned: dict[str, str]) -> Evidence:
    """Return `evidence` owning no more than `owned`, with their digests."""
    recorded = evidence.owned_digests
    return msgspec.structs.replace(
        evidence, owned=owned, owned_digests={path: recorded[path] for path in owned if path in recorded}
    )


def _without_owned(evidence: Evidence) -> Evidence:
    note = Note("too-many", "The package databases of the layer own more files than are kept.", evidence.path)
    return msgspec.structs.replace(evidence, owned={}, owned_digests={}, notes=(*evidence.notes, note))


class Owners:
    """Who owns which path in the final image, according to its package databases.

    `since` says from which layer on each of the distribution's packages has been installed as it is.
    """

    def __init__(self, files: FileSystem, since: Mapping[str, int]) -> None:
        self._since = since
        self._owners: dict[str, str] = {}
        self._digests: dict[str, list[str]] = {}
        for placed in files.files.values():
            for evidence in placed.evidence:
                if evidence.owned and evidence.analyser in FILE_LISTS:
                    self._add(evidence)

    def _add(self, evidence: Evidence) -> None:
        for path, owner in evidence.owned.items():
            if owner in self._since:
                self._owners[merged(path)] = owner
        for path, digest in evidence.owned_digests.items():
            self._digests.setdefault(merged(path), []).append(digest)

    def owner_of(self, path: str) -> str | None:
        """Return the package that owns `path`, None where nobody does."""
        return self._owners.get(merged(path))

    def is_changed(self, path: str, layer: int, digests: Collection[str] = ()) -> bool:
        """Tell whether an owned file is not what its package installed.

        By digest where both are known; else a file is changed that a later layer wrote than the one that installed the
        package.
        """
        recorded = self._digests.get(merged(path), ())
        algorithms = {digest.partition(":")[0] for digest in digests}
        comparable = [digest for digest in recorded if digest.partition(":")[0] in algorithms]
        if comparable:
            return not any(digest in digests for digest in comparable)
        owner = self.owner_of(path)
        return owner is not None and layer > self._since[owner]

    def changed_programs(self, programs: Mapping[str, int]) -> list[ChangedFile]:
        """Return the programs (path -> layer that wrote it) that a layer wrote after their package was installed."""
        found = []
        for path, layer in programs.items():
            owner = self.owner_of(path)
            if owner is not None and layer > self._since[owner]:
                found.append(ChangedFile(path, owner, layer))
        return found
