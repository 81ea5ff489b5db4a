"""The distribution: os-release(5), and the files that distributions without it have.

Which of them speaks for an image is decided in coalescing (`SOURCES` is the order), as symbolic links may cross layers.
"""

import re
from collections.abc import Callable

from landwaiter.errors import InputError
from landwaiter.inventory.analyser import Analyser
from landwaiter.inventory.models import Evidence, OsRelease
from landwaiter.inventory.os.stanzas import text

NAME = "os-release"
_LIMIT = 64 * 1024
_ASSIGNMENT = re.compile(r"^\s*([A-Z][A-Z0-9_]*)\s*=\s*(.*?)\s*$", re.MULTILINE)
_ESCAPE = re.compile(r"\\(.)")
_RELEASE = re.compile(
    r"^(?P<name>.+?)\s+(?:release\s+)?(?P<version>\d[\w.]*)(?:\s*\((?P<codename>[^)]*)\))?", re.MULTILINE
)
_CPE = re.compile(r"cpe:(?:2\.3:|/)o:(?P<vendor>[^:]+):(?P<product>[^:]+):(?P<version>[^:\s]+)")

_IDS = (
    ("red hat", "rhel"),
    ("centos", "centos"),
    ("almalinux", "almalinux"),
    ("rocky", "rocky"),
    ("oracle", "ol"),
    ("fedora", "fedora"),
    ("amazon", "amzn"),
    ("photon", "photon"),
    ("mariner", "mariner"),
    ("azure linux", "azurelinux"),
    ("opensuse", "opensuse"),
    ("suse linux enterprise", "sles"),
)
"""What the names in the older release files begin with or contain -> ID as os-release would give it."""


def _unquote(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    return _ESCAPE.sub(r"\1", value)


def _assignments(content: str) -> dict[str, str]:
    return {key: _unquote(value) for key, value in _ASSIGNMENT.findall(content)}


def parse_os_release(content: str) -> OsRelease | None:
    """Read the assignments of os-release(5); None where they name no ID."""
    values = _assignments(content)
    if not values.get("ID"):
        return None
    return OsRelease(
        id=values["ID"].lower(),
        version_id=values.get("VERSION_ID", ""),
        pretty_name=values.get("PRETTY_NAME") or values.get("NAME", ""),
        id_like=tuple(values.get("ID_LIKE", "").lower().split()),
        cpe_name=values.get("CPE_NAME", ""),
        codename=values.get("VERSION_CODENAME") or values.get("UBUNTU_CODENAME", ""),
    )


def _from_lsb(content: str) -> OsRelease | None:
    values = _assignments(content)
    name = values.get("DISTRIB_ID", "").lower()
    if not name:
        return None
    return OsRelease(
        name,
        values.get("DISTRIB_RELEASE", ""),
        values.get("DISTRIB_DESCRIPTION", ""),
        codename=values.get("DISTRIB_CODENAME", ""),
    )


def _from_alpine(content: str) -> OsRelease | None:
    version = content.strip().split("\n")[0]
    return OsRelease("alpine", version, f"Alpine Linux {version}") if version else None


def _from_debian(content: str) -> OsRelease | None:
    version = content.strip().split("\n")[0]
    if not version:
        return None
    if version[0].isdigit():
        return OsRelease("debian", version.partition(".")[0], f"Debian GNU/Linux {version}")
    return OsRelease("debian", "", f"Debian GNU/Linux {version}", codename=version.partition("/")[0])


def _from_release(content: str) -> OsRelease | None:
    """Read `Red Hat Enterprise Linux Server release 7.9 (Maipo)` and its like."""
    found = _RELEASE.search(content)
    if not found:
        return None
    name = found["name"].lower()
    known = next((identity for part, identity in _IDS if part in name), "")
    if not known:
        return None
    return OsRelease(known, found["version"], content.strip().split("\n")[0], codename=found["codename"] or "")


def _from_suse(content: str) -> OsRelease | None:
    """Read etc/SuSE-release, whose patch level is a line of its own."""
    values = _assignments(content)
    version, level = values.get("VERSION", ""), values.get("PATCHLEVEL", "0")
    if not version:
        return None
    known = "opensuse" if "opensuse" in content.lower() else "sles"
    return OsRelease(known, version if level == "0" else f"{version}.{level}", content.strip().split("\n")[0])


def _from_cpe(content: str) -> OsRelease | None:
    found = _CPE.search(content)
    if not found:
        return None
    product = found["vendor"].replace("redhat", "red hat") + " " + found["product"].replace("_", " ")
    known = next((identity for part, identity in _IDS if part in product), "")
    return OsRelease(known, found["version"], cpe_name=found[0]) if known else None


def _from_arch(_content: str) -> OsRelease | None:
    return OsRelease("arch", "", "Arch Linux")


_READERS: dict[str, Callable[[str], OsRelease | None]] = {
    "etc/os-release": parse_os_release,
    "usr/lib/os-release": parse_os_release,
    "etc/alpine-release": _from_alpine,
    "etc/SuSE-release": _from_suse,
    "etc/mariner-release": _from_release,
    "etc/photon-release": _from_release,
    "etc/oracle-release": _from_release,
    "etc/almalinux-release": _from_release,
    "etc/rocky-release": _from_release,
    "etc/centos-release": _from_release,
    "etc/fedora-release": _from_release,
    "etc/redhat-release": _from_release,
    "etc/system-release": _from_release,
    "etc/system-release-cpe": _from_cpe,
    "etc/lsb-release": _from_lsb,
    "etc/debian_version": _from_debian,
    "etc/arch-release": _from_arch,
}
SOURCES = tuple(_READERS)
"""Where the distribution is looked for, best first."""
_BY_NAME = {path.rpartition("/")[2]: reader for path, reader in _READERS.items()}
_PLACE = re.compile(r"(?:^|/)(?:etc/[^/]+|usr/lib/os-release|os\.release\.d/os-release[^/]*)\Z")


def read_os_release(path: str, content: bytes) -> Evidence:
    """Read one of the files of `SOURCES`, at any root. Raises InputError when it names no distribution."""
    reader = _BY_NAME.get(path.rpartition("/")[2], parse_os_release)
    release = reader(text(content))
    if release is None:
        if reader is parse_os_release:
            raise InputError("The file names no distribution (it has no ID).")
        return Evidence(path, NAME)
    return Evidence(path, NAME, os_release=release)


OS_RELEASE = Analyser(
    NAME,
    read=read_os_release,
    basenames=frozenset(_BY_NAME),
    parents=frozenset({"os.release.d"}),
    wants=lambda path: _PLACE.search(path) is not None,
    limit=_LIMIT,
)
