"""FIRST's exploit probabilities: `epss/epss_scores-*.csv.gz`.

Line 1 is `#model_version:…,score_date:…`, line 2 `cve,epss,percentile`, the rest are rows. Of several files the one
with the latest score date is used.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from landwaiter.advisories.feeds.archives import UnreadableError, read_limited
from landwaiter.advisories.models import Fact, FeedDate, Probability, Quarantined
from landwaiter.advisories.text import is_cve

NAME = "epss"
_DATE = re.compile(rb"score_date:(\d{4}-\d\d-\d\d)(T\d\d:\d\d:\d\d)?")
_LIMIT = 256 << 20


def read(folder: Path) -> Iterator[Fact]:
    """Read the newest scores of the folder."""
    newest: tuple[str, bytes] | None = None
    for path in sorted((folder / NAME).glob("epss_scores-*.csv*")):
        try:
            content = read_limited(path, _LIMIT)
        except UnreadableError as error:
            yield Quarantined(NAME, path.name, str(error))
            continue
        date = _DATE.search(content[:400])
        if date is None:
            yield Quarantined(NAME, path.name, "its first line states no score_date")
        elif newest is None or date.group(1).decode() >= newest[0]:
            newest = date.group(1).decode(), content
    if newest is not None:
        yield FeedDate(NAME, f"{newest[0]}T00:00:00Z")
        yield from _rows(newest[1])


def _rows(content: bytes) -> Iterator[Fact]:
    for number, line in enumerate(content.decode("ascii", "replace").splitlines(), 1):
        if not line or line.startswith(("#", "cve,")):
            continue
        row = _row(line)
        yield row or Quarantined(NAME, f"line {number}", "is not a CVE with a probability and a percentile")


def _row(line: str) -> Probability | None:
    cve, _, numbers = line.partition(",")
    score, _, percentile = numbers.partition(",")
    try:
        values = float(score), float(percentile)
    except ValueError:
        return None
    return Probability(cve, *values) if is_cve(cve) and all(0.0 <= value <= 1.0 for value in values) else None
