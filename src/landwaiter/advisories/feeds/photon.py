"""Photon OS: `photon/cve_data_photon<release>.json`, a list of `{cve_id, pkg, cve_score, aff_ver, res_ver}`.

`res_ver` is the first version with the fix, or "NA"; `aff_ver` says "all versions before X are vulnerable", or that
none is.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from landwaiter.advisories.feeds.archives import UnreadableError, explain, read_limited
from landwaiter.advisories.models import ALL_VERSIONS, Advisory, Affected, Fact, Quarantined, fixed_in
from landwaiter.advisories.scores import severity_of_score
from landwaiter.advisories.text import is_cve, is_name

NAME = "photon"
_FILE = re.compile(r"cve_data_photon(\d+\.\d+)\.json")


class _Row(msgspec.Struct):
    cve_id: str
    pkg: str
    aff_ver: str = ""
    res_ver: str = ""
    cve_score: float | None = None


_rows = msgspec.json.Decoder(list[msgspec.Raw])
_row = msgspec.json.Decoder(_Row)


def read(folder: Path) -> Iterator[Fact]:
    """Read every release; one advisory for each CVE."""
    affected: dict[str, list[Affected]] = {}
    for path in sorted((folder / NAME).glob("cve_data_photon*.json")):
        named = _FILE.fullmatch(path.name)
        try:
            rows = _rows.decode(read_limited(path)) if named else []
        except (UnreadableError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            yield Quarantined(NAME, path.name, explain(error))
            continue
        for number, raw in enumerate(rows, 1):
            fact = _statement(raw, f"Photon OS:{named.group(1)}" if named else "")
            if fact is None:
                yield Quarantined(NAME, f"{path.name} row {number}", "it is no CVE of a package with its versions")
            else:
                affected.setdefault(fact[0], []).append(fact[1])
    for cve in sorted(affected):
        url = f"https://nvd.nist.gov/vuln/detail/{cve}"
        yield Advisory(NAME, cve, url=url, affected=tuple(dict.fromkeys(affected[cve])))


def _statement(raw: msgspec.Raw, ecosystem: str) -> tuple[str, Affected] | None:
    try:
        row = _row.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    if not is_cve(row.cve_id) or not is_name(row.pkg):
        return None
    severity = severity_of_score(row.cve_score) if row.cve_score else ""
    fixed = row.res_ver.strip()
    if is_name(fixed) and fixed.upper() != "NA":
        return row.cve_id, Affected(ecosystem, row.pkg, fixed_in(fixed), severity=severity)
    if row.aff_ver.lower().startswith("all versions"):
        return row.cve_id, Affected(ecosystem, row.pkg, ALL_VERSIONS, severity=severity)
    return row.cve_id, Affected(ecosystem, row.pkg, status="not_affected", note="the vendor lists no affected version")
