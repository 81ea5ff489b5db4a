"""Oracle Linux: `oracle/com.oracle.elsa-all.xml.bz2`, OVAL 5 definitions of class "patch".

What a definition tests stands in the comments of its criteria ("bind is earlier than 32:9.11.36-8.el8_8.1", "Oracle
Linux 8 is installed", "Module nodejs:18 is enabled"); Oracle writes them by machine, and other scanners read them too.
"""

import bz2
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException

from landwaiter.advisories.feeds.archives import UnreadableError
from landwaiter.advisories.feeds.xml_stream import elements
from landwaiter.advisories.models import Advisory, Affected, Fact, Quarantined, fixed_in
from landwaiter.advisories.severity_words import severity_of_word
from landwaiter.advisories.text import is_cve, is_identifier, is_name, one_line, timestamp_of

NAME = "oracle"
_LIMIT = 8 << 30
_EARLIER = re.compile(r"(\S+) is earlier than (\S+)")
_INSTALLED = re.compile(r"Oracle Linux (\d+) is installed")
_MODULE = re.compile(r"Module (\S+:\S+) is enabled")
_ID = re.compile(r"ELSA-\d{4}-\d+(?:-\d+)?")


def read(folder: Path) -> Iterator[Fact]:
    """Read every definition of every file."""
    for path in sorted((folder / NAME).glob("*.xml.bz2")):
        try:
            with bz2.open(path) as stream:
                for definition in elements(stream, "definition", _LIMIT):
                    yield _fact(definition)
        except (OSError, EOFError, ParseError, DefusedXmlException, UnreadableError) as error:
            yield Quarantined(NAME, path.name, f"cannot be read to its end: {error or type(error).__name__}")


def _fact(definition: Element) -> Fact:
    title = _text(definition, "title")
    named = _ID.search(title)
    identifier = named.group() if named else ""
    if not is_identifier(identifier):
        return Quarantined(NAME, one_line(title) or "a definition without title", "its title names no ELSA")
    affected = tuple(_affected(definition, severity_of_word(_text(definition, "severity"))))
    if not affected:
        return Quarantined(NAME, identifier, "it names no package of an Oracle Linux with a version")
    issued = next((item.get("date", "") for item in _all(definition, "issued")), "")
    cves = {(item.text or "").strip() for item in _all(definition, "cve")}
    cves |= {item.get("ref_id", "") for item in _all(definition, "reference")}
    return Advisory(
        feed=NAME,
        id=identifier,
        modified=timestamp_of(issued),
        upstream=tuple(sorted(filter(is_cve, cves))),
        summary=one_line(title.partition(":")[2]),
        url=f"https://linux.oracle.com/errata/{identifier}.html",
        affected=affected,
    )


def _affected(definition: Element, severity: str) -> Iterator[Affected]:
    comments = [item.get("comment", "") for item in _all(definition, "criterion")]
    releases = {found.group(1) for text in comments if (found := _INSTALLED.search(text))}
    streams = tuple(sorted({found.group(1) for text in comments if (found := _MODULE.search(text))}))
    tested = dict.fromkeys(found.groups() for text in comments if (found := _EARLIER.fullmatch(text.strip())))
    for name, version in tested:
        for release in sorted(releases) if is_name(name) and is_name(version) else ():
            yield Affected(f"Oracle Linux:{release}", name, fixed_in(version), severity=severity, streams=streams)


def _all(element: Element, name: str) -> Iterator[Element]:
    return (item for item in element.iter() if item.tag.rpartition("}")[2] == name)


def _text(element: Element, name: str) -> str:
    return next(((item.text or "").strip() for item in _all(element, name)), "")
