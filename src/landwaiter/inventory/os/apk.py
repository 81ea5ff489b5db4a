"""Alpine's package database: `lib/apk/db/installed`, in merged `/usr` `usr/lib/apk/db/installed`."""

import base64
import binascii

from landwaiter.errors import InputError
from landwaiter.inventory.analyser import MIB, Analyser
from landwaiter.inventory.models import Evidence, Note, PackageFact
from landwaiter.inventory.os.stanzas import malformed, plausible

NAME = "apk"
_CHECKSUMS = {"Q1": "sha1", "Q2": "sha256"}


def _digest(checksum: str) -> str:
    """Turn `Q1` and the base64 of a sha1 (`Q2`: sha256) into the form of `Evidence.digests`; "" for anything else."""
    algorithm = _CHECKSUMS.get(checksum[:2])
    if not algorithm:
        return ""
    try:
        return f"{algorithm}:{base64.b64decode(checksum[2:], validate=True).hex()[:16]}"
    except binascii.Error:
        return ""


class _Files:
    """Collects the files that stanzas own: `F:` names a folder, `R:` a file in it, `Z:` that file's checksum."""

    def __init__(self) -> None:
        self.owned: dict[str, str] = {}
        self.digests: dict[str, str] = {}

    def add(self, owner: str, lines: list[str]) -> None:
        folder = path = ""
        for line in lines:
            if line.startswith("F:"):
                folder = line[2:]
            elif line.startswith("R:"):
                path = f"{folder}/{line[2:]}" if folder else line[2:]
                self.owned[path] = owner
            elif line.startswith("Z:") and path and (digest := _digest(line[2:])):
                self.digests[path] = digest


def _package(lines: list[str]) -> PackageFact | None:
    """Return the package that a stanza describes, None when it makes no sense."""
    fields = {line[0]: line[2:].strip() for line in reversed(lines) if line[1:2] == ":"}
    name, version = fields.get("P", ""), fields.get("V", "")
    if not plausible(name, version):
        return None
    origin = fields.get("o", "")
    differs = origin not in ("", name)
    return PackageFact(
        "apk",
        name,
        version,
        fields.get("A", ""),
        origin if differs else "",
        version if differs else "",
        (fields["L"],) if fields.get("L") else (),
    )


def read_installed(path: str, content: bytes) -> Evidence | None:
    """Read the database: packages with origin and licence, and the files they own.

    Raises InputError when nothing in it can be understood. A file named so elsewhere that is none is passed over.
    """
    packages: list[PackageFact] = []
    files = _Files()
    bad = 0
    for stanza in content.decode("utf-8", "replace").split("\n\n"):
        lines = stanza.strip("\n").split("\n")
        package = _package(lines)
        if package:
            packages.append(package)
            files.add(package.name, lines)
        elif stanza.strip():
            bad += 1
    if bad and not packages:
        if "apk/db/" not in path:
            return None
        raise InputError("The apk database holds no entry that can be understood.")
    notes = (Note("unreadable-database", malformed(bad), path),) if bad else ()
    return Evidence(path, NAME, tuple(packages), owned=files.owned, owned_digests=files.digests, notes=notes)


APK = Analyser(NAME, read=read_installed, basenames=frozenset({"installed"}), limit=64 * MIB)
