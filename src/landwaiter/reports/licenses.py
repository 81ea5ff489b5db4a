"""Declared licences, told apart into SPDX expressions and what is none (SPDX 2.3, annex D and annex A)."""

from functools import lru_cache
from typing import Any

import msgspec
from license_expression import get_spdx_licensing  # type: ignore[import-untyped] # the library has no types

_LONGEST = 500
"""Characters that are tried as an expression; longer texts are licences written out, or hostile."""


class License(msgspec.Struct, frozen=True):
    """One declared licence: `expression` in SPDX's own spelling, "" where it is none; `single` when it is one id."""

    text: str
    expression: str = ""
    single: bool = False


@lru_cache(maxsize=4096)
def read_license(text: str) -> License:
    """Read what a package declares. References (`LicenseRef-…`) are no expression: nothing here defines them."""
    plain = " ".join(text.split())
    if not plain or len(plain) > _LONGEST or "licenseref" in plain.lower() or not plain.isprintable():
        return License(plain)
    try:
        parsed = _licensing().parse(plain, validate=True, strict=True)
    except Exception:  # noqa: BLE001 - the parser raises whatever its own faults raise, besides its errors
        return License(plain)
    if parsed is None:
        return License(plain)
    expression = parsed.render()
    return License(plain, expression, single=" " not in expression)


@lru_cache(maxsize=1)
def _licensing() -> Any:  # noqa: ANN401 - the library is untyped
    return get_spdx_licensing()
