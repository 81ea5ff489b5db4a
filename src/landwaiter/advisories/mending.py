"""Versions in ranges that are none in their ecosystem, read as what they mean.

Records that were made from CPEs end ranges with versions such as `2.6.0-NA` or `2.6.0-cu124`. PEP 440 has no such
versions, and the order of old setuptools puts them below everything, which would make the range empty.
"""

import re

import msgspec
from packaging.version import VERSION_PATTERN

from landwaiter.versions.ranges import Event, Range

_PEP_440 = re.compile(rf"\s*{VERSION_PATTERN}\s*", re.VERBOSE | re.IGNORECASE)
_SEPARATOR = re.compile(r"[^A-Za-z0-9]")


def mend(ecosystem: str, ranges: tuple[Range, ...]) -> tuple[tuple[Range, ...], tuple[str, ...]]:
    """Return the ranges with versions that their ecosystem can order, and the versions that had to be changed."""
    if ecosystem != "PyPI":
        return ranges, ()
    odd = tuple(
        version
        for item in ranges
        for event in item.events
        for version in msgspec.structs.astuple(event)
        if version is not None and version != "*" and _PEP_440.fullmatch(version) is None
    )
    return (tuple(_mended(item) for item in ranges), odd) if odd else (ranges, ())


def _mended(item: Range) -> Range:
    events = (tuple(part and _beginning(part) for part in msgspec.structs.astuple(event)) for event in item.events)
    return Range(item.type, tuple(Event(*parts) for parts in events))


def _beginning(version: str) -> str:
    """Return the longest beginning, up to a separator, that PEP 440 reads; the version itself where there is none."""
    if version == "*" or _PEP_440.fullmatch(version):
        return version
    cuts = [found.start() for found in _SEPARATOR.finditer(version)]
    beginnings = (version[:cut] for cut in reversed(cuts))
    return next((beginning for beginning in beginnings if _PEP_440.fullmatch(beginning)), version)
