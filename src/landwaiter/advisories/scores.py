"""CVSS base scores (FIRST's specifications 2.0, 3.0, 3.1, 4.0), computed from the vector with the `cvss` library."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from cvss.cvss2 import CVSS2
from cvss.cvss3 import CVSS3
from cvss.cvss4 import CVSS4
from cvss.exceptions import CVSSError

from landwaiter.advisories.models import Score

_PARSERS: dict[str, Callable[[str], Any]] = {"4.0": CVSS4, "3.1": CVSS3, "3.0": CVSS3, "2.0": CVSS2}
_BANDS = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low"))


@lru_cache(maxsize=65536)
def score_of(vector: str) -> Score | None:
    """Return the score of a vector string, None when it is not one. A vector without prefix is read as version 2."""
    version = vector[5:8] if vector.startswith("CVSS:") else "2.0"
    parser = _PARSERS.get(version)
    try:
        return Score(version, vector, float(parser(vector.strip("()")).base_score)) if parser else None
    except (CVSSError, ValueError, KeyError, ArithmeticError):
        return None


def best_first(scores: tuple[Score, ...]) -> tuple[Score, ...]:
    """Return the scores with the newest version of CVSS first, the highest score first within a version."""
    return tuple(sorted(set(scores), key=lambda item: (item.version, item.score, item.vector), reverse=True))


def scores_of(vectors: tuple[str, ...]) -> tuple[Score, ...]:
    """Return the scores of those vectors that can be read, best first."""
    return best_first(tuple(score for vector in vectors if (score := score_of(vector)) is not None))


def severity_of_score(score: float) -> str:
    """Return the qualitative rating of a base score (CVSS 3.1 section 5; 0.0, "None", is negligible on our scale)."""
    return next((word for least, word in _BANDS if score >= least), "negligible")
