"""Where the feeds come from. Every address can be replaced by a mirror's, or by a folder.

Each source fills one part of the feeds folder. A mirror is laid out as that folder is, so that any folder filled by
`landwaiter feeds update` can be served to others as it is.
"""

import msgspec

from landwaiter.advisories.feeds.endoflife import PRODUCTS
from landwaiter.advisories.feeds.osv import OPTIONAL


class RemoteFile(msgspec.Struct, frozen=True):
    """One file: `path` below the source's folder, `remote` below its address where that differs from `path`."""

    path: str
    remote: str = ""


class Source(msgspec.Struct, frozen=True):
    """One feed to fetch: `name` in states and options, `folder` below the feeds folder, `address` of its publisher.

    `kind` says how it is fetched: "files" (those listed), "osv" (incremental), "releases" (one folder a release, found
    in the index page), "amazon" and "redhat" (found in the publisher's own indexes). `optional` sources are fetched
    only when asked for by name: their licence asks for a decision.
    """

    name: str
    folder: str
    address: str
    kind: str = "files"
    files: tuple[RemoteFile, ...] = ()
    optional: bool = False


OSV_ADDRESS = "https://storage.googleapis.com/osv-vulnerabilities"
OSV_ECOSYSTEMS = (
    "AlmaLinux",
    "Alpine",
    "Azure Linux",
    "Bitnami",
    "CRAN",
    "ConanCenter",
    "Debian",
    "Go",
    "Hex",
    "Julia",
    "Mageia",
    "Maven",
    "NuGet",
    "Packagist",
    "Pub",
    "PyPI",
    "Red Hat",
    "Rocky Linux",
    "RubyGems",
    "SUSE",
    "SwiftURL",
    "Ubuntu",
    "crates.io",
    "npm",
    "openEuler",
    "openSUSE",
)

_OSV = tuple(
    Source(f"osv/{name}", f"osv/{name}", f"{OSV_ADDRESS}/{name}", "osv", optional=name in OPTIONAL)
    for name in (*OSV_ECOSYSTEMS, *OPTIONAL)
)

SOURCES: tuple[Source, ...] = (
    *_OSV,
    Source("alpine-secdb", "alpine-secdb", "https://secdb.alpinelinux.org", "releases"),
    Source(
        "debian-tracker",
        "debian-tracker",
        "https://security-tracker.debian.org/tracker/data",
        files=(RemoteFile("data.json", "json"),),
    ),
    Source("redhat-vex", "redhat-vex", "https://security.access.redhat.com/data", "redhat"),
    Source("amazon", "amazon", "https://cdn.amazonlinux.com", "amazon"),
    Source("amazon-1", "amazon-1", "https://repo.us-west-2.amazonaws.com", "amazon-1"),
    Source(
        "oracle",
        "oracle",
        "https://linux.oracle.com/security/oval",
        files=(RemoteFile("com.oracle.elsa-all.xml.bz2"),),
    ),
    Source(
        "photon",
        "photon",
        "https://packages.broadcom.com/photon/photon_cve_metadata",
        files=tuple(RemoteFile(f"cve_data_photon{release}.json") for release in ("3.0", "4.0", "5.0")),
    ),
    Source("arch", "arch", "https://security.archlinux.org", files=(RemoteFile("all.json"),)),
    Source(
        "wolfi-secdb",
        "wolfi-secdb",
        "https://packages.wolfi.dev/os",
        files=(RemoteFile("security.json"),),
        optional=True,
    ),
    Source(
        "chainguard-secdb",
        "chainguard-secdb",
        "https://packages.cgr.dev/chainguard",
        files=(RemoteFile("security.json"),),
        optional=True,
    ),
    Source(
        "kev",
        "kev",
        "https://www.cisa.gov/sites/default/files/feeds",
        files=(RemoteFile("known_exploited_vulnerabilities.json"),),
    ),
    Source("epss", "epss", "https://epss.empiricalsecurity.com", files=(RemoteFile("epss_scores-current.csv.gz"),)),
    Source(
        "lifecycle",
        "debian",
        "https://debian.pages.debian.net/distro-info-data",
        files=(RemoteFile("debian.csv"), RemoteFile("ubuntu.csv")),
    ),
    Source(
        "endoflife",
        "endoflife",
        "https://endoflife.date/api",
        files=tuple(RemoteFile(f"{product}.json") for product in PRODUCTS),
    ),
)


class Address(msgspec.Struct, frozen=True):
    """Where a source is fetched from; `mirrored` when that is laid out as the feeds folder is."""

    text: str
    mirrored: bool = False


def address_of(source: Source, mirror: str, addresses: dict[str, str]) -> Address:
    """Return where a source is fetched from.

    An address given for the source's name, or for the part before its slash ("osv"), comes before a mirror of all.
    """
    base, slash, rest = source.name.partition("/")
    if source.name in addresses:
        return Address(addresses[source.name].rstrip("/"), mirrored=True)
    if slash and base in addresses:
        return Address(f"{addresses[base].rstrip('/')}/{rest}", mirrored=True)
    if mirror:
        return Address(f"{mirror.rstrip('/')}/{source.folder}", mirrored=True)
    return Address(source.address)
