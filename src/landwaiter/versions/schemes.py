"""The list of version schemes, and which package type or ecosystem uses which."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from landwaiter.versions import (
    alpm,
    apk,
    composer,
    conda,
    deb,
    dotted,
    gem,
    generic,
    golang,
    maven,
    nuget,
    pypi,
    rpm,
    semver,
)
from landwaiter.versions.errors import UnknownSchemeError
from landwaiter.versions.keys import SortKey

_KEYS_KEPT = 1 << 16
"""Keys remembered for each scheme; a key takes about 100 bytes, its version as much."""


@dataclass(frozen=True)
class Scheme:
    """One order of versions: `key` makes (and remembers) sort keys, `compare` says -1, 0 or 1."""

    name: str
    key: Callable[[str], SortKey]
    compare: Callable[[str, str], int]


def _scheme(
    name: str, key: Callable[[str], SortKey], special: Callable[[str, str], int | None] | None = None
) -> Scheme:
    """A scheme whose order is that of its keys; `special` answers first, where no key could."""
    remembered = lru_cache(maxsize=_KEYS_KEPT)(key)

    def compare(a: str, b: str) -> int:
        answer = special(a, b) if special else None
        if answer is not None:
            return answer
        key_a, key_b = remembered(a), remembered(b)
        return bool(key_a > key_b) - bool(key_a < key_b)

    return Scheme(name, remembered, compare)


SCHEMES: dict[str, Scheme] = {
    scheme.name: scheme
    for scheme in (
        _scheme("alpm", alpm.sort_key),
        _scheme("apk", apk.sort_key, apk.compare_without_number),
        _scheme("bitnami", semver.bitnami_key),
        _scheme("cargo", semver.key_for("cargo")),
        _scheme("composer", composer.sort_key, composer.compare_placeholders),
        _scheme("conda", conda.sort_key),
        _scheme("cran", dotted.key_for("cran")),
        _scheme("deb", deb.sort_key),
        _scheme("gem", gem.sort_key),
        _scheme("generic", generic.sort_key),
        _scheme("golang", golang.sort_key),
        _scheme("hackage", dotted.key_for("hackage")),
        _scheme("hex", semver.key_for("hex")),
        _scheme("maven", maven.sort_key),
        _scheme("npm", semver.key_for("npm")),
        _scheme("nuget", nuget.sort_key),
        _scheme("pypi", pypi.sort_key),
        _scheme("rpm", rpm.sort_key),
        _scheme("semver", semver.key_for("semver")),
    )
}

_OTHER_NAMES = {
    # purl types
    "bioconductor": "cran",
    "clojars": "maven",
    "cocoapods": "gem",
    "conan": "semver",
    "deno": "npm",
    "githubactions": "semver",
    "huggingface": "generic",
    "julia": "semver",
    "otp": "hex",
    "pub": "semver",
    "swift": "semver",
    "vscode-extension": "semver",
    # OSV ecosystems: libraries
    "conancenter": "semver",
    "crates.io": "cargo",
    "ghc": "hackage",
    "github actions": "semver",
    "go": "golang",
    "kubernetes": "semver",
    "packagist": "composer",
    "rubygems": "gem",
    "swifturl": "semver",
    "vscode": "semver",
    # OSV ecosystems: distributions; those that OSV does not have are written as their feeds are
    "almalinux": "rpm",
    "alpaquita": "apk",
    "alpine": "apk",
    "amazon linux": "rpm",
    "arch linux": "alpm",
    "azure linux": "rpm",
    "bellsoft hardened containers": "apk",
    "cbl-mariner": "rpm",
    "centos": "rpm",
    "chainguard": "apk",
    "cleanstart": "apk",
    "debian": "deb",
    "echo": "deb",
    "fedora": "rpm",
    "linux": "generic",
    "mageia": "rpm",
    "minimos": "apk",
    "openeuler": "rpm",
    "opensuse": "rpm",
    "oracle linux": "rpm",
    "photon os": "rpm",
    "red hat": "rpm",
    "rocky linux": "rpm",
    "suse": "rpm",
    "ubuntu": "deb",
    "wolfi": "apk",
}


def scheme(name: str) -> Scheme:
    """The scheme of exactly this name. Raises UnknownSchemeError."""
    found = SCHEMES.get(name)
    if found is None:
        raise UnknownSchemeError(name)
    return found


@lru_cache(maxsize=1024)
def scheme_of(name: str) -> str:
    """The scheme that a purl type ("deb", "golang") or OSV ecosystem ("Red Hat:enterprise_linux:9::baseos") uses.

    An ecosystem's suffix after the first colon does not matter, except where vendors put the repackaged ecosystem
    there ("Echo:npm", "Root:Alpine:3.18"). Upper and lower case are the same. Raises UnknownSchemeError.
    """
    ecosystem, _, suffix = name.strip().lower().partition(":")
    if ecosystem in {"echo", "root", "tuxcare"} and suffix:
        inner = _named(suffix.partition(":")[0])
        if inner:
            return inner
    found = _named(ecosystem)
    if found is None:
        raise UnknownSchemeError(name)
    return found


def _named(name: str) -> str | None:
    return name if name in SCHEMES else _OTHER_NAMES.get(name)
