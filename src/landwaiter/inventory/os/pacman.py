"""Arch Linux's package database: `var/lib/pacman/local/<name>-<version>/{desc,files}` (libalpm, be_local.c)."""

import re

from landwaiter.errors import InputError
from landwaiter.inventory import names
from landwaiter.inventory.analyser import MIB, Analyser
from landwaiter.inventory.models import Evidence, PackageFact
from landwaiter.inventory.os.stanzas import plausible

NAME, FILES = names.PACMAN, names.PACMAN_FILES
_PLACE = re.compile(r"(?:^|/)var/lib/pacman/local/[^/]+/(?:desc|files)\Z")


def _sections(content: bytes) -> dict[str, list[str]]:
    """Split `%NAME%` headings and the lines below each."""
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in content.decode("utf-8", "replace").splitlines():
        if len(line) > 2 and line[0] == line[-1] == "%":
            current = sections.setdefault(line[1:-1], [])
        elif line:
            current.append(line)
    return sections


def _first(sections: dict[str, list[str]], key: str) -> str:
    return next(iter(sections.get(key, ())), "").strip()


def _read_desc(path: str, content: bytes) -> Evidence:
    sections = _sections(content)
    name, version, base = _first(sections, "NAME"), _first(sections, "VERSION"), _first(sections, "BASE")
    if not plausible(name, version):
        raise InputError("The entry of this package cannot be understood.")
    differs = base not in ("", name)
    package = PackageFact(
        "alpm",
        name,
        version,
        _first(sections, "ARCH"),
        base if differs else "",
        version if differs else "",
        tuple(sections.get("LICENSE", ())[:20]),
        vendor=_first(sections, "PACKAGER"),
    )
    return Evidence(path, NAME, (package,))


def _read_files(path: str, content: bytes) -> Evidence:
    # The folder is <name>-<version>-<release>.
    owner = path.split("/")[-2].rsplit("-", 2)[0]
    files = _sections(content).get("FILES", ())
    return Evidence(path, FILES, owned={file: owner for file in files if not file.endswith("/")})


def read_local(path: str, content: bytes) -> Evidence:
    """Read the description of one installed package, or the list of its files. Raises InputError."""
    return _read_files(path, content) if path.endswith("/files") else _read_desc(path, content)


PACMAN = Analyser(
    NAME,
    read=read_local,
    basenames=frozenset({"desc", "files"}),
    wants=lambda path: _PLACE.search(path) is not None,
    limit=8 * MIB,
)
