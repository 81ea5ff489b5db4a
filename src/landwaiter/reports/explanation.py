"""The answer of `landwaiter explain` for a terminal, and as JSON."""

import shutil
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from landwaiter.compliance.results import count
from landwaiter.inventory.models import ImageSummary, LayerSummary, Location
from landwaiter.matching.considered import Considered
from landwaiter.matching.explain import Explanation
from landwaiter.matching.models import Finding, NotAssessed
from landwaiter.reports.columns import Painter, folded
from landwaiter.reports.escape import brief, shortened
from landwaiter.reports.inventory_json import image_document
from landwaiter.reports.json_text import json_text

_VERDICTS = {
    "affected": ("AFFECTED", "bold white on red"),
    "suppressed": ("SUPPRESSED", "bold black on yellow"),
    "not_affected": ("NOT AFFECTED", "bold white on green"),
    "not_assessed": ("NOT ASSESSED", "bold white on magenta"),
}
_OUTCOMES = {
    "affected": "affected",
    "outside": "outside",
    "not_affected": "not affected, says the vendor",
    "other": "about another build",
    "unreadable": "cannot be compared",
    "owned": "not asked",
}
_STATUSES = {
    "will_not_fix": "the vendor will not fix it",
    "deferred": "the vendor has deferred a fix",
    "end_of_life": "its support has ended",
    "under_investigation": "the vendor is looking into it",
}
_PLACES_SHOWN = 5
_PACKAGES_SHOWN = 20
_NARROWEST = 20
_LONGEST_INSTRUCTION = 120


def render_json(explanation: Explanation, image: ImageSummary) -> str:
    """Return the JSON: the fields of `Explanation`, and the image without secrets of its settings and history."""
    document = image_document(image)
    redacted = {layer.index: layer for layer in document.layers}
    considered = tuple(
        msgspec.structs.replace(item, layers=tuple(redacted.get(layer.index, layer) for layer in item.layers))
        for item in explanation.considered
    )
    said = msgspec.structs.replace(explanation, considered=considered)
    fields = {name: getattr(said, name) for name in Explanation.__struct_fields__}
    return json_text({"image": document, **fields})


def render(explanation: Explanation, image: ImageSummary, *, width: int | None = None, colour: bool = False) -> str:
    """Return the answer as text at most `width` cells wide (that of the terminal unless given)."""
    cells = max(_NARROWEST, width or shutil.get_terminal_size((120, 24)).columns)
    painter = Painter(colour=colour)
    layers = {layer.index: layer for layer in image_document(image).layers}
    sections = (
        _head(explanation, image, cells, painter),
        *_packages(explanation, layers, cells, painter),
        _elsewhere(explanation, cells, painter),
        _gaps(explanation.gaps, cells, painter),
    )
    shown = ["\n".join(lines) for section in sections if (lines := list(section))]
    return "\n\n".join(shown) + "\n"


def _head(explanation: Explanation, image: ImageSummary, width: int, painter: Painter) -> Iterator[str]:
    word, style = _VERDICTS[explanation.verdict]
    yield painter.paint(f" {word} ", style)
    yield from folded(brief(explanation.answer), width, painter, indent="  ")
    yield from folded(brief(f"image: {image.reference}"), width, painter, indent="  ")
    if explanation.names:
        yield from folded(brief(f"also named: {', '.join(explanation.names)}"), width, painter, indent="  ")
    bundle = explanation.bundle
    records = count(len(explanation.records), "record")
    withdrawn = f", {len(explanation.withdrawn)} withdrawn" if explanation.withdrawn else ""
    of = f"{records}{withdrawn} of {bundle.advisories:,}, newest of {bundle.newest or 'an unknown day'}"
    yield from folded(brief(f"advisories: {of}"), width, painter, indent="  ")


def _packages(
    explanation: Explanation, layers: dict[int, LayerSummary], width: int, painter: Painter
) -> Iterator[Iterator[str]]:
    groups: dict[str, list[Considered]] = {}
    for item in explanation.considered:
        package = item.package
        groups.setdefault(f"{package.type} {package.name} {package.version} {package.purl}", []).append(item)
    ordered = sorted(groups.values(), key=lambda group: not any(item.outcome == "affected" for item in group))
    for group in ordered[:_PACKAGES_SHOWN]:
        yield _package(group, explanation.findings, layers, width, painter)
    if len(ordered) > _PACKAGES_SHOWN:
        yield iter([f"and {len(ordered) - _PACKAGES_SHOWN} more packages; --format json names them"])


def _package(
    group: Sequence[Considered],
    findings: Sequence[Finding],
    layers: dict[int, LayerSummary],
    width: int,
    painter: Painter,
) -> Iterator[str]:
    package = group[0].package
    yield from folded(brief(f"{package.name} {package.version} ({package.type})"), width, painter, "bold")
    if package.source is not None and package.source.name != package.name:
        yield from folded(brief(f"built from {package.source.name} {package.source.version}"), width, painter, "", "  ")
    for item in sorted(group, key=lambda item: not item.decides):
        yield from _record(item, width, painter)
    yield from _fix(group, findings, width, painter)
    yield from _places(package.locations, layers, width, painter)


def _record(item: Considered, width: int, painter: Painter) -> Iterator[str]:
    reason = item.reason
    word = _OUTCOMES.get(item.outcome, item.outcome)
    mark = "decides: " if item.decides else "also: "
    compared = "" if item.outcome in {"owned", "other"} else f": {item.comparison}" if item.comparison else ""
    text = f"{mark}{reason.record} ({reason.feed}, {reason.ecosystem}): {word}{compared}"
    yield from folded(brief(text), width, painter, indent="  ")
    ranges = item.ranges or item.reason.range or "no range"
    listed = " (the version is listed)" if item.reason.range == "listed in versions" else ""
    yield from folded(brief(f"{reason.package} is affected {ranges}{listed}"), width, painter, indent="    ")
    if item.note and item.outcome != "outside":
        yield from folded(brief(item.note), width, painter, indent="    ")
    if item.status in _STATUSES:
        yield from folded(_STATUSES[item.status], width, painter, indent="    ")
    if reason.url:
        yield from folded(brief(reason.url), width, painter, indent="    ")


def _fix(group: Sequence[Considered], findings: Sequence[Finding], width: int, painter: Painter) -> Iterator[str]:
    purl, name = group[0].package.purl, group[0].package.name
    for finding in findings:
        if (finding.package.purl, finding.package.name) != (purl, name):
            continue
        facts = [f"{finding.severity}", "known exploited" if finding.kev else ""]
        facts += [f"CVSS {finding.cvss.version} {finding.cvss.score}" if finding.cvss else ""]
        facts += [f"EPSS {finding.epss:.3f}" if finding.epss is not None else ""]
        yield from folded(brief(f"{finding.id}: {', '.join(filter(None, facts))}"), width, painter, indent="  ")
        fixed = f"fixed in {', '.join(finding.fixed_versions)}" if finding.fixed_versions else "no fix is known"
        yield from folded(brief(fixed), width, painter, indent="  ")
        if finding.suppressed is not None:
            why = finding.suppressed
            words = filter(None, (why.status, why.justification, why.statement))
            text = f"VEX: {', '.join(words).replace('_', ' ')} (from {why.source})"
            yield from folded(brief(text), width, painter, indent="  ")


def _places(
    locations: Sequence[Location], layers: dict[int, LayerSummary], width: int, painter: Painter
) -> Iterator[str]:
    by_layer: dict[int, list[str]] = {}
    for location in locations:
        by_layer.setdefault(location.layer, []).append(location.path)
    for index, paths in sorted(by_layer.items()):
        yield from folded(brief(_layer(index, layers.get(index))), width, painter, indent="  ")
        for path in paths[:_PLACES_SHOWN]:
            yield from folded(brief(path), width, painter, indent="    ")
        if len(paths) > _PLACES_SHOWN:
            yield from folded(f"and {len(paths) - _PLACES_SHOWN} more paths", width, painter, indent="    ")


def _layer(index: int, layer: LayerSummary | None) -> str:
    if layer is None:
        return f"from layer {index}"
    base = " of the base image" if layer.base else ""
    by = f", made by {shortened(layer.created_by, _LONGEST_INSTRUCTION)}" if layer.created_by else ""
    return f"from layer {index}{base} ({layer.digest or layer.diff_id}){by}"


def _elsewhere(explanation: Explanation, width: int, painter: Painter) -> Iterator[str]:
    if not explanation.elsewhere:
        return
    yield from folded("Packages that its records speak of, and the image has not", width, painter, "bold")
    yield from folded(brief(", ".join(explanation.elsewhere)), width, painter, indent="  ")


def _gaps(gaps: Iterable[NotAssessed], width: int, painter: Painter) -> Iterator[str]:
    """Say what it might hide in."""
    lines = []
    for gap in gaps:
        packages = f" ({count(gap.packages, 'package')})" if gap.packages else ""
        lines.append(brief(f"{gap.reason}{packages}"))
    if lines:
        yield from folded("NOT ASSESSED: it may be in what no data speak for", width, painter, "bold magenta")
    for line in lines:
        yield from folded(line, width, painter, indent="  ! ")
