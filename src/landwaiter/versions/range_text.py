"""A record's ranges and the comparisons that decided, written as a person reads them."""

from collections.abc import Iterator, Sequence

from landwaiter.versions.ranges import EVERYTHING, Interval, Range, intervals
from landwaiter.versions.schemes import scheme


def range_text(scheme_name: str, ranges: Sequence[Range]) -> str:
    """Return every affected stretch of versions (">=0, <1.2.3 or >=2.0, <=2.1"), "" where there is none.

    Raises UnknownSchemeError.
    """
    return " or ".join(dict.fromkeys(interval.text() for interval in intervals(scheme_name, ranges)))


def comparison(scheme_name: str, version: str, ranges: Sequence[Range]) -> str:
    """Return how a version compares with the ends of the ranges that lie nearest to it.

    Inside "1.0 <= 1.5 < 2.0"; outside "1.5 >= 1.2 (fixed)", "1.5 < 2.0 (introduced)", or both. "" where there is no
    range. Raises UnknownSchemeError, and InvalidVersionError when the version cannot be read.
    """
    key = scheme(scheme_name).key(version)
    found = list(intervals(scheme_name, ranges))
    inside = next((interval for interval in found if interval.holds(key)), None)
    if inside is not None:
        return _inside(inside, version)
    return " and ".join(_outside(found, version, scheme_name))


def _inside(interval: Interval, version: str) -> str:
    start = "" if interval.start == EVERYTHING else f"{interval.start} <= "
    if interval.end_key is None:
        return f"{start}{version}" if start else f"every version, so {version} too"
    return f"{start}{version} {'<=' if interval.end_is_affected else '<'} {interval.end}"


def _outside(found: Sequence[Interval], version: str, scheme_name: str) -> Iterator[str]:
    order = scheme(scheme_name)
    below = [item for item in found if item.end_key is not None and order.compare(item.end, version) <= 0]
    above = [item for item in found if item.start_key is not None and order.compare(version, item.start) < 0]
    if below:
        last = below[-1] if len(below) == 1 else max(below, key=lambda item: order.key(item.end))
        sign, word = (">", "last affected") if last.end_is_affected else (">=", "fixed")
        yield f"{version} {sign} {last.end} ({word})"
    if above:
        first = min(above, key=lambda item: order.key(item.start))
        yield f"{version} < {first.start} (introduced)"
