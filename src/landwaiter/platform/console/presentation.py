"""How values are shown: the template environment with the filters that the pages use. Autoescape is always on."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from landwaiter.compliance.models import STATUSES, ControlResult
from landwaiter.platform.console.charts import journey_chart, severity_chart, size_bar
from landwaiter.printable import printable

LONGEST = 4000
"""Characters of one value that a page shows; whatever is longer is somebody's attempt to make it unreadable."""


class ImageName(msgspec.Struct, frozen=True):
    """A reference in the two parts that a person reads: `name` with its tag, and the `registry`, "" if none."""

    name: str
    registry: str


@cache
def environment() -> Environment:
    """Return the template environment; a name that a page does not get is an error, not an empty text."""
    made = Environment(
        loader=PackageLoader("landwaiter.platform.console"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "ago": ago,
        "attribute": getattr,
        "by_status": by_status,
        "coded": coded,
        "day": day,
        "duration": duration,
        "image_name": image_name,
        "last_part": last_part,
        "megabytes": megabytes,
        "number": number,
        "short": short,
        "words": words,
    }
    made.globals |= {"severity_chart": severity_chart, "journey_chart": journey_chart, "size_bar": size_bar}
    return made


def shown(value: object) -> object:
    """Make text fit to be shown: no control or direction-changing characters, bounded. Markup stays as it is."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return printable(value if len(value) <= LONGEST else value[:LONGEST] + "…")


def ago(time: datetime) -> str:
    """Write a time as its distance from now, "3 min ago"."""
    seconds = max(0, int((datetime.now(UTC) - time).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


def coded(text: str) -> Markup:
    """Write what stands between backticks as code."""
    parts = [escape(shown(part)) for part in text.split("`")]
    return Markup().join(
        Markup("<code>{}</code>").format(part) if index % 2 else part for index, part in enumerate(parts)
    )


def day(time: str) -> str:
    """Return the day of an RFC 3339 time."""
    return time.partition("T")[0]


def duration(milliseconds: int) -> str:
    """Write a duration in the unit that a person would use."""
    return f"{milliseconds} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def image_name(reference: str) -> ImageName:
    """Split a reference for people: without the digest where there is a tag, the registry apart."""
    named, _, digest = reference.partition("@")
    first, slash, rest = named.partition("/")
    has_registry = bool(slash) and (first == "localhost" or "." in first or ":" in first)
    registry, name = (first, rest) if has_registry else ("", named)
    if digest and ":" not in name:
        name = f"{name}@{short(digest)}"
    return ImageName(name or reference, registry)


def short(name: str | None) -> str:
    """Shorten a digest or id to what a person can compare."""
    return (name or "").removeprefix("sha256:")[:12]


def last_part(arn: str) -> str:
    """Return the part of an ARN behind its last slash."""
    return arn.rpartition("/")[2]


def number(count: int, noun: str, plural: str = "") -> str:
    """Write a count with its noun, "1 image", "1,200 images"."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def words(state: str) -> str:
    """Write a state such as `not_assessed` as words."""
    return state.replace("_", " ")


def megabytes(size: int) -> str:
    """Write bytes as megabytes, small ones as kilobytes."""
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size / 1e3:.1f} kB"


def by_status(results: Iterable[ControlResult]) -> list[ControlResult]:
    """Sort control results by what needs attention first."""
    return sorted(results, key=lambda result: (STATUSES.index(result.status), result.benchmark, result.control))
