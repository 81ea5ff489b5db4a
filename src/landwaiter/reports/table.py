"""The report for people at a terminal: the verdict first, then what was not assessed, what to do, and the details.

Names, paths and messages are the image maker's words: they are made visible (`escape.brief`), never read as markup.
"""

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator

from rich.cells import cell_len

from landwaiter.compliance.results import count
from landwaiter.inventory.models import Inventory, Note, OsRelease
from landwaiter.matching.assessed import nothing_assessed
from landwaiter.matching.models import Assessment, BundleInfo
from landwaiter.policy.models import Verdict
from landwaiter.reports.columns import Cell, Column, Painter, folded, lay_out
from landwaiter.reports.escape import brief
from landwaiter.reports.models import ScanReport
from landwaiter.reports.table_compliance import compliance
from landwaiter.reports.table_findings import finding_rows, first_steps, place

_VERDICTS = {
    "pass": ("PASS", "bold white on green"),
    "fail": ("FAIL", "bold white on red"),
    "not_assessed": ("NOT ASSESSED", "bold white on magenta"),
}
_PACKAGE_COLUMNS = (
    Column("Package", folds=True),
    Column("Type"),
    Column("Version", folds=True),
    Column("Arch"),
    Column("Path", folds=True),
    Column("Layer"),
    Column("Owned by", folds=True),
)
_NARROWEST = 20
_NOTES_SHOWN = 20


def render(report: ScanReport, *, width: int | None = None, colour: bool = False) -> str:
    """Return the report as text at most `width` cells wide (that of the terminal unless given), coloured if wanted."""
    cells = max(_NARROWEST, width or shutil.get_terminal_size((120, 24)).columns)
    painter = Painter(colour=colour)
    sections = (
        _inventory(report.inventory, cells, painter) if report.assessment is None else _scan(report, cells, painter)
    )
    shown = ["\n".join(lines) for section in sections if (lines := list(section))]
    return "\n\n".join(shown) + "\n"


def _scan(report: ScanReport, width: int, painter: Painter) -> Iterator[Iterable[str]]:
    inventory, assessment = report.inventory, report.assessment
    if assessment is None:
        return
    yield _verdict(report.verdict, width, painter)
    yield _image(inventory, width, painter, assessment.bundle)
    yield _not_assessed(inventory, assessment, width, painter)
    yield first_steps(assessment.findings, inventory.image, width, painter)
    yield finding_rows(assessment.findings, inventory.image, width, painter, nothing=_nothing(inventory, assessment))
    if report.compliance:
        yield compliance(report.compliance, width, painter)


def _nothing(inventory: Inventory, assessment: Assessment) -> str:
    """Say what it means that there are no findings."""
    if nothing_assessed(inventory, assessment):
        return "not assessed"
    complete = inventory.coverage.complete and not assessment.not_assessed
    return "none" if complete else "none in what could be assessed"


def _inventory(inventory: Inventory, width: int, painter: Painter) -> Iterator[Iterable[str]]:
    yield _image(inventory, width, painter, None)
    yield _not_assessed(inventory, None, width, painter)
    yield _packages(inventory, width, painter)


def _verdict(verdict: Verdict | None, width: int, painter: Painter) -> Iterator[str]:
    status = verdict.status if verdict else "not_assessed"
    word, style = _VERDICTS.get(status, (brief(status), ""))
    policy = f" by the policy {brief(verdict.policy)}" if verdict else ": no policy was applied"
    yield painter.paint(f" {word} ", style) + (policy if len(word) + 2 + cell_len(policy) <= width else "")
    for reason in verdict.reasons if verdict else ():
        yield from folded(brief(reason), width, painter, indent="  ")


def _image(inventory: Inventory, width: int, painter: Painter, bundle: BundleInfo | None) -> Iterator[str]:
    image = inventory.image
    yield from folded(brief(image.reference), width, painter, "bold")
    kinds = Counter(package.type for package in inventory.packages).most_common()
    by_type = ", ".join(f"{number} {kind}" for kind, number in kinds)
    facts = [
        f"digest {image.digest}" if image.digest else "",
        f"{image.platform}, {_system(inventory.os)}, {count(len(image.layers), 'layer')}",
        f"{count(len(inventory.packages), 'package')}{f': {by_type}' if by_type else ''}",
        _data(bundle) if bundle else "",
    ]
    for fact in filter(None, facts):
        yield from folded(brief(fact), width, painter, indent="  ")


def _data(bundle: BundleInfo) -> str:
    if not bundle.advisories:
        return "no advisory data: nothing was looked up"
    signer = f", signed by {bundle.signed_by}" if bundle.signed_by else ""
    return f"{bundle.advisories:,} advisories, newest of {bundle.newest or 'an unknown day'}{signer}"


def _system(release: OsRelease | None) -> str:
    if release is None:
        return "no known operating system"
    return release.pretty_name or f"{release.id} {release.version_id}".strip()


def _not_assessed(inventory: Inventory, assessment: Assessment | None, width: int, painter: Painter) -> Iterator[str]:
    """Say loudly what nothing is known of: it must not be taken for clean."""
    gaps = assessment.not_assessed if assessment else ()
    notes = inventory.coverage.notes
    if not gaps and inventory.coverage.complete:
        return
    yield from folded("NOT ASSESSED: what follows is not known to be clean", width, painter, "bold magenta")
    for gap in gaps:
        packages = f" ({count(gap.packages, 'package')})" if gap.packages else ""
        yield from folded(brief(f"{gap.reason}{packages}"), width, painter, indent="  ! ")
    for note in notes[:_NOTES_SHOWN]:
        yield from folded(brief(_note(note)), width, painter, indent="  ! ")
    if len(notes) > _NOTES_SHOWN:
        yield from folded(brief(f"and {len(notes) - _NOTES_SHOWN} more notes"), width, painter, indent="  ! ")


def _note(note: Note) -> str:
    where = f"{note.path}: " if note.path else ""
    layer = f" (layer {note.layer})" if note.layer is not None else ""
    return f"{where}{note.reason}{layer}"


def _packages(inventory: Inventory, width: int, painter: Painter) -> Iterator[str]:
    base = {layer.index for layer in inventory.image.layers if layer.base}
    rows = []
    for package in inventory.packages:
        path, layer = place(package.locations, base)
        texts = (package.name, package.type, package.version, package.arch, path, layer, package.owned_by or "")
        rows.append([Cell(brief(text)) for text in texts])
    if rows:
        yield from lay_out(_PACKAGE_COLUMNS, rows, width, painter)
    else:
        yield "No package was found."
