"""Leaving out listed versions that a range holds anyway: most records list every version that ever was (`versions`).

A bundle is smaller for it, and matching need not compare with hundreds of versions to find that none is meant.
"""

from bisect import bisect_right
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

import msgspec

from landwaiter.advisories.ecosystems import scheme_of
from landwaiter.advisories.models import Affected
from landwaiter.versions import InvalidVersionError, SortKey, sort_key
from landwaiter.versions.ranges import EVERYTHING, Range


def without_covered(affected: Affected) -> Affected:
    """Return the statement without the listed versions that surely lie in one of its ranges."""
    if not affected.versions or not affected.ranges:
        return affected
    scheme = scheme_of(affected.ecosystem)
    stretches = [found for item in affected.ranges if (found := _stretches(scheme, item)) is not None]
    kept = tuple(version for version in affected.versions if not _covered(scheme, version, stretches))
    return msgspec.structs.replace(affected, versions=kept)


class _Stretches(NamedTuple):
    """A range's events in order: what holds after each, and whether it holds from the first version on."""

    keys: list[SortKey]
    affected: list[bool]
    from_the_first: bool


def _stretches(scheme: str, of: Range) -> _Stretches | None:
    """Return a range's stretches.

    None, so that it covers nothing, for a range with a limit, with an event that cannot be read, or with two events at
    one version: which of them holds is for `landwaiter.versions.ranges` to say.
    """
    found: list[tuple[SortKey, bool]] = []
    for event in of.events:
        version = event.introduced or event.fixed or event.last_affected
        if version is None or event.limit is not None:
            return None
        if event.introduced != EVERYTHING:
            try:
                found.append((sort_key(scheme, version), event.introduced is not None))
            except InvalidVersionError:
                return None
    found.sort(key=itemgetter(0))
    keys = [key for key, _ in found]
    if not all(before < after for before, after in pairwise(keys)):
        return None
    return _Stretches(keys, [after for _, after in found], any(e.introduced == EVERYTHING for e in of.events))


def _covered(scheme: str, version: str, ranges: list[_Stretches]) -> bool:
    try:
        key = sort_key(scheme, version)
    except InvalidVersionError:
        return False
    for item in ranges:
        at = bisect_right(item.keys, key)
        if item.affected[at - 1] if at else item.from_the_first:
            return True
    return False
