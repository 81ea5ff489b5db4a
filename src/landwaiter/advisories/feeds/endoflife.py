"""When releases of distributions end: `endoflife/<product>.json`, as endoflife.date's API serves them (MIT licence).

A list of cycles: `{"cycle": "3.18", "releaseDate": "2023-05-09", "eol": "2025-05-09", "extendedSupport": …}`; `eol`
and `extendedSupport` are a date or a boolean. Debian and Ubuntu come from their own table (see `lifecycle`).
"""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from landwaiter.advisories.feeds.archives import UnreadableError, explain, read_limited
from landwaiter.advisories.models import Fact, Quarantined, Release
from landwaiter.advisories.text import is_name, one_line

NAME = "endoflife"
PRODUCTS = {
    "almalinux": ("almalinux",),
    "alpine-linux": ("alpine",),
    "amazon-linux": ("amzn",),
    "centos": ("centos",),
    "fedora": ("fedora",),
    "opensuse": ("opensuse-leap",),
    "oracle-linux": ("ol",),
    "photon": ("photon",),
    "rhel": ("rhel",),
    "rocky-linux": ("rocky",),
    "sles": ("sles", "sled"),
}
"""The products that are read, and the `ID` of os-release that each is for."""
_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z")
_LIMIT = 8 << 20


class _Cycle(msgspec.Struct, rename="camel"):
    cycle: str
    release_date: str = ""
    eol: str | bool = ""
    extended_support: str | bool = ""


_cycles = msgspec.json.Decoder(list[msgspec.Raw])
_cycle = msgspec.json.Decoder(_Cycle)


def read(folder: Path) -> Iterator[Fact]:
    """Read every product that is one of `PRODUCTS`; the folder may hold others."""
    for product, distributions in PRODUCTS.items():
        path = folder / NAME / f"{product}.json"
        try:
            cycles = _cycles.decode(read_limited(path, _LIMIT)) if path.exists() else []
        except (UnreadableError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            yield Quarantined(NAME, path.name, explain(error))
            continue
        for number, raw in enumerate(cycles, 1):
            yield from _releases(raw, f"{path.name} row {number}", distributions)


def _releases(raw: msgspec.Raw, where: str, distributions: tuple[str, ...]) -> Iterator[Fact]:
    try:
        row = _cycle.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        yield Quarantined(NAME, where, explain(error))
        return
    if not is_name(row.cycle):
        yield Quarantined(NAME, where, f"its cycle is no version: {one_line(row.cycle)!a}")
        return
    for distribution in distributions:
        dates = _date(row.release_date), _date(row.eol), _date(row.extended_support)
        yield Release(distribution, row.cycle, "", *dates)


def _date(value: str | bool) -> str:  # noqa: FBT001 - the feed writes a date or a boolean
    return value if isinstance(value, str) and _DATE.match(value) else ""
