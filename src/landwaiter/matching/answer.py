"""The answer of `explain` in words, and which gaps of the data stand in the way of "not affected".

"Not affected" is only said where the data that would know of it are there. A gap in a distribution's data stands in the
way unless the bundle has a record of the vulnerability for that very release: a distribution packages everything. A gap
in a language's data does only where no language's record tells which project the vulnerability is in.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from landwaiter.advisories.ecosystems import known
from landwaiter.advisories.models import CompiledRecord
from landwaiter.inventory.models import Inventory
from landwaiter.matching.assessed import unidentified_by
from landwaiter.matching.considered import Considered
from landwaiter.matching.models import Assessment, Finding, NotAssessed

_SHOWN = 12
_OF_DATA = ("no-data", "thin-data")


class Answer(msgspec.Struct, frozen=True):
    """`verdict` as in `Explanation`, the `text`, and the gaps that the vulnerability might hide in."""

    verdict: str
    text: str
    gaps: tuple[NotAssessed, ...] = ()


def answer(
    name: str,
    records: Sequence[CompiledRecord],
    considered: Sequence[Considered],
    findings: Sequence[Finding],
    *,
    assessment: Assessment,
    inventory: Inventory,
) -> Answer:
    """Return the answer for the vulnerability that goes under `name`."""
    affected = [finding for finding in findings if finding.suppressed is None]
    if affected:
        return Answer("affected", f"Affected by {name}: {_packages(affected)}.{_silenced(findings)}")
    if findings:
        return Answer("suppressed", f"Affected by {name} by its version, but silenced:{_silenced(findings)}")
    if not records:
        return Answer("not_assessed", f"The bundle has no record of {name}, so nothing can be said.", _all(assessment))
    if all(item.record.withdrawn for item in records):
        return Answer("not_affected", f"Not affected by {name}: its records were withdrawn.")
    gaps = tuple(_open_gaps(records, assessment, inventory))
    unread = [item for item in considered if item.outcome == "unreadable"]
    why = _why(considered)
    if unread or gaps:
        reasons = [*dict.fromkeys(_unread(item) for item in unread), *(gap.reason for gap in gaps)]
        known_part = f" What could be compared is not affected: {why}." if _compared(considered) else ""
        return Answer("not_assessed", f"Not assessed for {name}: {' '.join(reasons)}{known_part}", gaps)
    return Answer("not_affected", f"Not affected by {name}: {why}.")


def _packages(findings: Iterable[Finding]) -> str:
    names = sorted({f"{item.package.name} {item.package.version}" for item in findings})
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"


def _silenced(findings: Iterable[Finding]) -> str:
    said = {
        f" {item.suppressed.source} says of {item.package.name} {item.package.version}: "
        f"{', '.join(filter(None, (item.suppressed.status, item.suppressed.justification))).replace('_', ' ')}."
        for item in findings
        if item.suppressed is not None
    }
    return "".join(sorted(said)[:_SHOWN])


def _all(assessment: Assessment) -> tuple[NotAssessed, ...]:
    return assessment.not_assessed


def _compared(considered: Sequence[Considered]) -> list[Considered]:
    return [item for item in considered if item.outcome in {"outside", "not_affected"}]


def _unread(item: Considered) -> str:
    return f"The version {item.package.version!a} of {item.package.name} cannot be compared."


def _why(considered: Sequence[Considered]) -> str:
    """Say in half a sentence why nothing is affected."""
    if not considered:
        return "the image has none of the packages its records speak of"
    stated = [item for item in considered if item.outcome == "not_affected"]
    if stated:
        first = stated[0]
        return f"the vendor says so of {first.package.name} {first.package.version} ({first.note})"
    outside = _compared(considered)
    if outside:
        first = next((item for item in outside if item.comparison), outside[0])
        compared = first.comparison or f"{first.package.version} is not among the listed versions"
        return f"no affected range holds the installed version of {first.package.name}: {compared}"
    notes = dict.fromkeys(f"{item.package.name}: {item.note}" for item in considered)
    return "; ".join(list(notes)[:3])


def _open_gaps(
    records: Sequence[CompiledRecord], assessment: Assessment, inventory: Inventory
) -> Iterator[NotAssessed]:
    named = {affected.ecosystem for item in records for affected in item.affected}
    artifacts = {affected.package.rpartition(":")[2] for item in records for affected in item.affected}
    of_language = any(found is not None and not found.distribution for found in map(known, named))
    for gap in assessment.not_assessed:
        if gap.kind in _OF_DATA:
            found = known(gap.ecosystem)
            if found is not None and found.distribution:
                hides = not any(_same_release(name, gap.ecosystem) for name in named)
            else:
                hides = not of_language
        elif gap.kind == "unidentified":
            hides = any(item.name.strip(":") in artifacts for item in inventory.packages if unidentified_by(item))
        else:
            hides = not (gap.kind == "unreadable" and gap.ecosystem)
        if hides:
            yield gap


def _same_release(named: str, expected: str) -> bool:
    return named == expected or named.startswith(f"{expected}:")
