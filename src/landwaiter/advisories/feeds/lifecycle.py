"""When distributions' releases end: `debian/{debian,ubuntu}.csv` (package distro-info-data) and Debian's support lists.

The lists `security-support-ended[.debNN]` and `security-support-limited` come from the package debian-security-support:
columns separated by blanks: source package, and in "ended" the last supported version and the date of the end.
"""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from landwaiter.advisories.feeds.archives import UnreadableError, read_limited
from landwaiter.advisories.models import Fact, Quarantined, Release, SupportEnded
from landwaiter.advisories.text import is_name, one_line

NAME = "lifecycle"
_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z")
_SUFFIX = re.compile(r"\.deb(\d+)\Z")
_EXTENDED = {"debian": "eol-lts", "ubuntu": "eol-esm"}
_LIMIT = 8 << 20


def read(folder: Path) -> Iterator[Fact]:
    """Read both release tables and the lists of packages without security support."""
    for distribution in ("debian", "ubuntu"):
        path = folder / "debian" / f"{distribution}.csv"
        if path.exists():
            yield from _releases(path, distribution)
    for path in sorted((folder / "debian").glob("security-support-*")):
        yield from _support(path)


def read_releases(folder: Path, distribution: str) -> tuple[Release, ...]:
    """Return the releases of one distribution ("debian", "ubuntu"); empty where the folder has no table of them."""
    path = folder / "debian" / f"{distribution}.csv"
    return tuple(fact for fact in _releases(path, distribution) if isinstance(fact, Release))


def _releases(path: Path, distribution: str) -> Iterator[Fact]:
    try:
        text = read_limited(path, _LIMIT).decode("utf-8", "replace")
        rows = list(csv.DictReader(text.splitlines()))
    except (UnreadableError, csv.Error) as error:
        yield Quarantined(NAME, path.name, str(error))
        return
    for row in rows:
        version, codename = (row.get("version") or "").removesuffix(" LTS"), row.get("series") or ""
        if version and is_name(version) and is_name(codename):
            extended = _date(row.get(_EXTENDED[distribution]))
            yield Release(distribution, version, codename, _date(row.get("release")), _date(row.get("eol")), extended)


def _date(text: str | None) -> str:
    return text if text and _DATE.match(text) else ""


def _support(path: Path) -> Iterator[Fact]:
    kind = "limited" if "limited" in path.name else "ended"
    suffix = _SUFFIX.search(path.name)
    try:
        lines = read_limited(path, _LIMIT).decode("utf-8", "replace").splitlines()
    except UnreadableError as error:
        yield Quarantined(NAME, path.name, str(error))
        return
    for line in lines:
        package, _, note = line.partition("#")[0].strip().partition(" ")
        if package and is_name(package):
            yield SupportEnded("debian", suffix.group(1) if suffix else "", package, kind, one_line(note))
