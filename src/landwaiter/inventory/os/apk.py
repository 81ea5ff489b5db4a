"""Alpine's package database: `lib/apk/db/installed`, in merged `/usr` `usr/lib/apk/db/installed`."""

import base64
import binascii
import re

from landwaiter.errors import InputError
from landwaiter.inventory import names
from landwaiter.inventory.analyser import MIB, Analyser
from landwaiter.inventory.models import Evidence, Note, PackageFact
from landwaiter.inventory.os.stanzas import MAX_OWNED, malformed, plausible, stanzas, text

NAME = names.APK
_MAX_HEAD = 64 * 1024
_FIELD = re.compile(rb"^([PVAoL]):([^\n]*)", re.MULTILINE)
_FILE_LINE = re.compile(rb"^([FRZ]):([^\n]*)", re.MULTILINE)
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

    def add(self, owner: str, stanza: bytes) -> None:
        folder = path = ""
        for line in _FILE_LINE.finditer(stanza):
            value = line[2].decode("utf-8", "replace")
            if line[1] == b"F":
                folder = value
            elif line[1] == b"R":
                path = f"{folder}/{value}" if folder else value
                if len(self.owned) >= MAX_OWNED:
                    raise InputError(f"The packages of this database own more than {MAX_OWNED:,} files.")
                self.owned[path] = owner
            elif path and (digest := _digest(value)):
                self.digests[path] = digest


def _package(stanza: bytes) -> PackageFact | None:
    """Return the package that a stanza describes, None when it makes no sense."""
    fields = {line[1].decode(): text(line[2]) for line in _FIELD.finditer(stanza[:_MAX_HEAD])}
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
    bad, problem = 0, ""
    try:
        for stanza in stanzas(content):
            package = _package(stanza)
            if package:
                packages.append(package)
                files.add(package.name, stanza)
            else:
                bad += 1
    except InputError as error:
        problem = error.what
    if bad and not packages:
        if "apk/db/" not in path:
            return None
        raise InputError("The apk database holds no entry that can be understood.")
    problem = problem or (malformed(bad) if bad else "")
    notes = (Note("unreadable-database", problem, path),) if problem else ()
    return Evidence(path, NAME, tuple(packages), owned=files.owned, owned_digests=files.digests, notes=notes)


APK = Analyser(NAME, read=read_installed, basenames=frozenset({"installed"}), limit=32 * MIB)
