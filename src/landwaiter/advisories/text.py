"""Text of advisories is written by strangers: cut to size, freed of control characters, its names and times checked."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+")
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+~-]{1,127}\Z")
_CVE = re.compile(r"CVE-(?:19|20)\d\d-\d{4,12}\Z")
_EMBEDDED_CVE = re.compile(r"(?:[A-Z]+-)+(CVE-(?:19|20)\d\d-\d{4,12})\Z")
_LONGEST_NAME = 512
_LONGEST_SUMMARY = 240
_OLDEST_YEAR = 1990


def is_identifier(text: str) -> bool:
    """Tell whether `text` can be the id of an advisory."""
    return _IDENTIFIER.match(text) is not None


def is_cve(text: str) -> bool:
    """Tell whether `text` is a well-formed CVE id."""
    return _CVE.match(text) is not None


def embedded_cve(record_id: str) -> str:
    """Return the CVE that a vendor's id carries (`UBUNTU-CVE-2024-1234`, `DEBIAN-CVE-…`, `ALPINE-CVE-…`), else ""."""
    found = _EMBEDDED_CVE.match(record_id)
    return found.group(1) if found else ""


def is_name(text: str) -> bool:
    """Tell whether `text` can be a package name or version: not empty, not overlong, without control characters."""
    return 0 < len(text) <= _LONGEST_NAME and _CONTROL.search(text) is None


def names_of(texts: Sequence[str]) -> tuple[str, ...]:
    """Return those of `texts` that can be names or versions; made quick for the usual case that all can."""
    if not texts:
        return ()
    if all(texts) and max(map(len, texts)) <= _LONGEST_NAME and _CONTROL.search("".join(texts)) is None:
        return tuple(texts)
    return tuple(filter(is_name, texts))


def one_line(text: str | None, *, longest: int = _LONGEST_SUMMARY) -> str:
    """Return `text` as one line of at most `longest` characters, cut at a word, without control characters."""
    line = " ".join(_CONTROL.sub(" ", (text or "")[: longest * 4]).split())
    return line if len(line) <= longest else line[: longest - 1].rsplit(" ", 1)[0] + "…"


def summary_of(summary: str | None, details: str | None) -> str:
    """Return a one-line summary: the record's own, else the first paragraph of its details that is no heading."""
    if summary and summary.strip():
        return one_line(summary)
    paragraphs = (part for part in (details or "")[:4000].split("\n\n") if part.strip())
    return one_line(next((part for part in paragraphs if not part.lstrip().startswith(("#", "---", "_"))), ""))


def timestamp(moment: datetime | None) -> str:
    """Return `moment` in UTC to the second; "" for none and for the placeholders before 1990 that some feeds write."""
    if moment is None or moment.year < _OLDEST_YEAR:
        return ""
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return aware.strftime("%Y-%m-%dT%H:%M:%SZ")


def timestamp_of(text: str) -> str:
    """Return a date or time that a feed writes ("2018-01-16 01:28") in UTC to the second; "" for what is none."""
    try:
        return timestamp(datetime.fromisoformat(text.strip()))
    except ValueError:
        return ""
