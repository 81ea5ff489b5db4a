"""The compliance results of a report for a terminal: what is wrong in rows, what was not assessed by its reason."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from landwaiter.compliance.models import STATUSES, ControlResult
from landwaiter.reports.columns import Cell, Column, Painter, folded, lay_out
from landwaiter.reports.escape import brief
from landwaiter.reports.table_findings import SEVERITY_STYLES

STATUS_STYLES = {
    "fail": "bold red",
    "warn": "yellow",
    "error": "bold magenta",
    "not_assessed": "magenta",
    "pass": "green",
}
_COLUMNS = (Column("Control"), Column("Status"), Column("Severity"), Column("Result", folds=True))
_URGENT = ("fail", "warn", "error")
_EVIDENCE_SHOWN = 3


def compliance(results: Sequence[ControlResult], width: int, painter: Painter) -> Iterator[str]:
    """Yield a line of numbers for each benchmark, the controls that are not met, and those that were not assessed."""
    yield from folded("Compliance", width, painter, "bold")
    for benchmark in dict.fromkeys(item.benchmark for item in results):
        yield from folded(f"{brief(benchmark)}: {_numbers(results, benchmark)}", width, painter, indent="  ")
    urgent = sorted((item for item in results if item.status in _URGENT), key=lambda item: STATUSES.index(item.status))
    if urgent:
        yield ""
        yield from lay_out(_COLUMNS, [_row(item) for item in urgent], width, painter)
    yield from _not_assessed(results, width, painter)


def _numbers(results: Sequence[ControlResult], benchmark: str) -> str:
    counts = Counter(item.status for item in results if item.benchmark == benchmark)
    return ", ".join(f"{counts[status]} {status.replace('_', ' ')}" for status in STATUSES if counts[status])


def _row(item: ControlResult) -> tuple[Cell, ...]:
    shown = item.evidence[:_EVIDENCE_SHOWN]
    evidence = "; ".join((*shown, "…") if len(item.evidence) > len(shown) else shown)
    remedy = f" -> {item.remediation}" if item.status == "fail" and item.check != "combined" else ""
    result = f"{item.title}: {item.message}{f' [{evidence}]' if evidence else ''}{remedy}"
    return (
        Cell(brief(f"{item.benchmark} {item.control}")),
        Cell(item.status, STATUS_STYLES.get(item.status, "")),
        Cell(brief(item.severity), SEVERITY_STYLES.get(item.severity, "")),
        Cell(brief(result)),
    )


def _not_assessed(results: Sequence[ControlResult], width: int, painter: Painter) -> Iterator[str]:
    by_reason: dict[str, list[ControlResult]] = defaultdict(list)
    for item in results:
        if item.status == "not_assessed":
            by_reason[item.message].append(item)
    if by_reason:
        yield ""
        number = sum(map(len, by_reason.values()))
        yield from folded(f"Controls not assessed: {number}", width, painter, "bold magenta")
    for reason, items in by_reason.items():
        yield from folded(brief(f"{reason} ({_names(items)})"), width, painter, indent="  ")


def _names(items: Sequence[ControlResult]) -> str:
    """Name controls by benchmark: `cis-docker 4.2, 4.12; landwaiter LW.1`."""
    by_benchmark: dict[str, list[str]] = defaultdict(list)
    for item in items:
        by_benchmark[item.benchmark].append(item.control)
    return "; ".join(f"{name} {', '.join(controls)}" for name, controls in by_benchmark.items())
