"""How severe a finding is, by a fixed order of sources.

1. the vendor's word for the package (Ubuntu priority, Debian urgency, Red Hat impact, Amazon severity),
2. the CVSS base score of the record: version 4 before 3.1 before 3.0 before 2,
3. the record's own word (GHSA, Bitnami; the title of an AlmaLinux or Rocky erratum),
4. what other records say of the same vulnerability: their score, then their word,
5. "unknown".
"""

from collections.abc import Callable, Sequence

from landwaiter.advisories.models import Entry, KnownScores, Score
from landwaiter.advisories.scores import best_first, scores_of, severity_of_score
from landwaiter.matching.models import SEVERITIES, Cvss


def severity_of(entries: Sequence[Entry], known: Callable[[], KnownScores | None]) -> tuple[str, Cvss | None]:
    """Return severity and CVSS of a finding that rests on `entries`, the deciding one first.

    `known` gives what any record says of the vulnerability; it is asked only where it is needed.
    """
    score = best_score(entries)
    others = None if score else known()
    if others and others.scores:
        word = _vendor_word(entries) or _own_word(entries) or severity_of_score(others.scores[0].score)
        return word, cvss_of(others.scores[0])
    word = _vendor_word(entries) or (severity_of_score(score.score) if score else "") or _own_word(entries)
    return word or (others.severity if others else "") or "unknown", cvss_of(score)


def best_score(entries: Sequence[Entry]) -> Score | None:
    """Return the CVSS score of the first entry that has one: the package's own before the record's."""
    for entry in entries:
        scores = best_first((*scores_of(entry.affected.vectors), *entry.record.scores))
        if scores:
            return scores[0]
    return None


def cvss_of(score: Score | None) -> Cvss | None:
    """Return a bundle's score in the form that findings show."""
    return Cvss(score.version, score.vector, score.score) if score else None


def _vendor_word(entries: Sequence[Entry]) -> str:
    return next((entry.affected.severity for entry in entries if entry.affected.severity), "")


def _own_word(entries: Sequence[Entry]) -> str:
    """Return the gravest word of the records themselves."""
    words = {entry.record.severity for entry in entries}
    return next((word for word in SEVERITIES if word in words), "")
