"""Package URLs (purl specification, ECMA-427): the name of a package that other tools understand.

Written here and not by packageurl-python because every package of every image needs one; the tests hold the two
together.
"""

import re

from landwaiter.inventory.models import OsRelease, PackageFact

OS_TYPES = frozenset({"deb", "apk", "rpm", "alpm"})
_UNSAFE = re.compile(r"[^A-Za-z0-9._~:-]+")
_LOWERED = frozenset({"npm", "alpm", "apk", "composer", "pypi", "bitnami", "hex"})
_SEPARATORS = re.compile(r"[-_.]+")
_NAMESPACES = {
    "rhel": "redhat",
    "opensuse-leap": "opensuse",
    "opensuse-tumbleweed": "opensuse",
    "opensuse-microos": "opensuse",
}
_DEFAULT_NAMESPACES = {"alpm": "arch", "apk": "alpine", "deb": "debian"}


def _quote(text: str) -> str:
    """Percent-encode a part of a purl; the colon stays."""
    return _UNSAFE.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "replace")), text)


def _split(kind: str, name: str) -> tuple[str, str]:
    """Split the full name of a package into the namespace and name of its purl."""
    if kind == "maven":
        namespace, _, name = name.rpartition(":")
    elif kind in ("npm", "golang", "composer", "swift", "github"):
        namespace, _, name = name.rpartition("/")
    else:
        namespace = ""
    return namespace, name


def _namespace(kind: str, release: OsRelease | None) -> str:
    """Return the namespace of a distribution's package."""
    if release is None:
        return _DEFAULT_NAMESPACES.get(kind, "")
    return _NAMESPACES.get(release.id, release.id)


def _upstream(package: PackageFact) -> str:
    """Return the source package where it differs: `name`, or `name@version` where the version differs too.

    For rpm it is the name of the source rpm, as rpm itself and other tools write it.
    """
    if not package.source_name or (package.source_name, package.source_version) == (package.name, package.version):
        return ""
    if package.type == "rpm" and package.source_version:
        return f"{package.source_name}-{package.source_version.rpartition(':')[2]}.src.rpm"
    if package.source_version in ("", package.version):
        return package.source_name
    return f"{package.source_name}@{package.source_version}"


def _os_qualifiers(package: PackageFact, release: OsRelease | None, epoch: str) -> dict[str, str]:
    """Return the qualifiers that Trivy and Syft give a distribution's package."""
    distro = ""
    if release is not None:
        version = release.version_id or release.codename
        distro = f"{release.id}-{version}" if version else release.id
    return {
        "arch": package.arch,
        "distro": distro,
        "epoch": epoch,
        "modularitylabel": package.modularity,
        "upstream": _upstream(package),
    }


def purl_of(package: PackageFact, release: OsRelease | None = None) -> str:
    """Return the purl of `package`; `release` is the distribution that a distribution's package belongs to."""
    if package.purl:
        return package.purl
    kind, version = package.type, package.version
    namespace, name = _split(kind, package.name)
    qualifiers: dict[str, str] = {}
    if kind in OS_TYPES:
        namespace, epoch = _namespace(kind, release), ""
        if kind == "rpm" and ":" in version:
            epoch, _, version = version.partition(":")
        qualifiers = _os_qualifiers(package, release, epoch)
    elif package.arch:
        qualifiers = {"arch": package.arch}
    if kind in _LOWERED:
        name = name.lower()
        namespace = namespace if kind == "npm" else namespace.lower()
    if kind == "pypi":
        name = _SEPARATORS.sub("-", name)
    parts = [_quote(part) for part in (*namespace.split("/"), name) if part]
    text = f"pkg:{kind}/{'/'.join(parts)}"
    if version:
        text += f"@{_quote(version)}"
    tail = "&".join(f"{key}={_quote(value)}" for key, value in qualifiers.items() if value)
    return f"{text}?{tail}" if tail else text
