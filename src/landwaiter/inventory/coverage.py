"""What was understood of an image and what was not. "Nothing found" is never said of what was not looked at."""

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from landwaiter.inventory.databases import Found, find_release
from landwaiter.inventory.filesystem import FileSystem
from landwaiter.inventory.models import Coverage, Evidence, LayerFacts, Note, OsRelease, Package
from landwaiter.inventory.names import DATABASES, OS_RELEASE, UNREAD_MANAGERS

_MAX_NOTES = 500


def _of_layers(facts: Sequence[LayerFacts]) -> Iterable[Note]:
    for index, layer in enumerate(facts):
        for note in layer.notes:
            yield msgspec.structs.replace(note, layer=index)


def _of_evidence(evidence: Evidence, path: str, layer: int) -> Iterable[Note]:
    for note in evidence.notes:
        yield msgspec.structs.replace(note, path=note.path or path, layer=layer)
    if evidence.unreadable and not evidence.notes:
        kind = "unreadable-database" if evidence.analyser in DATABASES else "unreadable-file"
        yield Note(kind, evidence.unreadable, path, layer)


def _of_files(files: FileSystem, databases: Sequence[Found]) -> Iterable[Note]:
    """Yield what was not understood of the files in the final image; databases count only where they speak for it."""
    speaking = {found.path for found in databases}
    for path, placed in files.files.items():
        for evidence in placed.evidence:
            if evidence.analyser == OS_RELEASE or (evidence.analyser in DATABASES and path not in speaking):
                continue
            yield from _of_evidence(evidence, path, placed.layer)
    for path, layer in files.dangling:
        yield Note("unreadable-file", "It is a hard link to a file that no layer up to its own has.", path, layer)


def _traces(facts: Sequence[LayerFacts]) -> list[str]:
    return list(dict.fromkeys(trace for layer in facts for trace in layer.traces))


def _unread_managers(traces: Sequence[str]) -> Iterable[Note]:
    for trace in traces:
        path, _, name = trace.rpartition(" (")
        if name.rstrip(")") in UNREAD_MANAGERS:
            yield Note("unsupported", f"Packages that {name.rstrip(')')} installed are not read.", path)


def _of_distribution(
    release: OsRelease | None,
    unreadable: str,
    databases: Sequence[Found],
    traces: Sequence[str],
    packages: Sequence[Package],
) -> Iterable[Note]:
    """Yield what is amiss with the distribution: its name, its database, or both are missing."""
    if release is None and unreadable:
        yield Note(
            "unreadable-file", f"The file that names the distribution cannot be read: {unreadable}", "etc/os-release"
        )
    if release is None and databases:
        yield Note(
            "unknown-os", "There is a package database, but no file that names the distribution.", databases[0].path
        )
    elif release is None and traces:
        seen = "; ".join(traces[:3])
        yield Note(
            "no-os", f"Parts of an operating system are there, but neither its name nor a package database: {seen}."
        )
    elif release is None and not packages:
        yield Note("no-os", "There is no operating system and no package that is known to us.")
    if release is not None:
        name = release.pretty_name or release.id
        if not databases:
            yield Note("unreadable-database", f"The image is {name}, but has no package database that is known to us.")
        elif not any(found.packages() or found.evidence.unreadable for found in databases):
            yield Note("unreadable-database", f"The package database of {name} lists no package.", databases[0].path)


def coverage_of(
    files: FileSystem,
    facts: Sequence[LayerFacts],
    databases: Sequence[Found],
    packages: Sequence[Package],
    others: Iterable[Note],
) -> Coverage:
    """Return the coverage of the image; `others` are notes of those who looked at more than one file."""
    release, unreadable = find_release(files)
    traces = _traces(facts)
    notes = [
        *_of_distribution(release, unreadable, databases, traces, packages),
        *others,
        *_unread_managers(traces),
        *_of_layers(facts),
        *_of_files(files, databases),
    ]
    if len(notes) > _MAX_NOTES:
        rest = len(notes) - _MAX_NOTES
        notes = [*notes[:_MAX_NOTES], Note("too-many", f"{rest:,} further notes are left out.")]
    types = Counter(package.type for package in packages)
    return Coverage(not notes, tuple(notes), dict(sorted(types.items())))
