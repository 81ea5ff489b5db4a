"""Lists of whole numbers: R's packages (CRAN, Bioconductor) and Haskell's (Hackage).

Compared number by number, the longer list above its beginning: 0.1 < 0.1.0 < 0.1.1 (R's `numeric_version`, where a
hyphen separates as a dot does; Data.Version of Haskell).
"""

import re
from collections.abc import Callable

from landwaiter.versions.errors import InvalidVersionError
from landwaiter.versions.keys import number, readable

_NUMBERS = re.compile(r"v?([0-9]+(?:[.-][0-9]+)*)")
_SEPARATOR = re.compile(r"[.-]")


def key_for(scheme: str) -> Callable[[str], bytes]:
    """The key function of an ecosystem of dotted numbers; `scheme` names it in errors."""

    def sort_key(version: str) -> bytes:
        match = _NUMBERS.fullmatch(readable(scheme, version))
        if not match:
            raise InvalidVersionError(scheme, version, "it is not numbers with dots or hyphens between them")
        return b"".join(b"\1" + number(part) for part in _SEPARATOR.split(match[1])) + b"\0"

    return sort_key
