"""Packages by their declared purl: what an SBOM says, as a package fact."""

from landwaiter.inventory.models import PackageFact

TYPES = frozenset({
    "alpm", "apk", "bitnami", "cargo", "cocoapods", "composer", "conan", "conda", "cpan", "cran", "deb", "gem",
    "generic", "golang", "hackage", "hex", "luarocks", "maven", "npm", "nuget", "pear", "pecl", "pub", "pypi",
    "rpm", "swift",
})  # fmt: skip
MAX_PURL = 2048


def declared_package(purl: str, licenses: tuple[str, ...] = ()) -> PackageFact | None:
    """Return the package that `purl` names, None when it is of a kind that is no package (`oci`, `github`).

    Raises ValueError when it is no purl, or lacks the version.
    """
    from packageurl import PackageURL  # noqa: PLC0415 - only needed where an image ships an SBOM

    if len(purl) > MAX_PURL:
        raise ValueError("The purl is too long.")
    read = PackageURL.from_string(purl)
    if read.type not in TYPES:
        return None
    if not read.version:
        raise ValueError("The purl has no version.")
    qualifiers = read.qualifiers if isinstance(read.qualifiers, dict) else {}
    epoch = qualifiers.get("epoch", "")
    version = f"{epoch}:{read.version}" if read.type == "rpm" and epoch and ":" not in read.version else read.version
    source, _, source_version = qualifiers.get("upstream", "").partition("@")
    return PackageFact(
        read.type,
        _full_name(read.type, read.namespace or "", read.name),
        version,
        arch=qualifiers.get("arch", ""),
        source_name="" if source == read.name else source,
        source_version=source_version,
        licenses=licenses,
        modularity=qualifiers.get("modularitylabel", ""),
        purl=purl,
    )


def _full_name(kind: str, namespace: str, name: str) -> str:
    """Return the name as the ecosystem writes it; a distribution's namespace is the vendor, not part of the name."""
    if not namespace or kind in {"deb", "rpm", "apk", "alpm", "bitnami"}:
        return name
    return f"{namespace}:{name}" if kind == "maven" else f"{namespace}/{name}"
