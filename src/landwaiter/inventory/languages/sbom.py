"""SBOMs that are part of the image: CycloneDX JSON, SPDX 2 JSON and tag-value, SPDX 3 JSON.

Bitnami describes each component in `/opt/bitnami/COMPONENT/.spdx-COMPONENT.spdx` (JSON); Python wheels carry theirs in
`*.dist-info/sboms/` (PEP 770). Packages are taken by their purl, as declared. A component without purl has no type and
is left out; a purl that cannot be read, or has no version, is counted in a note.
"""

import re
from collections.abc import Iterator

import msgspec

from landwaiter.errors import InputError
from landwaiter.inventory.analyser import MIB, Analyser
from landwaiter.inventory.languages.declared import declared_package
from landwaiter.inventory.models import Evidence, Note, PackageFact

NAME = "sbom"
MAX_DEPTH = 64
MAX_COMPONENTS = 200_000

Declared = tuple[str, tuple[str, ...]]
"""A purl and the licences declared with it."""

_UNSAID = frozenset({"", "NOASSERTION", "NONE"})
_TAG = re.compile(r"^(PackageName|PackageLicenseDeclared|ExternalRef):[ \t]*(.{0,4096})$", re.MULTILINE)


class _LicenseName(msgspec.Struct):
    id: str = ""
    name: str = ""


class _License(msgspec.Struct):
    license: _LicenseName | None = None
    expression: str = ""


class _Component(msgspec.Struct):
    type: str = ""
    purl: str | None = None
    licenses: list[_License] | None = None
    components: "list[_Component] | None" = None


class _Reference(msgspec.Struct, rename="camel"):
    reference_type: str = ""
    reference_locator: str = ""


class _SpdxPackage(msgspec.Struct, rename="camel"):
    license_declared: str = ""
    license_concluded: str = ""
    external_refs: list[_Reference] | None = None


class _Element(msgspec.Struct):
    purl: str = msgspec.field(default="", name="software_packageUrl")


class _Metadata(msgspec.Struct):
    component: _Component | None = None


class _Document(msgspec.Struct):
    """Any of the JSON formats; what marks which is told by the fields that are there."""

    cyclonedx: str | None = msgspec.field(default=None, name="bomFormat")
    spdx: str | None = msgspec.field(default=None, name="spdxVersion")
    metadata: _Metadata | None = None
    components: list[_Component] | None = None
    packages: list[_SpdxPackage] | None = None
    graph: list[_Element] | None = msgspec.field(default=None, name="@graph")


class _Mark(msgspec.Struct):
    cyclonedx: object = msgspec.field(default=None, name="bomFormat")
    spdx: object = msgspec.field(default=None, name="spdxVersion")
    graph: object = msgspec.field(default=None, name="@graph")


def read_sbom(path: str, content: bytes) -> Evidence | None:
    """Read an SBOM; None when the file is something else of that name. Raises InputError when it is damaged."""
    text = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] == b"{":
        document = _decode(text)
        declared = None if document is None else _declared(document)
    else:
        declared = _tags(text) if text.startswith(b"SPDXVersion:") else None
    return None if declared is None else _evidence(path, declared)


def _decode(text: bytes) -> _Document | None:
    try:
        return msgspec.json.decode(text, type=_Document)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        try:
            mark = msgspec.json.decode(text, type=_Mark)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            mark = None
        if mark and not (mark.cyclonedx or mark.spdx or mark.graph):
            return None
        raise InputError(f"The SBOM cannot be read: {error}.") from error


def _declared(document: _Document) -> Iterator[Declared] | None:
    if document.cyclonedx == "CycloneDX":
        return _components([*_described(document.metadata), *(document.components or [])])
    if document.spdx is not None:
        return _spdx(document.packages or [])
    if document.graph is not None:
        return ((element.purl, ()) for element in document.graph if element.purl)
    return None


def _described(metadata: _Metadata | None) -> list[_Component]:
    """Return the component that the document is about, where it is a package with a version."""
    about = metadata.component if metadata else None
    return [about] if about and about.purl and "@" in about.purl.rpartition("/")[2] else []


def _components(components: list[_Component], depth: int = 0) -> Iterator[Declared]:
    """Yield the components of a CycloneDX document, nested ones too; an empty purl where they are nested too deeply."""
    for component in components:
        if component.purl:
            yield component.purl, tuple(filter(None, map(_license, component.licenses or ())))
        if component.components and depth < MAX_DEPTH:
            yield from _components(component.components, depth + 1)
        elif component.components:
            yield "", ()


def _license(declared: _License) -> str:
    named = declared.license.id or declared.license.name if declared.license else ""
    return declared.expression or named


def _spdx(packages: list[_SpdxPackage]) -> Iterator[Declared]:
    """Yield the packages of an SPDX 2 document."""
    for package in packages:
        license_name = next((n for n in (package.license_declared, package.license_concluded) if n not in _UNSAID), "")
        for reference in package.external_refs or ():
            if reference.reference_type.lower() == "purl":
                yield reference.reference_locator, (license_name,) if license_name else ()


def _tags(text: bytes) -> Iterator[Declared]:
    """Yield the packages of an SPDX 2 document in tag-value form; a package begins with its name."""
    purls: list[str] = []
    license_name = ""
    for tag, value in _TAG.findall(text.decode("utf-8", "replace").replace("\r", "")):
        if tag == "PackageName":
            yield from ((purl, (license_name,) if license_name else ()) for purl in purls)
            purls, license_name = [], ""
        elif tag == "PackageLicenseDeclared":
            license_name = "" if value.strip() in _UNSAID else value.strip()
        else:
            fields = value.split()
            purls += fields[2:3] if fields[1:2] == ["purl"] else []
    yield from ((purl, (license_name,) if license_name else ()) for purl in purls)


def _evidence(path: str, declared: Iterator[Declared]) -> Evidence:
    packages: dict[str, PackageFact] = {}
    refused = 0
    for purl, licenses in declared:
        if len(packages) >= MAX_COMPONENTS:
            refused += 1
            continue
        try:
            package = None if purl in packages else declared_package(purl, licenses)
        except ValueError:
            refused += 1
            continue
        if package:
            packages[purl] = package
    reason = (
        f"{refused:,} components of the SBOM have no purl with version that can be read, or are too many or too deep."
    )
    notes = (Note("unreadable-file", reason, path),) if refused else ()
    return Evidence(path, NAME, tuple(packages.values()), notes=notes)


SBOM = Analyser(
    NAME,
    basenames=frozenset({"bom.json", "sbom.json"}),
    suffixes=(".spdx", ".spdx.json", ".cdx", ".cdx.json", ".cyclonedx.json"),
    read=read_sbom,
    limit=64 * MIB,
)
