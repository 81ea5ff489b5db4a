"""Which data speak for an image's operating system, and about which of its packages: source, origin or binary.

Names of releases come from os-release(5); see `docs/reference/advisories.md`, section "Distributions".
"""

import re
from collections.abc import Callable, Iterable, Sequence

import msgspec

from landwaiter.advisories.models import Release
from landwaiter.inventory.models import OsRelease, Package
from landwaiter.matching.subject import Subject

_NUMBERS = re.compile(r"(\d+)(?:\.(\d+))?")


class Distribution(msgspec.Struct, frozen=True):
    """The operating system of an image, as advisory data know it.

    `ecosystems` are those of the bundle that speak for it, empty where it has none; `expected` is the one that ought to
    be there. `kind` is the packages' purl type; `by` says what the data name: "source", "binary" or "both".
    """

    expected: str
    ecosystems: tuple[str, ...]
    kind: str
    by: str


class _Rule(msgspec.Struct, frozen=True):
    """`pattern(os, releases)` gives the ecosystem strings to look for, the first being the one to expect."""

    kind: str
    by: str
    names: Callable[[OsRelease, Sequence[Release]], tuple[str, ...]]


def _major(os: OsRelease) -> str:
    found = _NUMBERS.match(os.version_id)
    return found.group(1) if found else ""


def _by_major(name: str) -> Callable[[OsRelease, Sequence[Release]], tuple[str, ...]]:
    return lambda os, _releases: (f"{name}:{_major(os)}",) if _major(os) else ()


def _by_version(name: str, joint: str = ":") -> Callable[[OsRelease, Sequence[Release]], tuple[str, ...]]:
    return lambda os, _releases: (f"{name}{joint}{os.version_id}",) if os.version_id else ()


def _always(*names: str) -> Callable[[OsRelease, Sequence[Release]], tuple[str, ...]]:
    return lambda _os, _releases: names


def _debian(os: OsRelease, releases: Sequence[Release]) -> tuple[str, ...]:
    """Debian by its major version; testing and unstable have none and are found by codename."""
    version = _major(os)
    if not version:
        codename = os.codename or os.pretty_name.rpartition(" ")[2].partition("/")[0]
        version = _by_codename("debian", codename, releases)
    return (f"Debian:{version}",) if version else ()


def _by_codename(distribution: str, codename: str, releases: Sequence[Release]) -> str:
    found = (r.version for r in releases if codename and r.distribution == distribution and r.codename == codename)
    return next(found, "")


def _ubuntu(os: OsRelease, releases: Sequence[Release]) -> tuple[str, ...]:
    """Ubuntu by its release, with and without `:LTS`; Pro's data speak only where the standard data have ended."""
    version = os.version_id or _by_codename("ubuntu", os.codename, releases)
    if not _NUMBERS.fullmatch(version):
        return ()
    year, _, month = version.partition(".")
    names = (f"Ubuntu:{version}:LTS", f"Ubuntu:{version}")
    first = names if month == "04" and int(year) % 2 == 0 else names[::-1]
    return (*first, f"Ubuntu:Pro:{version}:LTS")


def _alpine(os: OsRelease, _releases: Sequence[Release]) -> tuple[str, ...]:
    if "edge" in os.pretty_name.lower() or "_alpha" in os.version_id:
        return ("Alpine:edge",)
    found = re.match(r"\d+\.\d+", os.version_id)
    return (f"Alpine:v{found.group()}",) if found else ()


def _amazon(os: OsRelease, _releases: Sequence[Release]) -> tuple[str, ...]:
    version = "1" if re.match(r"201\d\.\d\d", os.version_id) else _major(os)
    return (f"Amazon Linux:{version}",) if version else ()


def _red_hat(os: OsRelease, _releases: Sequence[Release]) -> tuple[str, ...]:
    """Red Hat by product: the distribution's CPE, every repository of it (`::baseos`), and its minor release's."""
    major = _major(os)
    return (f"Red Hat:enterprise_linux:{major}", f"Red Hat:enterprise_linux:{major}::") if major else ()


def _suse(os: OsRelease, _releases: Sequence[Release]) -> tuple[str, ...]:
    """SUSE by the end of the product's name: "15 SP4" finds the server and every module of that service pack."""
    major, _, pack = os.version_id.partition(".")
    if not major:
        return ()
    suffix = f"{major} SP{pack}" if pack and pack != "0" else major
    return (f"SUSE:Linux Enterprise Server {suffix}", f"*{suffix}")


def _open_euler(os: OsRelease, _releases: Sequence[Release]) -> tuple[str, ...]:
    found = re.search(r"(\d\d\.\d\d)(?:\s*\(([A-Za-z0-9-]+)\))?", os.pretty_name or os.version_id)
    return ("openEuler:" + "-".join(part for part in found.groups() if part),) if found else ()


_RULES: dict[str, _Rule] = {
    "debian": _Rule("deb", "source", _debian),
    "ubuntu": _Rule("deb", "source", _ubuntu),
    "echo": _Rule("deb", "source", _always("Echo")),
    "alpine": _Rule("apk", "source", _alpine),
    "wolfi": _Rule("apk", "both", _always("Wolfi", "Chainguard")),
    "chainguard": _Rule("apk", "both", _always("Chainguard", "Wolfi")),
    "minimos": _Rule("apk", "both", _always("MinimOS")),
    "cleanstart": _Rule("apk", "both", _always("CleanStart")),
    "alpaquita": _Rule("apk", "both", _by_version("Alpaquita")),
    "almalinux": _Rule("rpm", "binary", _by_major("AlmaLinux")),
    "rocky": _Rule("rpm", "both", _by_major("Rocky Linux")),
    "rhel": _Rule("rpm", "both", _red_hat),
    "centos": _Rule("rpm", "both", _red_hat),
    "amzn": _Rule("rpm", "binary", _amazon),
    "ol": _Rule("rpm", "binary", _by_major("Oracle Linux")),
    "sles": _Rule("rpm", "both", _suse),
    "sled": _Rule("rpm", "both", _suse),
    "sle_hpc": _Rule("rpm", "both", _suse),
    "opensuse-leap": _Rule("rpm", "both", _by_version("openSUSE:Leap", " ")),
    "opensuse-tumbleweed": _Rule("rpm", "both", _always("openSUSE:Tumbleweed")),
    "openeuler": _Rule("rpm", "both", _open_euler),
    "mageia": _Rule("rpm", "both", _by_major("Mageia")),
    "photon": _Rule("rpm", "both", _by_version("Photon OS")),
    "azurelinux": _Rule("rpm", "both", _by_major("Azure Linux")),
    "mariner": _Rule("rpm", "both", _by_major("Azure Linux")),
    "arch": _Rule("alpm", "both", _always("Arch Linux")),
}
DISTRIBUTIONS = frozenset(_RULES)
"""What os-release(5) calls the distributions that feeds speak of."""
KINDS = ("deb", "rpm", "apk", "alpm")
"""The purl types of operating systems' packages."""


def distribution_of(
    os: OsRelease, available: Iterable[str], releases: Sequence[Release], products: Iterable[str] = ()
) -> Distribution | None:
    """Return what speaks for an operating system; None where no feed that we know does.

    `available` are the bundle's ecosystems, `releases` the releases that it has dates of, `products` the CPEs of
    further Red Hat products whose repositories the image was made with.
    """
    rule = _RULES.get(os.id.lower())
    if rule is None or (os.id == "centos" and int(_major(os) or 0) > _LAST_CENTOS):
        return None
    names = rule.names(os, releases)
    if not names:
        return None
    wanted = (*names, *map(_of_cpe, products)) if rule.names is _red_hat else names
    found = tuple(name for name in available if any(_speaks(name, item) for item in wanted))
    return Distribution(names[0], _preferred(found), rule.kind, rule.by)


_LAST_CENTOS = 8
"""CentOS Linux ended with 8; CentOS Stream runs ahead of Red Hat's releases, whose data do not fit it."""


def _of_cpe(cpe: str) -> str:
    return f"Red Hat:{cpe.removeprefix('cpe:/').partition(':redhat:')[2]}"


def _speaks(name: str, wanted: str) -> bool:
    if wanted.startswith("*"):
        return name.startswith("SUSE:") and name.endswith(f" {wanted[1:]}")
    return name.startswith(wanted) if wanted.endswith("::") else name == wanted


def _preferred(found: tuple[str, ...]) -> tuple[str, ...]:
    """Ubuntu Pro's data are used only where no standard data of the release are there."""
    standard = tuple(name for name in found if not name.startswith("Ubuntu:Pro:"))
    return standard or found


def subjects(package: Package, distribution: Distribution) -> tuple[Subject, ...]:
    """Return what to ask about a package of the distribution: its source, itself, or both, each once."""
    own = (package.name, package.version)
    source = _source(package)
    asked = {"source": (source,), "binary": (own,), "both": (own, source)}[distribution.by]
    return tuple(
        Subject(distribution.ecosystems, name, version, distribution.kind) for name, version in dict.fromkeys(asked)
    )


def _source(package: Package) -> tuple[str, str]:
    """Return the source's name and version; an rpm's source carries no epoch of its own, so the package's is used."""
    if package.source is None or not package.source.name:
        return package.name, package.version
    version = package.source.version or package.version
    epoch, colon, _ = package.version.partition(":")
    if package.type == "rpm" and colon and ":" not in version:
        version = f"{epoch}:{version}"
    return package.source.name, version
