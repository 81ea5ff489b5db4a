"""Which of two versions is the newer, in the order of the ecosystem they come from.

One module a scheme; `schemes` is the list of them, `ranges` evaluates the ranges of OSV records.
"""

from landwaiter.versions.errors import InvalidVersionError, UnknownSchemeError
from landwaiter.versions.keys import SortKey
from landwaiter.versions.schemes import scheme, scheme_of

__all__ = ["InvalidVersionError", "SortKey", "UnknownSchemeError", "compare", "scheme_of", "sort_key"]


def compare(scheme_name: str, a: str, b: str) -> int:
    """-1 when `a` is older than `b`, 1 when it is newer, 0 when the scheme holds them for the same version.

    Raises UnknownSchemeError, and InvalidVersionError for a version that the scheme cannot read; both are InputErrors.
    """
    return scheme(scheme_name).compare(a, b)


def sort_key(scheme_name: str, version: str) -> SortKey:
    """A key that sorts as the version does among versions of its scheme, remembered for the next call.

    It is `bytes`, and may be stored and compared as a BLOB, in all schemes but "alpm", "conda" and "maven".
    Raises as `compare`.
    """
    return scheme(scheme_name).key(version)
