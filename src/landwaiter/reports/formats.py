"""The formats by the name that `--format` takes. A format's module is loaded when it is asked for."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, TypeAlias

from landwaiter.errors import InputError

if TYPE_CHECKING:
    from landwaiter.reports.models import ScanReport

Renderer: TypeAlias = "Callable[[ScanReport], str]"

SCAN_FORMATS: Mapping[str, str] = {
    "table": "table",
    "json": "contract_json",
    "sarif": "sarif",
    "cyclonedx": "cyclonedx",
    "spdx": "spdx",
    "openvex": "openvex",
    "csv": "comma_separated",
    "junit": "junit",
    "asff": "asff",
}
"""Name -> module of what `landwaiter scan` can write."""
INVENTORY_FORMATS: Mapping[str, str] = {name: SCAN_FORMATS[name] for name in ("table", "json", "cyclonedx", "spdx")}
"""Name -> module of what `landwaiter inventory` can write."""


def renderer(name: str) -> Renderer:
    """Return the function that renders a report in the format. Raises InputError on an unknown name."""
    module = SCAN_FORMATS.get(name)
    if module is None:
        raise InputError(f"The format {name!r} is unknown.", f"Known are {', '.join(SCAN_FORMATS)}.")
    found: Renderer = import_module(f"landwaiter.reports.{module}").render
    return found


def render(name: str, report: "ScanReport") -> str:
    """Return the report in the format of that name. Raises InputError on an unknown name."""
    return renderer(name)(report)
