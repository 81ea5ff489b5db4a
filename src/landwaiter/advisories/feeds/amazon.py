"""Amazon Linux: `amazon*/updateinfo_<release>[_<repository>].xml.gz`, the repositories' own `updateinfo` documents.

`updateinfo_2023.xml.gz` is the main repository of Amazon Linux 2023, `updateinfo_2_kernel-5.15.xml.gz` the extra
`kernel-5.15` of Amazon Linux 2, `updateinfo_2023_kernel-livepatch.xml.gz` its live patches. The builds for all
architectures carry the same version, so architectures are left out.
"""

import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException

from landwaiter.advisories.feeds.archives import UnreadableError
from landwaiter.advisories.feeds.xml_stream import elements
from landwaiter.advisories.models import Advisory, Affected, Fact, Quarantined, fixed_in
from landwaiter.advisories.severity_words import severity_of_word
from landwaiter.advisories.text import is_cve, is_identifier, is_name, one_line, timestamp_of

NAME = "amazon"
_FILE = re.compile(r"updateinfo_(\d+)(?:_([\w.-]+))?\.xml\.gz")
_TITLE = re.compile(r".*\bALAS[\w.-]*: *")


def read(folder: Path) -> Iterator[Fact]:
    """Read every repository's advisories."""
    for path in sorted(folder.glob("amazon*/updateinfo_*.xml.gz")):
        named = _FILE.fullmatch(path.name)
        if named is None:
            yield Quarantined(NAME, path.name, "its name is not updateinfo_<release>[_<repository>].xml.gz")
            continue
        try:
            with gzip.open(path) as stream:
                for update in elements(stream, "update"):
                    yield _fact(update, named.group(1), named.group(2) or "")
        except (OSError, EOFError, zlib.error, ParseError, DefusedXmlException, UnreadableError) as error:
            yield Quarantined(NAME, path.name, f"cannot be read to its end: {error or type(error).__name__}")


def _fact(update: Element, release: str, repository: str) -> Fact:
    identifier = (update.findtext("id") or "").strip()
    if not is_identifier(identifier):
        return Quarantined(NAME, one_line(identifier) or "an update without id", "its id is not an identifier")
    affected = tuple(dict.fromkeys(_packages(update, f"Amazon Linux:{release}", repository)))
    if not affected:
        return Quarantined(NAME, identifier, "it names no package with a version")
    references = (item.get("id", "") for item in update.iterfind("references/reference"))
    changed = update.find("updated")
    return Advisory(
        feed=NAME,
        id=identifier,
        modified=timestamp_of(changed.get("date", "") if changed is not None else ""),
        upstream=tuple(sorted({name for name in references if is_cve(name)})),
        summary=one_line(_TITLE.sub("", update.findtext("title") or "")),
        url=_url(identifier, release),
        affected=affected,
    )


def _packages(update: Element, ecosystem: str, repository: str) -> Iterator[Affected]:
    severity = severity_of_word(update.findtext("severity"))
    for package in update.iterfind("pkglist/collection/package"):
        name, version, release = (package.get(key, "") for key in ("name", "version", "release"))
        epoch = package.get("epoch") or "0"
        if all(map(is_name, (name, version, release))) and epoch.isdigit():
            evr = f"{version}-{release}" if epoch == "0" else f"{epoch}:{version}-{release}"
            yield Affected(ecosystem, name, fixed_in(evr), severity=severity, repository=repository)


def _url(identifier: str, release: str) -> str:
    folder = {"1": "", "2": "AL2/"}.get(release, f"AL{release}/")
    return f"https://alas.aws.amazon.com/{folder}{identifier}.html"
