"""Alpine's secdb: `alpine-secdb/<release>/{main,community}.json`; Wolfi's and Chainguard's share the format.

`packages[].pkg.secfixes` maps the first fixed version to the ids it fixes; version "0" says that the package never was
affected. An entry may hold several ids in one string, in other spellings, or with remarks.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import msgspec

from landwaiter.advisories.feeds.archives import UnreadableError, explain, read_limited
from landwaiter.advisories.models import Advisory, Affected, Fact, Quarantined, fixed_in
from landwaiter.advisories.text import is_name

NAME = "alpine-secdb"
_CVE = re.compile(r"(?<![A-Z0-9])CVE[-_ ]((?:19|20)\d\d-\d{4,12})(?!\d)")
_ID = re.compile(r"(?<![\w-])[A-Z][A-Z0-9]{1,15}-(?:SA-)?[A-Za-z0-9][\w.-]{0,40}")
_RELEASE = re.compile(r"v\d+\.\d+|edge")


class _Pkg(msgspec.Struct):
    name: str
    secfixes: dict[str, list[str] | None] | None = None


class _Item(msgspec.Struct):
    pkg: _Pkg


class SecurityDatabase(msgspec.Struct):
    """One secdb document; `distroversion` is the release it speaks of, "" where it does not say."""

    packages: list[_Item] | None = None
    distroversion: str = ""


_decoder = msgspec.json.Decoder(SecurityDatabase)
_Statement = tuple[str, str, str]


def read(folder: Path) -> Iterator[Fact]:
    """Read all releases; one advisory for each id, that speaks of every release and package."""
    statements: dict[str, dict[_Statement, None]] = {}
    aliases: dict[str, set[str]] = {}
    for path in sorted((folder / NAME).glob("*/*.json")):
        release = path.parent.name
        where = f"{release}/{path.name}"
        try:
            database = _decoder.decode(read_limited(path))
        except (UnreadableError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            yield Quarantined(NAME, where, explain(error))
            continue
        if not _RELEASE.fullmatch(release) or database.distroversion not in ("", release):
            yield Quarantined(NAME, where, f"it speaks of release {database.distroversion!r}, not of {release!r}")
            continue
        yield from _collect(database, f"Alpine:{release}", where, statements, aliases)
    for identifier in sorted(statements):
        yield _advisory(identifier, statements[identifier], aliases.get(identifier, set()))


def _collect(
    database: SecurityDatabase,
    ecosystem: str,
    where: str,
    statements: dict[str, dict[_Statement, None]],
    aliases: dict[str, set[str]],
) -> Iterator[Fact]:
    for name, version, text in fixes(database):
        found = identifiers(text)
        if not found or not is_name(name) or not is_name(version):
            yield Quarantined(NAME, f"{where}:{name[:80]}", f"no advisory id can be read from {text[:80]!r}")
        for identifier, others in found.items():
            statements.setdefault(identifier, {})[ecosystem, name, version] = None
            aliases.setdefault(identifier, set()).update(others)


def fixes(database: SecurityDatabase) -> Iterator[tuple[str, str, str]]:
    """Yield (package, first fixed version, text that names the advisories) of a secdb document."""
    for item in database.packages or ():
        for version, texts in (item.pkg.secfixes or {}).items():
            for text in texts or ():
                yield item.pkg.name, version, text


@lru_cache(maxsize=65536)
def identifiers(text: str) -> dict[str, tuple[str, ...]]:
    """Return the vulnerabilities that a secdb entry names, each with the entry's other names.

    An entry with CVEs names these, and its other ids (XSA-, GHSA-) are names of the same; without any, each id is one.
    """
    cves = tuple(dict.fromkeys(f"CVE-{number}" for number in _CVE.findall(text.upper())))
    names = (name.rstrip(".") for name in _ID.findall(text.upper()))
    others = tuple(dict.fromkeys(name for name in names if not name.startswith("CVE")))
    return dict.fromkeys(cves, others) if cves else dict.fromkeys(others, ())


def _advisory(identifier: str, statements: dict[_Statement, None], aliases: set[str]) -> Advisory:
    return Advisory(
        feed=NAME,
        id=identifier,
        aliases=tuple(sorted(aliases)),
        url=f"https://security.alpinelinux.org/vuln/{identifier}",
        affected=tuple(affected(*statement) for statement in statements),
    )


def affected(ecosystem: str, name: str, version: str) -> Affected:
    """Return the statement that `version` is the first fixed one of a package ("0": it never was affected)."""
    if version == "0":
        return Affected(ecosystem, name, status="not_affected", note="never affected, says the vendor")
    return Affected(ecosystem, name, fixed_in(version))
