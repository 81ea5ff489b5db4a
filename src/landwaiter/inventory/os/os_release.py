"""The distribution: os-release(5), and the files that distributions without it have.

Which of them speaks for an image is decided in coalescing, as symbolic links may cross layers.
"""

import re
from collections.abc import Callable

from landwaiter.errors import InputError
from landwaiter.inventory import names
from landwaiter.inventory.analyser import Analyser
from landwaiter.inventory.models import Evidence, OsRelease
from landwaiter.inventory.os.stanzas import text

NAME = names.OS_RELEASE
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
    "os-release": parse_os_release,
    "alpine-release": _from_alpine,
    "SuSE-release": _from_suse,
    "system-release-cpe": _from_cpe,
    "lsb-release": _from_lsb,
    "debian_version": _from_debian,
    "arch-release": _from_arch,
}
"""Those that are not of the form of redhat-release, by name."""
_NAMES = frozenset(path.rpartition("/")[2] for path in names.RELEASE_FILES)
_PLACE = re.compile(r"(?:^|/)(?:etc/[^/]+|usr/lib/os-release|os\.release\.d/os-release[^/]*)\Z")


def read_os_release(path: str, content: bytes) -> Evidence:
    """Read one of `names.RELEASE_FILES`, at any root. Raises InputError when it names no distribution."""
    name = path.rpartition("/")[2]
    reader = _READERS.get(name, _from_release if name in _NAMES else parse_os_release)
    release = reader(text(content))
    if release is None:
        if reader is parse_os_release:
            raise InputError("The file names no distribution (it has no ID).")
        return Evidence(path, NAME)
    return Evidence(path, NAME, os_release=release)


OS_RELEASE = Analyser(
    NAME,
    read=read_os_release,
    basenames=_NAMES,
    parents=frozenset({"os.release.d"}),
    wants=lambda path: _PLACE.search(path) is not None,
    limit=_LIMIT,
)
