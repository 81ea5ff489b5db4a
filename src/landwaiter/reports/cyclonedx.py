"""CycloneDX 1.6 (ECMA-424) as JSON: the packages of the image, and the vulnerabilities where they were assessed.

Written here rather than with cyclonedx-python-lib, whose ordered sets take several seconds for a large image; that
library's strict validator judges the output in the tests.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from landwaiter import __version__
from landwaiter.inventory.models import ImageSummary, OsRelease, Package
from landwaiter.matching.models import Finding
from landwaiter.reports import cyclonedx_models as cdx
from landwaiter.reports.cyclonedx_vulnerabilities import vulnerabilities
from landwaiter.reports.escape import visible
from landwaiter.reports.image_name import image_purl
from landwaiter.reports.json_text import json_text
from landwaiter.reports.licenses import read_license
from landwaiter.reports.models import ScanReport

_SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"
_LONGEST_LICENSE = 2000


def render(report: ScanReport) -> str:
    """Return the BOM as indented JSON."""
    inventory = report.inventory
    refs = package_refs(inventory.packages)
    components = [_component(package, ref) for package, ref in zip(inventory.packages, refs, strict=True)]
    if inventory.os is not None:
        components.insert(0, _operating_system(inventory.os))
    findings: Iterable[Finding] = report.assessment.findings if report.assessment else ()
    image = _image(inventory.image)
    bom = cdx.Bom(
        schema=_SCHEMA,
        bom_format="CycloneDX",
        spec_version="1.6",
        serial_number=f"urn:uuid:{report.serial}",
        version=1,
        metadata=cdx.Metadata(report.created, _tools(), image, tuple(_properties(report))),
        components=tuple(components),
        dependencies=(cdx.Dependency(image.bom_ref, tuple(component.bom_ref for component in components)),),
        compositions=(cdx.Composition(_aggregate(report), (image.bom_ref,)),),
        vulnerabilities=tuple(vulnerabilities(findings, _refs_by_purl(inventory.packages, refs))),
    )
    return json_text(bom)


def package_refs(packages: Iterable[Package]) -> list[str]:
    """Return a name for each package that is unique in the document: its purl, numbered where it occurs again."""
    seen: dict[str, int] = defaultdict(int)
    refs = []
    for package in packages:
        purl = visible(package.purl) or visible(f"{package.type}:{package.name}@{package.version}")
        seen[purl] += 1
        refs.append(purl if seen[purl] == 1 else f"{purl}#{seen[purl]}")
    return refs


def _refs_by_purl(packages: Iterable[Package], refs: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for package, ref in zip(packages, refs, strict=True):
        found[package.purl].append(ref)
    return found


def _component(package: Package, ref: str) -> cdx.Component:
    group, name = _group_and_name(package)
    occurrences = [cdx.Occurrence(visible(location.path), f"layer {location.layer}") for location in package.locations]
    return cdx.Component(
        type="library",
        name=visible(name),
        bom_ref=ref,
        group=visible(group),
        version=visible(package.version),
        publisher=visible(package.vendor),
        purl=visible(package.purl),
        licenses=tuple(_licenses(package.licenses)),
        evidence=cdx.Evidence(tuple(dict.fromkeys(occurrences))) if occurrences else None,
        properties=tuple(_package_properties(package)),
    )


def _group_and_name(package: Package) -> tuple[str, str]:
    """Split the ecosystem's full name as the purl does: `group:artifact`, `@scope/name`, `vendor/name`."""
    sign = ":" if package.type == "maven" else "/"
    group, found, name = package.name.rpartition(sign)
    return (group, name) if found and name else ("", package.name)


def _package_properties(package: Package) -> Iterator[cdx.Property]:
    yield cdx.Property("landwaiter:type", visible(package.type))
    if package.source is not None:
        yield cdx.Property("landwaiter:source", visible(f"{package.source.name} {package.source.version}"))
    if package.owned_by:
        yield cdx.Property("landwaiter:owned-by", visible(package.owned_by))
    if package.modularity:
        yield cdx.Property("landwaiter:module", visible(package.modularity))


def _licenses(texts: Iterable[str]) -> Iterator[cdx.LicenseChoice]:
    """Yield one expression, or ids and names: the schema does not allow both in one component."""
    read = [read_license(text) for text in dict.fromkeys(texts) if text.strip()]
    if len(read) == 1 and read[0].expression and not read[0].single:
        yield cdx.LicenseChoice(expression=read[0].expression)
        return
    for item in dict.fromkeys(read):
        if item.single:
            yield cdx.LicenseChoice(cdx.LicenseId(id=item.expression))
        else:
            yield cdx.LicenseChoice(cdx.LicenseId(name=visible(item.text)[:_LONGEST_LICENSE]))


def _operating_system(release: OsRelease) -> cdx.Component:
    version = visible(release.version_id)
    name = visible(release.id) or "unknown"
    return cdx.Component("operating-system", name, bom_ref=f"os:{name}@{version}", version=version)


def _image(image: ImageSummary) -> cdx.Component:
    layers = [cdx.Property(f"landwaiter:layer:{layer.index}", layer.diff_id) for layer in image.layers]
    return cdx.Component(
        type="container",
        name=visible(image.reference),
        bom_ref=f"image:{image.digest or visible(image.reference)}",
        version=image.digest,
        purl=visible(image_purl(image)),
        properties=(cdx.Property("landwaiter:platform", str(image.platform)), *layers),
    )


def _tools() -> cdx.Tools:
    return cdx.Tools((cdx.Component("application", "landwaiter", version=__version__),))


def _aggregate(report: ScanReport) -> str:
    return "complete" if report.inventory.coverage.complete else "incomplete"


def _properties(report: ScanReport) -> Iterator[cdx.Property]:
    """Say what was not understood or not assessed, the data used, and the verdict."""
    for note in report.inventory.coverage.notes:
        yield cdx.Property("landwaiter:not-understood", visible(f"{note.kind} {note.path} {note.reason}"))
    if report.assessment:
        yield cdx.Property("landwaiter:advisories", visible(report.assessment.bundle.id))
        for gap in report.assessment.not_assessed:
            yield cdx.Property("landwaiter:not-assessed", visible(f"{gap.kind} {gap.reason}"))
    if report.verdict:
        yield cdx.Property("landwaiter:verdict", report.verdict.status)
