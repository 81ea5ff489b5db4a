"""SPDX 2.3 as JSON (ISO/IEC 5962 and its JSON schema): the packages of the image. spdx-tools judges it in the tests."""

import hashlib
import re
from collections.abc import Iterable, Iterator

import msgspec

from landwaiter import __version__
from landwaiter.inventory.models import ImageSummary, Package
from landwaiter.reports.escape import visible
from landwaiter.reports.image_name import image_purl
from landwaiter.reports.json_text import json_text
from landwaiter.reports.licenses import License, read_license
from landwaiter.reports.models import ScanReport

_NO_ASSERTION = "NOASSERTION"
_DOCUMENT = "SPDXRef-DOCUMENT"
_IMAGE = "SPDXRef-Image"
_PURL = re.compile(r"pkg:[A-Za-z][A-Za-z0-9.+-]*/[!-~]+\Z")
_LICENSE_LIST = "3.25"


class _Object(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """An object of the document: camelCase, and nothing written that is absent."""


class _ExternalRef(_Object, frozen=True):
    reference_category: str
    reference_type: str
    reference_locator: str


class _Checksum(_Object, frozen=True):
    algorithm: str
    checksum_value: str


class _Package(_Object, frozen=True):
    spdx_id: str = msgspec.field(name="SPDXID")
    name: str
    download_location: str
    files_analyzed: bool
    license_concluded: str
    license_declared: str
    copyright_text: str
    version_info: str = ""
    supplier: str = ""
    source_info: str = ""
    primary_package_purpose: str = ""
    checksums: tuple[_Checksum, ...] = ()
    external_refs: tuple[_ExternalRef, ...] = ()
    comment: str = ""


class _Relationship(_Object, frozen=True):
    spdx_element_id: str = msgspec.field(name="spdxElementId")
    relationship_type: str
    related_spdx_element: str = msgspec.field(name="relatedSpdxElement")


class _ExtractedLicense(_Object, frozen=True):
    license_id: str
    extracted_text: str
    name: str


class _CreationInfo(_Object, frozen=True):
    created: str
    creators: tuple[str, ...]
    license_list_version: str
    comment: str = ""


class _Document(_Object, frozen=True):
    spdx_version: str
    data_license: str
    spdx_id: str = msgspec.field(name="SPDXID")
    name: str
    document_namespace: str
    creation_info: _CreationInfo
    packages: tuple[_Package, ...]
    relationships: tuple[_Relationship, ...]
    has_extracted_licensing_infos: tuple[_ExtractedLicense, ...] = ()


def render(report: ScanReport) -> str:
    """Return the document as indented JSON."""
    inventory = report.inventory
    extracted: dict[str, _ExtractedLicense] = {}
    packages = [_package(package, number, extracted) for number, package in enumerate(inventory.packages, 1)]
    document = _Document(
        spdx_version="SPDX-2.3",
        data_license="CC0-1.0",
        spdx_id=_DOCUMENT,
        name=visible(inventory.image.reference) or "image",
        document_namespace=f"urn:uuid:{report.serial}",
        creation_info=_CreationInfo(
            report.created, (f"Tool: landwaiter-{__version__}",), _LICENSE_LIST, "\n".join(_gaps(report))
        ),
        packages=(_image(inventory.image), *packages),
        relationships=(
            _Relationship(_DOCUMENT, "DESCRIBES", _IMAGE),
            *(_Relationship(_IMAGE, "CONTAINS", package.spdx_id) for package in packages),
        ),
        has_extracted_licensing_infos=tuple(extracted.values()),
    )
    return json_text(document)


def _image(image: ImageSummary) -> _Package:
    purl = image_purl(image)
    algorithm, _, value = image.digest.partition(":")
    return _Package(
        spdx_id=_IMAGE,
        name=visible(image.reference) or "image",
        download_location=_NO_ASSERTION,
        files_analyzed=False,
        license_concluded=_NO_ASSERTION,
        license_declared=_NO_ASSERTION,
        copyright_text=_NO_ASSERTION,
        version_info=image.digest,
        primary_package_purpose="CONTAINER",
        checksums=(_Checksum(algorithm.upper(), value),) if value else (),
        external_refs=(_purl(purl),) if purl else (),
    )


def _package(package: Package, number: int, extracted: dict[str, _ExtractedLicense]) -> _Package:
    return _Package(
        spdx_id=f"SPDXRef-Package-{number}",
        name=visible(package.name) or "unnamed",
        download_location=_NO_ASSERTION,
        files_analyzed=False,
        license_concluded=_NO_ASSERTION,
        license_declared=_declared(package.licenses, extracted),
        copyright_text=_NO_ASSERTION,
        version_info=visible(package.version),
        supplier=_supplier(package.vendor),
        source_info=visible(_source(package)),
        external_refs=(_purl(package.purl),) if _PURL.match(package.purl) else (),
    )


def _supplier(vendor: str) -> str:
    """Name the vendor; round brackets would be read as an e-mail address (SPDX 2.3, 7.5)."""
    name = visible(vendor).replace("(", "[").replace(")", "]").strip()
    return f"Organization: {name}" if name else ""


def _purl(purl: str) -> _ExternalRef:
    return _ExternalRef("PACKAGE-MANAGER", "purl", purl)


def _source(package: Package) -> str:
    places = ", ".join(f"{location.path} in layer {location.layer}" for location in package.locations[:20])
    built = f"; built from {package.source.name} {package.source.version}" if package.source else ""
    return f"found as {package.type} package at {places}{built}" if places else built.removeprefix("; ")


def _declared(texts: Iterable[str], extracted: dict[str, _ExtractedLicense]) -> str:
    """Join the declared licences with AND; what is no SPDX expression becomes a reference to its text."""
    parts = []
    read = dict.fromkeys(read_license(text) for text in texts if text.strip())
    for item in read:
        if item.expression:
            parts.append(item.expression if item.single or len(read) == 1 else f"({item.expression})")
        else:
            parts.append(_reference(item, extracted))
    return " AND ".join(dict.fromkeys(parts)) or _NO_ASSERTION


def _reference(item: License, extracted: dict[str, _ExtractedLicense]) -> str:
    """Return `LicenseRef-…`, named by the text's hash, so that equal texts have one reference."""
    name = f"LicenseRef-{hashlib.sha256(item.text.encode('utf-8', 'backslashreplace')).hexdigest()[:16]}"
    extracted[name] = _ExtractedLicense(name, visible(item.text), visible(item.text)[:200])
    return name


def _gaps(report: ScanReport) -> Iterator[str]:
    for note in report.inventory.coverage.notes:
        yield visible(f"Not understood: {note.kind} {note.path} {note.reason}")
    for gap in report.assessment.not_assessed if report.assessment else ():
        yield visible(f"Not assessed: {gap.kind} {gap.reason}")
