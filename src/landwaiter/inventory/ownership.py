"""Which files the distribution's packages own, and whether these still are what was installed.

Debian lists `/bin/ls` where the file is `usr/bin/ls` behind a symbolic link, so paths are compared without `usr/`.
"""

from collections.abc import Collection, Mapping

from landwaiter.inventory.filesystem import FileSystem
from landwaiter.inventory.models import ChangedFile, Evidence
from landwaiter.inventory.names import FILE_LISTS


def merged(path: str) -> str:
    """Return `path` as it compares between a system with and one without merged `/usr`."""
    return path.removeprefix("usr/")


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
