"""Java archives (jar, war, ear, par, sar, kar, jpi, hpi), and those that lie in them, to any depth within bounds.

Each `META-INF/maven/GROUP/ARTIFACT/pom.properties` is a package: of the archive itself, or shaded into it (then it may
lie in a folder of the archive, where a program keeps classes of its own). An archive that is none of these is
identified by its path, manifest and name (`identity.py`). A package that is not in the outermost archive has a path of
its own: `app.war!/WEB-INF/lib/x.jar`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from landwaiter.errors import InputError
from landwaiter.inventory.analyser import MIB, Analyser
from landwaiter.inventory.languages.java.identity import identify
from landwaiter.inventory.languages.java.metadata import (
    Coordinates,
    coordinates,
    read_manifest,
    read_pom_version,
    read_properties,
)
from landwaiter.inventory.languages.java.zipdirectory import ZipDirectory, ZipError
from landwaiter.inventory.models import Evidence, Note, PackageFact

NAME = "java-archive"
SUFFIXES = (".jar", ".war", ".ear", ".par", ".sar", ".kar", ".jpi", ".hpi")
MAX_DEPTH = 12
MAX_ENTRIES = 3_000_000
"""Entries of an archive and all archives in it, one after the other."""
MAX_LISTED = 400_000
"""Entries of one archive, which are held in memory together."""
MAX_ARCHIVES = 10_000
MAX_ARCHIVE = 256 * MIB
"""Uncompressed size of one nested archive, in bytes."""
MAX_TOTAL = 1024 * MIB
"""Bytes that are decompressed for one file of the layer."""
MAX_TEXT = 256 * 1024
MAX_NOTES = 20

_NESTED = tuple(suffix.encode() for suffix in SUFFIXES)
_MANIFEST = b"META-INF/MANIFEST.MF"
_MAVEN = b"META-INF/maven/"

_Places = dict[tuple[str, str, str], int]
"""Entries by the folder `META-INF/maven` they lie in, group and artifact."""


@dataclass
class _Walk:
    """What one file of the layer has cost so far, and what was found in it."""

    path: str
    packages: dict[PackageFact, None] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    entries: int = MAX_ENTRIES
    archives: int = MAX_ARCHIVES
    inflated: int = MAX_TOTAL

    def note(self, kind: str, reason: str, path: str) -> None:
        """Say what was not read; many notes of one file become few."""
        if len(self.notes) < MAX_NOTES:
            self.notes.append(Note(kind, reason, path[:1000]))

    def take(self, directory: ZipDirectory, index: int, limit: int, *, partly: bool = False) -> bytes:
        """Read an entry within the bounds. Raises ZipError."""
        if self.inflated <= 0:
            raise ZipError(f"more than {MAX_TOTAL:,} bytes would have to be decompressed")
        content = directory.read(index, min(limit, self.inflated), partly=partly)
        self.inflated -= len(content)
        return content


def read_archive(path: str, content: bytes) -> Evidence | None:
    """Read a Java archive and the archives in it. Raises InputError when it is no archive at all."""
    if not content:
        return Evidence(path, NAME)
    walk = _Walk(path)
    try:
        _read(walk, content, path, 0)
    except ZipError as error:
        if not path.lower().endswith(".jar") and not content.startswith(b"PK"):
            return None
        raise InputError(f"The Java archive cannot be read: {error}.") from error
    return Evidence(path, NAME, tuple(walk.packages), notes=tuple(walk.notes))


def _read(walk: _Walk, data: bytes, path: str, depth: int) -> None:
    walk.archives -= 1
    directory = ZipDirectory(data, min(walk.entries, MAX_LISTED))
    walk.entries -= len(directory)
    if not directory.complete:
        walk.note("too-many", "The archive's directory breaks off, or has more entries than are read.", path)
    for found in _artifacts(walk, directory, path):
        inner = path if depth else ""
        walk.packages.setdefault(PackageFact("maven", found.name, found.version, path=inner))
    for index, name in enumerate(directory.names):
        if name.endswith(_NESTED) or name[-4:].lower() in _NESTED:
            _nested(walk, directory, index, f"{path}!/{name.decode('utf-8', 'replace')}", depth + 1)


def _nested(walk: _Walk, directory: ZipDirectory, index: int, path: str, depth: int) -> None:
    if directory.size(index) == 0:
        return
    if depth > MAX_DEPTH:
        walk.note("too-deep", f"Archives within archives are opened to a depth of {MAX_DEPTH}.", path)
    elif walk.archives <= 0:
        walk.note("too-many", f"Of the archives in a file {MAX_ARCHIVES:,} are opened.", walk.path)
    elif directory.size(index) > MAX_ARCHIVE:
        walk.note("too-large", f"Archives within archives are opened up to {MAX_ARCHIVE:,} bytes.", path)
    else:
        try:
            _read(walk, walk.take(directory, index, MAX_ARCHIVE), path, depth)
        except ZipError as error:
            walk.note("unreadable-file", f"The Java archive cannot be read: {error}.", path)


def _artifacts(walk: _Walk, directory: ZipDirectory, path: str) -> Iterator[Coordinates]:
    """Yield the archive's own artifact, if it can be told, and those that are shaded into it."""
    properties, poms, manifest_at = _entries(directory)
    stated = [found for index in properties.values() if (found := _properties(walk, directory, index, path))]
    stated += [
        found
        for place, index in poms.items()
        if place not in properties and (found := _pom(walk, directory, index, *place[1:]))
    ]
    stem = path.rpartition("/")[2].rpartition(".")[0]
    if not any(_is_named(found, stem) for found in stated):
        manifest = _manifest(walk, directory, manifest_at)
        own, exact = identify(path, stem, manifest, directory.names)
        if (
            own
            and (exact or len(stated) != 1 or own.group)
            and own.artifact not in {found.artifact for found in stated}
        ):
            yield own
    yield from stated


def _is_named(found: Coordinates, stem: str) -> bool:
    """Tell whether a file of this name is the artifact itself (`guava.jar`, `guava-31.1-jre.jar`)."""
    return stem == found.artifact or stem.startswith((f"{found.artifact}-{found.version}", f"{found.artifact}_"))


def _entries(directory: ZipDirectory) -> tuple[_Places, _Places, int]:
    """Return where each artifact's `pom.properties` and `pom.xml` are, and where the manifest is (-1: nowhere)."""
    properties: _Places = {}
    poms: _Places = {}
    manifest = -1
    for index, name in enumerate(directory.names):
        if name == _MANIFEST or (manifest < 0 and name.upper() == _MANIFEST):
            manifest = index
        elif _MAVEN in name:
            *folder, group, artifact, last = name.decode("utf-8", "replace").split("/")
            if last == "pom.properties" and folder[-2:] == ["META-INF", "maven"]:
                properties["/".join(folder), group, artifact] = index
            elif last == "pom.xml" and folder == ["META-INF", "maven"]:
                poms["META-INF/maven", group, artifact] = index
    return properties, poms, manifest


def _properties(walk: _Walk, directory: ZipDirectory, index: int, path: str) -> Coordinates | None:
    try:
        return read_properties(walk.take(directory, index, MAX_TEXT))
    except ZipError as error:
        walk.note("unreadable-file", f"A pom.properties cannot be read: {error}.", path)
        return None


def _pom(walk: _Walk, directory: ZipDirectory, index: int, group: str, artifact: str) -> Coordinates | None:
    """Return the artifact of a `pom.xml` without `pom.properties`: its folder names it, the file the version."""
    try:
        return coordinates(group, artifact, read_pom_version(walk.take(directory, index, MAX_TEXT)))
    except ZipError:
        return None


def _manifest(walk: _Walk, directory: ZipDirectory, index: int) -> dict[str, str]:
    try:
        return read_manifest(walk.take(directory, index, MAX_TEXT, partly=True)) if index >= 0 else {}
    except ZipError:
        return {}


JAVA_ARCHIVE = Analyser(NAME, suffixes=SUFFIXES, read=read_archive, limit=640 * MIB)
