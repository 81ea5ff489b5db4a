"""Short ways to say what a check found. Evidence is bounded: a hostile image must not grow a report without end."""

from collections.abc import Iterable

from landwaiter.compliance.models import Result

EVIDENCE_LIMIT = 25
"""Pieces of evidence that a result shows; how many more there are is said in a last line."""
EVIDENCE_LENGTH = 300
"""Characters of one piece of evidence."""


def passed(message: str, evidence: Iterable[str] = ()) -> Result:
    """The control's requirement is met, and the evidence was there to see it."""
    return Result("pass", message, bounded(evidence))


def failed(message: str, evidence: Iterable[str] = ()) -> Result:
    """The requirement is not met."""
    return Result("fail", message, bounded(evidence))


def warned(message: str, evidence: Iterable[str] = ()) -> Result:
    """Someone should look: the requirement is probably not met, or met in a way that is often wrong."""
    return Result("warn", message, bounded(evidence))


def not_assessed(message: str, evidence: Iterable[str] = ()) -> Result:
    """The evidence that decides was not seen."""
    return Result("not_assessed", message, bounded(evidence))


def not_applicable(message: str, evidence: Iterable[str] = ()) -> Result:
    """The requirement speaks of something that this image or task does not have."""
    return Result("not_applicable", message, bounded(evidence))


def bounded(evidence: Iterable[str]) -> tuple[str, ...]:
    """Return at most `EVIDENCE_LIMIT` pieces of `EVIDENCE_LENGTH` characters, and how many more there are."""
    pieces = list(evidence)
    shown = [_shortened(piece) for piece in pieces[:EVIDENCE_LIMIT]]
    if len(pieces) > EVIDENCE_LIMIT:
        shown.append(f"and {len(pieces) - EVIDENCE_LIMIT} more")
    return tuple(shown)


def count(number: int, singular: str, plural: str = "") -> str:
    """Write a number with its noun: `1 file`, `2 files`, `2 copies` (with `plural`)."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def _shortened(piece: str) -> str:
    return piece if len(piece) <= EVIDENCE_LENGTH else piece[: EVIDENCE_LENGTH - 1] + "…"
