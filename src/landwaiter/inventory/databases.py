"""Which package databases and which release file speak for an image, once its layers lie over one another.

A root is where a distribution lies: "" for the image itself, a folder for a second one in it (a chroot). Symbolic
links are followed from the places where the package managers look.
"""

from collections.abc import Iterator

import msgspec

from landwaiter.inventory import names
from landwaiter.inventory.filesystem import FileSystem, Placed
from landwaiter.inventory.models import Evidence, OsRelease, PackageFact

_APK = ("lib/apk/db/installed", "usr/lib/apk/db/installed")
_RPM_FOLDERS = ("var/lib/rpm", "usr/lib/sysimage/rpm", "usr/share/rpm")
_RPM_FILES = ("rpmdb.sqlite", "rpmdb.sqlite-wal", "Packages.db", "Packages")
_MANIFEST = "var/lib/rpmmanifest/container-manifest-2"
_STATUS = "var/lib/dpkg/status"
_STATUS_D = "var/lib/dpkg/status.d"
_PACMAN = "var/lib/pacman/local"
_CHISEL = "var/lib/chisel/manifest.wall"
_PLACES = (
    _STATUS,
    f"{_STATUS_D}/",
    *_APK,
    *(f"{folder}/{name}" for folder in _RPM_FOLDERS for name in _RPM_FILES),
    _MANIFEST,
    _CHISEL,
    f"{_PACMAN}/",
)


class Found(msgspec.Struct, frozen=True):
    """One evidence that lists packages of the distribution, and where it lies."""

    path: str
    placed: Placed
    evidence: Evidence

    def packages(self) -> tuple[PackageFact, ...]:
        """Return the packages it lists."""
        return self.evidence.packages


def _at(files: FileSystem, path: str, root: str) -> Iterator[Found]:
    resolved = files.resolve(root + path)
    placed = files.files.get(resolved) if resolved else None
    if resolved and placed:
        yield from (Found(resolved, placed, one) for one in placed.evidence if one.analyser in names.DATABASES)


def _below(files: FileSystem, folder: str, root: str, analyser: str) -> Iterator[Found]:
    prefix = f"{files.resolve(root + folder) or root + folder}/"
    for path in sorted(path for path in files.files if path.startswith(prefix)):
        placed = files.files[path]
        yield from (Found(path, placed, one) for one in placed.evidence if one.analyser == analyser)


def _rpm(files: FileSystem, root: str) -> list[Found]:
    """Return the rpm databases in use: in each folder the newest kind that holds packages; else the manifest."""
    chosen: dict[str, Found] = {}
    for folder in _RPM_FOLDERS:
        found = [one for name in _RPM_FILES for one in _at(files, f"{folder}/{name}", root)]
        holding = [one for one in found if one.packages()]
        # What cannot be read stays in the list, so that it is told.
        used = holding[:1] + [one for one in found if one.evidence.unreadable]
        chosen |= {one.path: one for one in used or found[:1]}
    if any(one.packages() for one in chosen.values()):
        return list(chosen.values())
    return [*chosen.values(), *_at(files, _MANIFEST, root)]


def find_databases(files: FileSystem, root: str = "") -> list[Found]:
    """Return the package databases of the distribution at `root` ("" or a folder with a slash at its end)."""
    found: dict[tuple[str, str], Found] = {}
    candidates = [
        *_at(files, _STATUS, root),
        *_below(files, _STATUS_D, root, names.DPKG_STATUS_D),
        *_at(files, _CHISEL, root),
        *(one for path in _APK for one in _at(files, path, root)),
        *_rpm(files, root),
        *_below(files, _PACMAN, root, names.PACMAN),
    ]
    for one in candidates:
        found.setdefault((one.path, one.evidence.analyser), one)
    return list(found.values())


def find_release(files: FileSystem, root: str = "") -> tuple[OsRelease | None, str]:
    """Return the distribution at `root`, and why its best release file could not be read ("" when it could)."""
    unreadable = ""
    for source in names.RELEASE_FILES:
        placed = files.files.get(files.resolve(root + source) or "")
        for one in placed.evidence if placed else ():
            if one.os_release:
                return one.os_release, unreadable
            unreadable = unreadable or one.unreadable
    return None, unreadable


def other_roots(files: FileSystem, known: set[str]) -> list[str]:
    """Return the folders that hold a second distribution: those above a database not among the `known` paths."""
    roots: set[str] = set()
    for path, placed in files.files.items():
        if path in known or not any(one.analyser in names.DATABASES and one.packages for one in placed.evidence):
            continue
        for place in _PLACES:
            at = path.find(f"/{place}")
            if at > 0 and (place.endswith("/") or path.endswith(place)):
                roots.add(path[: at + 1])
    return sorted(roots)
