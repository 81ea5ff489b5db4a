"""From the facts of an image's layers to its inventory: one pure function for job, CLI and platform."""

from collections.abc import Iterator, Sequence

from landwaiter.errors import InputError
from landwaiter.images.models import Image
from landwaiter.inventory.base import layer_summaries
from landwaiter.inventory.coverage import coverage_of
from landwaiter.inventory.databases import Found, find_databases, find_release, other_roots
from landwaiter.inventory.filesystem import FileSystem, PackageKey, key_of
from landwaiter.inventory.models import (
    Account,
    ChangedFile,
    FileEvidence,
    ImageSummary,
    Inventory,
    LayerFacts,
    Note,
    OsRelease,
    SecretFact,
)
from landwaiter.inventory.names import DATABASES, DPKG_COPYRIGHT, PASSWD, SHADOW
from landwaiter.inventory.ownership import Owners
from landwaiter.inventory.packages import PackageList

_MAX_SECRETS = 2000
_MAX_CHANGED = 1000


class _Image:
    """The image while its layers are laid over one another."""

    def __init__(self, facts: Sequence[LayerFacts]) -> None:
        self.files = FileSystem()
        self.since: dict[PackageKey, int] = {}
        """Since which layer each of the distribution's packages has been installed as it is."""
        self.databases: list[Found] = []
        for index, layer in enumerate(facts):
            self.files.apply(index, layer)
            if index == 0 or _touches_databases(layer):
                self.databases = find_databases(self.files)
                keys = (key_of(package) for found in self.databases for package in found.packages())
                self.since = {key: self.since.get(key, index) for key in keys}
        self.release = find_release(self.files)[0]

    def owners(self) -> Owners:
        """Return who owns which file; of a package that is installed in several versions, the oldest layer counts."""
        since: dict[str, int] = {}
        for (_, name, *_), layer in self.since.items():
            since[name] = min(layer, since.get(name, layer))
        return Owners(self.files, since)

    def licenses(self) -> dict[str, tuple[str, ...]]:
        """Return the licences of Debian's packages by name, from their copyright files."""
        return {
            path.split("/")[-2]: evidence.licenses
            for path, placed in self.files.files.items()
            for evidence in placed.evidence
            if evidence.analyser == DPKG_COPYRIGHT
        }


def _touches_databases(layer: LayerFacts) -> bool:
    if layer.whiteouts or layer.opaque or layer.symlinks or layer.replaced or layer.folders or layer.hardlinks:
        return True
    return any(evidence.analyser in DATABASES for evidence in layer.evidence)


def _same(release: OsRelease | None, other: OsRelease | None) -> bool:
    """Tell whether a second root is of the image's own distribution."""
    if release is None or other is None:
        return False
    return (release.id, release.version_id) == (other.id, other.version_id)


def _add_other_roots(image: _Image, packages: PackageList) -> Iterator[Note]:
    """Add the packages of further roots of the same distribution; yield notes of those of another one."""
    known = {found.path for found in image.databases}
    kinds = {package.type for found in image.databases for package in found.packages()}
    for root in other_roots(image.files, known):
        databases = find_databases(image.files, root)
        release = find_release(image.files, root)[0]
        of_kind = kinds.issuperset(package.type for found in databases for package in found.packages())
        if of_kind and _same(image.release, release):
            for found in databases:
                packages.add_database(found, found.placed.origins)
            continue
        count = sum(len(found.packages()) for found in databases)
        name = (release.pretty_name or release.id) if release else "an unknown distribution"
        reason = f"A second root file system holds {count:,} packages of {name}, which are not in the inventory."
        yield Note("unsupported", reason, root.rstrip("/"), databases[0].placed.layer if databases else None)


def _add_languages(files: FileSystem, owners: Owners, packages: PackageList) -> Iterator[ChangedFile]:
    """Add all packages that are not the distribution's; yield the owned files that are not as they were installed."""
    for path, placed in files.files.items():
        for evidence in placed.evidence:
            if evidence.analyser in DATABASES or not evidence.packages:
                continue
            owner = owners.owner_of(path)
            if owner is not None and owners.is_changed(path, placed.layer, evidence.digests):
                yield ChangedFile(path, owner, placed.layer)
                owner = None
            packages.add_evidence(path, placed, evidence, owner)


def _accounts(facts: Sequence[LayerFacts], path: str) -> tuple[Account, ...] | None:
    """Return the accounts of the topmost layer that has the file; None where it is missing."""
    for layer in reversed(facts):
        if path in layer.accounts:
            return layer.accounts[path]
        if path in layer.whiteouts or "etc" in layer.whiteouts or "etc" in layer.opaque or "" in layer.opaque:
            return None
    return None


def _secrets(facts: Sequence[LayerFacts]) -> tuple[SecretFact, ...]:
    found = dict.fromkeys(secret for layer in facts for secret in layer.secrets)
    return tuple(found)[:_MAX_SECRETS]


def coalesce(image: Image, facts: Sequence[LayerFacts]) -> Inventory:
    """Return the inventory of `image`, whose layers have `facts`, in layer order.

    Raises InputError when the facts are not those of the image's layers.
    """
    if [layer.diff_id for layer in facts] != [layer.diff_id for layer in image.layers]:
        raise InputError("The layer facts are not those of the image's layers.", "Scan the image again.")
    seen = _Image(facts)
    packages = PackageList(seen.release, seen.licenses())
    for found in seen.databases:
        packages.add_database(found, seen.since)
    owners = seen.owners()
    changed = list(_add_languages(seen.files, owners, packages))
    changed += owners.changed_programs(seen.files.programs)
    notes = list(_add_other_roots(seen, packages))
    listed = packages.finish()
    return Inventory(
        image=ImageSummary(
            image.reference, image.digest, image.platform, layer_summaries(image), image.config, image.index_digest
        ),
        os=seen.release,
        packages=listed,
        coverage=coverage_of(seen.files, facts, seen.databases, listed, notes),
        files=_file_evidence(seen.files, facts, changed),
    )


def _file_evidence(files: FileSystem, facts: Sequence[LayerFacts], changed: list[ChangedFile]) -> FileEvidence:
    passwd = _accounts(facts, PASSWD)
    return FileEvidence(
        setuid=tuple(fact for _, fact in sorted(files.setuid.items())),
        accounts=passwd or (),
        shadow=_accounts(facts, SHADOW) or (),
        notable=tuple(fact for _, fact in sorted(files.notable.items())),
        secrets=_secrets(facts),
        has_passwd=passwd is not None,
        changed=tuple(sorted(changed, key=lambda one: (one.path, one.layer))[:_MAX_CHANGED]),
    )
