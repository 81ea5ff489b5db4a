"""CISA's catalogue of known exploited vulnerabilities: `kev/known_exploited_vulnerabilities.json`."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from landwaiter.advisories.feeds.archives import UnreadableError, explain, read_limited
from landwaiter.advisories.models import Fact, FeedDate, KnownExploited, Quarantined
from landwaiter.advisories.text import is_cve, one_line

NAME = "kev"
FILE = "known_exploited_vulnerabilities.json"


class _Row(msgspec.Struct, rename="camel"):
    cve_id: str = msgspec.field(name="cveID")
    date_added: str = ""
    due_date: str = ""
    vulnerability_name: str = ""
    known_ransomware_campaign_use: str = ""


class _Catalogue(msgspec.Struct, rename="camel"):
    vulnerabilities: list[msgspec.Raw]
    date_released: str = ""


_catalogue = msgspec.json.Decoder(_Catalogue)
_row = msgspec.json.Decoder(_Row)


def read(folder: Path) -> Iterator[Fact]:
    """Read the catalogue, row by row: one bad row does not spoil the others."""
    path = folder / NAME / FILE
    if not path.exists():
        return
    try:
        catalogue = _catalogue.decode(read_limited(path))
    except (UnreadableError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        yield Quarantined(NAME, FILE, explain(error))
        return
    yield FeedDate(NAME, catalogue.date_released[:40])
    for number, raw in enumerate(catalogue.vulnerabilities, 1):
        yield _fact(raw, number)


def _fact(raw: msgspec.Raw, number: int) -> Fact:
    try:
        row = _row.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return Quarantined(NAME, f"row {number}", explain(error))
    if not is_cve(row.cve_id):
        return Quarantined(NAME, f"row {number}", "its id is not a CVE")
    ransomware = row.known_ransomware_campaign_use.lower() == "known"
    return KnownExploited(
        row.cve_id, row.date_added[:10], row.due_date[:10], ransomware, one_line(row.vulnerability_name)
    )
