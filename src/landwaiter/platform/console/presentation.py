"""How values are shown: the template environment with the filters that the pages use. Autoescape is always on."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from landwaiter.compliance.models import STATUSES, ControlResult
from landwaiter.platform.console.charts import journey_chart, severity_chart


@cache
def environment() -> Environment:
    """Return the template environment; a name that a page does not get is an error, not an empty text."""
    made = Environment(
        loader=PackageLoader("landwaiter.platform.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "ago": ago,
        "attribute": getattr,
        "by_status": by_status,
        "last_part": last_part,
        "megabytes": megabytes,
        "short": short,
        "words": words,
    }
    made.globals |= {"severity_chart": severity_chart, "journey_chart": journey_chart}
    return made


def ago(time: datetime) -> str:
    """Write a time as its distance from now, "3 min ago"."""
    seconds = max(0, int((datetime.now(UTC) - time).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


def short(name: str) -> str:
    """Shorten a digest or id to what a person can compare."""
    return (name or "").removeprefix("sha256:")[:12]


def last_part(arn: str) -> str:
    """Return the part of an ARN behind its last slash."""
    return arn.rpartition("/")[2]


def words(state: str) -> str:
    """Write a state such as `not_assessed` as words."""
    return state.replace("_", " ")


def megabytes(size: int) -> str:
    """Write bytes as megabytes."""
    return f"{size / 1e6:.1f} MB"


def by_status(results: Iterable[ControlResult]) -> list[ControlResult]:
    """Sort control results by what needs attention first."""
    return sorted(results, key=lambda result: (STATUSES.index(result.status), result.benchmark, result.control))
