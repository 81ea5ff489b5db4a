"""Debian's package database: dpkg(1), deb822(5), deb-control(5); `status.d` as Bazel's distroless rules write it."""

import re

from landwaiter.errors import InputError
from landwaiter.inventory import names
from landwaiter.inventory.analyser import MIB, Analyser
from landwaiter.inventory.models import Evidence, Note, PackageFact
from landwaiter.inventory.os.stanzas import malformed, plausible, stanzas, text

STATUS, STATUS_D, FILES, COPYRIGHT = names.DPKG_STATUS, names.DPKG_STATUS_D, names.DPKG_FILES, names.DPKG_COPYRIGHT

_FIELD = re.compile(
    rb"^(Package|Status|Version|Architecture|Source)[ \t]*:[ \t]*([^\n]*)", re.MULTILINE | re.IGNORECASE
)
_SOURCE = re.compile(r"([^\s(]+)(?:\s*\(([^)]*)\))?")
_NOT_INSTALLED = frozenset({"not-installed", "config-files"})
_LIST = re.compile(r"(?:dpkg/info|dpkg/status\.d)/[^/]+\.(?:list|md5sums)\Z")
_LICENSE = re.compile(rb"^License:[ \t]*([^\n]{1,200})", re.MULTILINE)
_COMMON_LICENSE = re.compile(rb"/usr/share/common-licenses/([A-Za-z][A-Za-z0-9.+-]{0,40}[A-Za-z0-9+])")
_COPYRIGHT_PLACE = re.compile(r"usr/share/doc/[^/]+/copyright\Z")
_MAX_LICENSES = 30


def _package(stanza: bytes) -> PackageFact | bool:
    """Return the stanza's package, False when it is not installed, True when it makes no sense."""
    fields = {key.lower(): text(value) for key, value in _FIELD.findall(stanza[:MIB])}
    state = fields.get(b"status", "").split()
    if state and state[-1] in _NOT_INSTALLED:
        return False
    name, version = fields.get(b"package", ""), fields.get(b"version", "")
    if not plausible(name, version):
        return True
    source = _SOURCE.match(fields.get(b"source", ""))
    source_name, source_version = (source[1], source[2] or version) if source else (name, version)
    same = (source_name, source_version) == (name, version)
    return PackageFact(
        "deb",
        name,
        version,
        fields.get(b"architecture", ""),
        "" if same else source_name,
        "" if same else source_version,
    )


def _packages(content: bytes) -> tuple[tuple[PackageFact, ...], str]:
    """Return the installed packages, and what is wrong with the rest ("" for nothing)."""
    packages: list[PackageFact] = []
    bad = 0
    try:
        for stanza in stanzas(content):
            found = _package(stanza)
            if isinstance(found, PackageFact):
                packages.append(found)
            else:
                bad += found
    except InputError as error:
        return tuple(packages), error.what
    return tuple(packages), malformed(bad) if bad else ""


def read_status(path: str, content: bytes) -> Evidence | None:
    """Read `var/lib/dpkg/status`: every package that is installed, wholly or in part.

    Raises InputError when nothing in it can be understood. A file named so elsewhere that is none is passed over.
    """
    packages, problem = _packages(content)
    if problem and not packages:
        if "dpkg/" not in path:
            return None
        raise InputError("The dpkg database holds no entry that can be understood.")
    notes = (Note("unreadable-database", problem, path),) if problem else ()
    return Evidence(path, STATUS, packages, notes=notes)


def read_status_d(path: str, content: bytes) -> Evidence | None:
    """Read one file of `var/lib/dpkg/status.d`: the control fields of one package, which is installed."""
    if path.endswith(".md5sums"):
        return read_files(path, content)
    if not _FIELD.search(content):
        return None
    packages, problem = _packages(content)
    if problem and not packages:
        raise InputError("The entry of this package cannot be understood.")
    return Evidence(path, STATUS_D, packages)


def read_files(path: str, content: bytes) -> Evidence:
    """Read which files a package owns: `info/PACKAGE.list` (paths) or `.md5sums` (`<md5>  <path>`)."""
    owner = path.rpartition("/")[2].rpartition(".")[0].partition(":")[0]
    owned: dict[str, str] = {}
    digests: dict[str, str] = {}
    for line in content.decode("utf-8", "replace").splitlines():
        if path.endswith(".list"):
            owned[line.lstrip("/")] = owner
        elif line[32:34] == "  ":
            file = line[34:].removeprefix("./").lstrip("/")
            owned[file] = owner
            digests[file] = f"md5:{line[:16]}"
    return Evidence(path, FILES, owned=owned, owned_digests=digests)


def read_copyright(path: str, content: bytes) -> Evidence | None:
    """Read the licences of a machine-readable copyright file (DEP-5); of others, the common licences they refer to."""
    found = _LICENSE.findall(content) or _COMMON_LICENSE.findall(content)
    names = dict.fromkeys(text(name) for name in found)
    names.pop("", None)
    return Evidence(path, COPYRIGHT, licenses=tuple(names)[:_MAX_LICENSES]) if names else None


DPKG_STATUS = Analyser(STATUS, read=read_status, basenames=frozenset({"status"}), limit=32 * MIB)
DPKG_STATUS_D = Analyser(STATUS_D, read=read_status_d, parents=frozenset({"status.d"}), limit=4 * MIB)
DPKG_FILES = Analyser(
    FILES,
    read=read_files,
    parents=frozenset({"info"}),
    wants=lambda path: _LIST.search(path) is not None,
    limit=8 * MIB,
)
DPKG_COPYRIGHT = Analyser(
    COPYRIGHT,
    read=read_copyright,
    basenames=frozenset({"copyright"}),
    wants=lambda path: _COPYRIGHT_PLACE.match(path) is not None,
    limit=MIB,
    quiet=True,
)
