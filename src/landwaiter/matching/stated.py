"""Packages of an operating system that an SBOM inside the image lists: they are of the system that their purl names.

A wheel carries libraries of the distribution it was built on (`pkg:rpm/almalinux/libgomp@8.5.0-28.el8_10` inside a
Debian image), so the image's own os-release never speaks for them. Qualifiers are those of the purl types deb, rpm and
apk: `distro`, `epoch`, `upstream`.
"""

import re

import msgspec
from packageurl import PackageURL

from landwaiter.inventory.models import OsRelease, Package, SourcePackage

_SBOM = "sbom"
_IDS = {
    "alma": "almalinux",
    "amazon": "amzn",
    "amazonlinux": "amzn",
    "arch": "arch",
    "archlinux": "arch",
    "azure-linux": "azurelinux",
    "cbl-mariner": "mariner",
    "oracle": "ol",
    "oraclelinux": "ol",
    "redhat": "rhel",
    "rocky-linux": "rocky",
    "rockylinux": "rocky",
    "suse": "sles",
}
"""Namespaces of purls whose system goes by another `ID` in os-release(5)."""
_DISTRO = re.compile(r"(?:(?P<id>[a-z][a-z0-9_.-]*?)-)?v?(?P<version>\d[\w.]*)\Z")
_DIST_TAG = re.compile(r"\.(?:module[_+])?(?:el(?P<el>\d+)|amzn(?P<amzn>\d+))")
_SOURCE_RPM = re.compile(r"(?P<name>.+)-(?P<version>[^-]+-[^-]+)\.(?:no)?src\.rpm\Z")


def is_stated(package: Package) -> bool:
    """Tell whether only an SBOM speaks of the package, so that its purl must say what it is of."""
    return package.evidence == _SBOM


def stated_system(package: Package) -> OsRelease | None:
    """Return the system that a package's purl names; None where it does not say which.

    Without the qualifier `distro` an rpm's release may still tell (`.el8`, `.amzn2`). The version is "" where only the
    system is said; that is enough for those without releases.
    """
    purl = _purl(package)
    if purl is None or not purl.namespace:
        return None
    named = _id(purl.namespace)
    said = _qualifiers(purl).get("distro", "").lower()
    match = _DISTRO.match(said)
    if match:
        return OsRelease(_id(match["id"] or named), match["version"])
    if said and said != named:
        return OsRelease(named, codename=said)
    return OsRelease(named, _dist_tag(package.version) if package.type == "rpm" else "")


def as_stated(package: Package) -> Package:
    """Return the package with the epoch and the source that its purl states, where it states them."""
    purl = _purl(package)
    if purl is None:
        return package
    qualifiers = _qualifiers(purl)
    epoch, version = qualifiers.get("epoch", ""), package.version
    if epoch.isascii() and epoch.isdecimal() and ":" not in version:
        version = f"{epoch}:{version}"
    source = package.source or _source(qualifiers.get("upstream", ""), version)
    return msgspec.structs.replace(package, version=version, source=source)


def _purl(package: Package) -> PackageURL | None:
    try:
        return PackageURL.from_string(package.purl)
    except ValueError:
        return None


def _qualifiers(purl: PackageURL) -> dict[str, str]:
    return purl.qualifiers if isinstance(purl.qualifiers, dict) else {}


def _id(name: str) -> str:
    lowered = name.lower()
    return _IDS.get(lowered, lowered)


def _dist_tag(version: str) -> str:
    found = _DIST_TAG.search(version)
    return (found["el"] or found["amzn"] or "") if found else ""


def _source(upstream: str, version: str) -> SourcePackage | None:
    """Read `openssl`, `openssl@3.0.11-1` or `openssl-3.0.7-1.el9.src.rpm`; without a version it is the package's."""
    rpm = _SOURCE_RPM.match(upstream)
    if rpm:
        return SourcePackage(rpm["name"], rpm["version"])
    name, _, said = upstream.partition("@")
    return SourcePackage(name, said or version) if name else None
