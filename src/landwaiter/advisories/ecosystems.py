"""The ecosystems that the bundle compiles: their version scheme, their names' normal form, who may speak for them.

Names: OSV schema, section "Defined Ecosystems"; the part after the first colon is the release. Names beside OSV's own
(Amazon Linux, Oracle Linux, Arch Linux, Photon OS) are ours for the vendors' feeds in other formats.
"""

import re
from collections.abc import Callable, Iterable

import msgspec


class Ecosystem(msgspec.Struct, frozen=True):
    """One ecosystem: `purl_type` of its packages, `scheme` of its versions (see `landwaiter.versions`).

    `distribution` marks an operating system's vendor; `releases` that its name is only meaningful with a release.
    `prefixes` are the id prefixes that only speak of this ecosystem.
    """

    name: str
    purl_type: str
    scheme: str
    distribution: bool = False
    releases: bool = False
    prefixes: tuple[str, ...] = ()


def _language(name: str, purl_type: str, scheme: str, *prefixes: str) -> Ecosystem:
    return Ecosystem(name, purl_type, scheme, prefixes=prefixes)


def _distribution(name: str, purl_type: str, *prefixes: str, releases: bool = True) -> Ecosystem:
    return Ecosystem(name, purl_type, purl_type, distribution=True, releases=releases, prefixes=prefixes)


ECOSYSTEMS: dict[str, Ecosystem] = {
    ecosystem.name: ecosystem
    for ecosystem in (
        _language("PyPI", "pypi", "pypi", "PYSEC-"),
        _language("npm", "npm", "npm"),
        _language("Maven", "maven", "maven"),
        _language("Go", "golang", "golang", "GO-"),
        _language("crates.io", "cargo", "cargo", "RUSTSEC-"),
        _language("RubyGems", "gem", "gem"),
        _language("Packagist", "composer", "composer", "DRUPAL-"),
        _language("NuGet", "nuget", "nuget"),
        _language("Hex", "hex", "hex"),
        _language("CRAN", "cran", "cran", "RSEC-"),
        _language("Pub", "pub", "semver"),
        _language("ConanCenter", "conan", "semver"),
        _language("SwiftURL", "swift", "semver"),
        _language("Julia", "julia", "semver", "JLSEC-"),
        _language("Bitnami", "bitnami", "bitnami", "BIT-"),
        _distribution("Debian", "deb", "DSA-", "DLA-", "DTSA-", "DEBIAN-"),
        _distribution("Ubuntu", "deb", "UBUNTU-", "USN-", "LSN-"),
        _distribution("Echo", "deb", releases=False),
        _distribution("Alpine", "apk", "ALPINE-"),
        _distribution("Wolfi", "apk", releases=False),
        _distribution("Chainguard", "apk", "CGA-", releases=False),
        _distribution("Alpaquita", "apk", "BELL-"),
        _distribution("MinimOS", "apk", "MINI-", releases=False),
        _distribution("CleanStart", "apk", "CLEANSTART-", releases=False),
        _distribution("AlmaLinux", "rpm", "ALSA-", "ALBA-", "ALEA-"),
        _distribution("Rocky Linux", "rpm", "RLSA-", "RXSA-", "RLBA-", "RLEA-"),
        _distribution("Red Hat", "rpm", "RHSA-", "RHBA-", "RHEA-"),
        _distribution("SUSE", "rpm", "SUSE-"),
        _distribution("openSUSE", "rpm", "openSUSE-"),
        _distribution("openEuler", "rpm", "OESA-"),
        _distribution("Mageia", "rpm", "MGASA-"),
        _distribution("Photon OS", "rpm", "PHSA-"),
        _distribution("Azure Linux", "rpm", "AZL-"),
        _distribution("Amazon Linux", "rpm", "ALAS"),
        _distribution("Oracle Linux", "rpm", "ELSA-"),
        _distribution("Arch Linux", "alpm", "ASA-", "AVG-", releases=False),
    )
}

_SHARED_PREFIXES = {
    "CGA-": ("Chainguard", "Wolfi"),
    "SUSE-": ("SUSE", "openSUSE"),
    "openSUSE-": ("openSUSE", "SUSE"),
    "BELL-": ("Alpaquita",),
}
_OWNERS: dict[str, tuple[str, ...]] = {
    prefix: _SHARED_PREFIXES.get(prefix, (ecosystem.name,))
    for ecosystem in ECOSYSTEMS.values()
    for prefix in ecosystem.prefixes
}
_PEP_503 = re.compile(r"[-_.]+")


def base_of(ecosystem: str) -> str:
    """Return the ecosystem's name without its release: "Debian" of "Debian:12"."""
    return ecosystem.partition(":")[0]


def by_family(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return ecosystem strings by their name without release."""
    families: dict[str, list[str]] = {}
    for name in names:
        families.setdefault(base_of(name), []).append(name)
    return {base: tuple(found) for base, found in families.items()}


def known(ecosystem: str) -> Ecosystem | None:
    """Return what is known of an ecosystem string, with or without release; None where nothing is."""
    return ECOSYSTEMS.get(base_of(ecosystem))


def scheme_of(ecosystem: str) -> str:
    """Return the version scheme of an ecosystem string; "" where it is unknown."""
    found = known(ecosystem)
    return found.scheme if found else ""


def owners_of(record_id: str) -> tuple[str, ...]:
    """Return the ecosystems that a record of this id may speak of; () where its prefix says nothing."""
    return next((owners for prefix, owners in _OWNERS.items() if record_id.startswith(prefix)), ())


_NORMAL: dict[str, Callable[[str], str]] = {
    "PyPI": lambda name: _PEP_503.sub("-", name).lower(),
    "NuGet": str.lower,
    "Packagist": str.lower,
    "Bitnami": str.lower,
    "Hex": str.lower,
    "Pub": str.lower,
}


def normal_name(ecosystem: str, name: str) -> str:
    """Return `name` as the bundle keeps it: PEP 503 for PyPI, in lower case where the registry ignores case."""
    normalise = _NORMAL.get(base_of(ecosystem))
    return normalise(name) if normalise else name
