"""Composer's order of versions: normalised as composer/semver does (VersionParser), then as PHP's version_compare.

Normalised means that 1.0, v1.0.0 and 1.0.0.0 are one version, that "b2" is "beta2", and that a numeric branch such as
"2.1.x-dev" stands above all releases of 2.1. A named branch ("dev-main") stands below every release. What Composer
would refuse is still ordered as PHP orders it.
"""

import re
from itertools import takewhile, zip_longest

from landwaiter.versions.keys import number, readable, text

SCHEME = "composer"

_MODIFIER = r"[._-]?(?:(stable|beta|b|rc|alpha|a|patch|pl|p)((?:[.-]?[0-9]++)*+)?)?([.-]?dev)?"
_CLASSIC = re.compile(rf"v?([0-9]{{1,5}}(?:\.[0-9]+){{0,3}}){_MODIFIER}", re.IGNORECASE)
_DATE = re.compile(rf"v?([0-9]{{4}}(?:[.:-]?[0-9]{{2}}){{1,6}}(?:[.:-]?[0-9]{{1,3}}){{0,2}}){_MODIFIER}", re.IGNORECASE)
_NUMERIC_BRANCH = re.compile(r"v?([0-9]+(?:\.(?:[0-9]+|[x*])){0,3})[.-]?dev", re.IGNORECASE)
_ALIAS = re.compile(r"([^,\s]+) +as +[^,\s]+")
_STABILITY_FLAG = re.compile(r"@(?:stable|rc|beta|alpha|dev)$", re.IGNORECASE)
_REFERENCE = re.compile(r"#[0-9a-f]+$", re.IGNORECASE)
_LEADING_V = re.compile(r"v(?=[0-9])", re.IGNORECASE)
_TOKEN = re.compile(r"[0-9]+|[^0-9.+_-]+")
_NOT_DIGITS = re.compile(r"[^0-9]")
_STABILITIES = {"b": "beta", "a": "alpha", "pl": "patch", "p": "patch", "rc": "RC"}
_TRUNKS = ("master", "trunk", "default")
_ANY_NUMBER = "9999999"
_NUMBERS = 4

_UNKNOWN, _DEV, _ALPHA, _BETA, _CANDIDATE, _END, _NUMBER, _PATCH = (bytes((rank,)) for rank in range(1, 9))
# PHP looks at the beginning of a word only, and in this order.
_WORDS = (("dev", _DEV), ("a", _ALPHA), ("b", _BETA), ("RC", _CANDIDATE), ("rc", _CANDIDATE), ("p", _PATCH))
_PLACEHOLDER = "#"


def sort_key(version: str) -> bytes:
    """The key of a Composer version. Raises InvalidVersionError only for what no scheme reads (empty, NUL)."""
    tokens = _TOKEN.findall(_normalise(readable(SCHEME, version)))
    return b"".join(map(_token_key, tokens)) + _END


def compare_placeholders(a: str, b: str) -> int | None:
    """-1, 0 or 1 where one has PHP's placeholder "#", which equals any number ("1.2.#"): no key can say that.

    None where neither has one. Raises InvalidVersionError only for what no scheme reads (empty, NUL).
    """
    if _PLACEHOLDER not in a and _PLACEHOLDER not in b:
        return None
    return _compare_in_pairs(_normalise(readable(SCHEME, a)), _normalise(readable(SCHEME, b)))


def _normalise(version: str) -> str:
    alias = _ALIAS.fullmatch(version)
    if alias:
        version = alias[1]
    version = _STABILITY_FLAG.sub("", version)
    if version in _TRUNKS or version[:4].lower() == "dev-":
        return _REFERENCE.sub("", "dev-" + version.removeprefix("dev-"))
    return _normalise_release(_REFERENCE.sub("", version.partition("+")[0] or version))


def _normalise_release(version: str) -> str:
    match = _CLASSIC.fullmatch(version)
    if match:
        return _padded(match[1]) + _modifiers(match)
    match = _DATE.fullmatch(version)
    if match:
        return _NOT_DIGITS.sub(".", match[1]) + _modifiers(match)
    branch = _NUMERIC_BRANCH.fullmatch(version)
    if branch:
        numbers = branch[1].lower().replace("*", "x").split(".")
        numbers += ["x"] * (_NUMBERS - len(numbers))
        return ".".join(_ANY_NUMBER if n == "x" else n for n in numbers) + "-dev"
    return _as_php_reads_it(_LEADING_V.sub("", version, count=1) if version[:1] in "vV" else version)


def _padded(numbers: str) -> str:
    return numbers + ".0" * (_NUMBERS - 1 - numbers.count("."))


def _modifiers(match: re.Match[str]) -> str:
    stability = (match[2] or "").lower()
    if stability == "stable":
        return ""
    named = f"-{_STABILITIES.get(stability, stability)}{(match[3] or '').lstrip('.-')}" if stability else ""
    return named + ("-dev" if match[4] else "")


def _as_php_reads_it(version: str) -> str:
    """What Composer refuses, with its numbers padded as those of other versions are."""
    tokens = _TOKEN.findall(version)
    numbers = list(takewhile(_is_number, tokens))
    if not numbers or _PLACEHOLDER in version:
        return version
    return ".".join((_padded(".".join(numbers)), *tokens[len(numbers) :]))


def _is_number(token: str) -> bool:
    return token[0] in "0123456789"


def _token_key(token: str) -> bytes:
    if _is_number(token):
        return _NUMBER + number(token)
    rank = _rank(token)
    # PHP holds all words that it does not know for equal; two branches are not the same branch.
    return rank + text(token) if rank == _UNKNOWN else rank


def _rank(token: str) -> bytes:
    return next((rank for word, rank in _WORDS if token.startswith(word)), _UNKNOWN)


def _compare_in_pairs(a: str, b: str) -> int:
    for left, right in zip_longest(_TOKEN.findall(a), _TOKEN.findall(b)):
        if left and right and _is_number(left) and _is_number(right):
            key_left, key_right = number(left), number(right)
        else:
            key_left, key_right = _class(left, right), _class(right, left)
        if key_left != key_right:
            return -1 if key_left < key_right else 1
    return 0


def _class(token: str | None, other: str | None) -> bytes:
    """PHP compares a number with a word, and an end with a word, as if it were the placeholder."""
    if token is None or token.startswith(_PLACEHOLDER):
        return _END
    if _is_number(token):
        return _NUMBER if other is None else _END
    return _rank(token)
