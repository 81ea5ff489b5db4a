"""Reduces what the package databases of a layer own to what coalescing can make use of."""

from collections.abc import Collection, Iterable

import msgspec

from landwaiter.inventory import bounds
from landwaiter.inventory.dispatch import Dispatch
from landwaiter.inventory.models import Evidence, Note
from landwaiter.inventory.ownership import merged
from landwaiter.inventory.relevance import is_program


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
