"""Red Hat's CSAF 2.0 VEX documents, one for each CVE: `redhat-vex/*.tar.zst` (the archive), `changes.zip`, `*.json`.

A document of `changes.zip` stands in the place of the archive's (`null`: it is gone); a single document beside them
overrules theirs when it is newer. `redhat-vex/repository-to-cpe.json` says which
products a repository (content set) belongs to. Products are named by CPE: `cpe:/a:redhat:enterprise_linux:9::appstream`
is the ecosystem `Red Hat:enterprise_linux:9::appstream`, as OSV writes it. What is compiled is `COMPILED`.
"""

import tarfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import zstandard

from landwaiter.advisories.feeds.archives import (
    ARCHIVE_LIMIT,
    MEMBER_LIMIT,
    UnreadableError,
    explain,
    read_limited,
    zip_members,
)
from landwaiter.advisories.feeds.csaf import Document, Products, Vulnerability, products_of
from landwaiter.advisories.models import (
    ALL_VERSIONS,
    Advisory,
    Affected,
    Fact,
    ProductRepository,
    Quarantined,
    fixed_in,
)
from landwaiter.advisories.severity_words import severity_of_word
from landwaiter.advisories.text import is_cve, is_name, one_line, timestamp

NAME = "redhat-vex"
REPOSITORIES = "repository-to-cpe.json"
CHANGES = "changes.zip"
GONE = b"null"
"""What stands in `changes.zip` for a document that Red Hat deleted."""
COMPILED = ("enterprise_linux", "rhel_", "openshift")
"""Beginnings of products that container images are made of; the rest of the portfolio is left out for size."""

_PREFIX = ("cpe:/a:redhat:", "cpe:/o:redhat:")
_STATES = {
    "known_affected": "affected",
    "known_not_affected": "not_affected",
    "under_investigation": "under_investigation",
}


class _Repository(msgspec.Struct):
    cpes: list[str] = []


class _Repositories(msgspec.Struct):
    data: dict[str, _Repository]


_document = msgspec.json.Decoder(Document)


def read(folder: Path) -> Iterator[Fact]:
    """Read the archives, the single documents and the table of repositories."""
    top = folder / NAME
    done: set[str] = set()
    if (top / CHANGES).exists():
        yield from _changes(top / CHANGES, done)
    for path in sorted(top.glob("*.tar.zst")):
        yield from _archive(path, done)
    for path in sorted(top.glob("*.json")):
        try:
            content = read_limited(path)
            facts = _repositories(content) if path.name == REPOSITORIES else parse(content, path.name)
            yield from facts
        except (UnreadableError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            yield Quarantined(NAME, path.name, explain(error))


def _changes(path: Path, done: set[str]) -> Iterator[Fact]:
    """Read what changed since the archive; the documents' names are added to `done`."""
    try:
        for name, content in zip_members(path):
            done.add(_basename(name))
            if isinstance(content, UnreadableError):
                yield Quarantined(NAME, one_line(name), str(content))
            elif content != GONE:
                yield from parse(content, one_line(name))
    except UnreadableError as error:
        yield Quarantined(NAME, path.name, str(error))


def _basename(name: str) -> str:
    return name.rpartition("/")[2]


def _archive(path: Path, done: set[str]) -> Iterator[Fact]:
    """Read an archive but for the documents that are done already."""
    left = ARCHIVE_LIMIT
    try:
        with (
            path.open("rb") as stream,
            zstandard.ZstdDecompressor(max_window_size=1 << 30).stream_reader(stream) as plain,
            tarfile.open(fileobj=plain, mode="r|") as archive,
        ):
            for member in archive:
                left -= member.size
                if left < 0:
                    yield Quarantined(NAME, path.name, f"is larger than {ARCHIVE_LIMIT >> 30} GB")
                    return
                if _basename(member.name) in done:
                    continue
                content = archive.extractfile(member) if member.name.endswith(".json") else None
                if content is None:
                    continue
                if member.size > MEMBER_LIMIT:
                    yield Quarantined(NAME, one_line(member.name), f"is larger than {MEMBER_LIMIT >> 20} MB")
                else:
                    yield from parse(content.read(), one_line(member.name))
    except (OSError, EOFError, tarfile.TarError, zstandard.ZstdError) as error:
        yield Quarantined(NAME, path.name, f"cannot be read to its end: {error}")


def _repositories(content: bytes) -> Iterator[Fact]:
    table = msgspec.json.decode(content, type=_Repositories).data
    for name in sorted(table):
        if is_name(name):
            yield ProductRepository(name, tuple(sorted(filter(is_name, table[name].cpes))))


def parse(content: bytes, name: str) -> Iterator[Fact]:
    """Yield the advisory of one document, or why it is not used."""
    try:
        document = _document.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        yield Quarantined(NAME, name, explain(error))
        return
    products = products_of(document.product_tree)
    for vulnerability in document.vulnerabilities:
        if not is_cve(vulnerability.cve):
            yield Quarantined(NAME, name, "it names no CVE")
            continue
        affected = tuple(dict.fromkeys(_affected(vulnerability, products)))
        tracking = document.document.tracking
        yield Advisory(
            feed=NAME,
            id=vulnerability.cve,
            modified=timestamp(tracking.current_release_date if tracking else None),
            summary=one_line(vulnerability.title or document.document.title),
            vectors=tuple(dict.fromkeys(score.vector for score in vulnerability.scores if score.vector)),
            url=f"https://access.redhat.com/security/cve/{vulnerability.cve}",
            affected=affected,
        )


def _affected(vulnerability: Vulnerability, products: Products) -> Iterator[Affected]:
    words = {
        pid: severity_of_word(t.details)
        for t in vulnerability.threats
        if t.category == "impact"
        for pid in t.product_ids
    }
    decided = _decisions(vulnerability)
    for state, ids in vulnerability.product_status.items():
        for pid in ids:
            product = products.get(pid)
            if product is None or not product.cpe.startswith(_PREFIX) or not is_name(product.package):
                continue
            ecosystem = product.cpe[len(_PREFIX[0]) :]
            if not ecosystem.startswith(COMPILED):
                continue
            made = Affected(
                f"Red Hat:{ecosystem}", product.package, severity=words.get(pid, ""), streams=product.streams
            )
            if state in ("fixed", "first_fixed") and product.version:
                yield msgspec.structs.replace(made, ranges=fixed_in(product.version))
            elif state == "known_not_affected":
                yield msgspec.structs.replace(made, status="not_affected", note="Red Hat says that it is not affected")
            elif state in _STATES:
                status = decided.get(pid, _STATES[state])
                yield msgspec.structs.replace(made, ranges=ALL_VERSIONS, status=status)


def _decisions(vulnerability: Vulnerability) -> dict[str, str]:
    """Return what Red Hat decided about products without a fix (remediations of CSAF, section 3.2.3.12)."""
    found: dict[str, str] = {}
    for remediation in vulnerability.remediations:
        words = remediation.details.lower()
        status = ""
        if remediation.category == "no_fix_planned":
            status = "end_of_life" if "support scope" in words else "will_not_fix"
        elif remediation.category == "none_available" and "deferred" in words:
            status = "deferred"
        if status:
            found.update(dict.fromkeys(remediation.product_ids, status))
    return found
