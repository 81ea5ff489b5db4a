"""The packages of a chiselled Ubuntu image: `var/lib/chisel/manifest.wall` (canonical/chisel, "jsonwall" schema 1.0).

The manifest is zstd-compressed, one JSON object a line. Lines of kind "package" name a package of which slices are
there; lines of kind "path" name a file with its slices (`<package>_<slice>`) and digest.
"""

import msgspec

from landwaiter.errors import InputError
from landwaiter.inventory import names
from landwaiter.inventory.analyser import MIB, Analyser
from landwaiter.inventory.models import Evidence, Note, PackageFact
from landwaiter.inventory.os.stanzas import malformed, plausible

NAME = names.CHISEL
_EXPANDED = 64 * MIB


class _Line(msgspec.Struct):
    kind: str = ""
    name: str = ""
    version: str = ""
    arch: str = ""
    path: str = ""
    slices: tuple[str, ...] = ()
    sha256: str = ""
    final_sha256: str = ""


def _expand(content: bytes) -> bytes:
    import zstandard  # noqa: PLC0415 - few images are chiselled, and every start would pay for the import

    try:
        with zstandard.ZstdDecompressor(max_window_size=8 * MIB).stream_reader(content) as reader:
            expanded = reader.read(_EXPANDED + 1)
    except zstandard.ZstdError as error:
        raise InputError("The chisel manifest is no zstd stream.") from error
    if len(expanded) > _EXPANDED:
        raise InputError(f"The chisel manifest expands to more than {_EXPANDED:,} bytes.")
    return expanded


def read_manifest(path: str, content: bytes) -> Evidence:
    """Read the manifest: packages, and the files they own. Raises InputError when it cannot be understood."""
    decoder = msgspec.json.Decoder(_Line)
    packages: list[PackageFact] = []
    owned: dict[str, str] = {}
    digests: dict[str, str] = {}
    bad = 0
    for text in _expand(content).splitlines():
        try:
            line = decoder.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError):
            bad += 1
            continue
        if line.kind == "package":
            if plausible(line.name, line.version):
                packages.append(PackageFact("deb", line.name, line.version, line.arch))
            else:
                bad += 1
        elif line.kind == "path" and line.slices and not line.path.endswith("/"):
            file = line.path.lstrip("/")
            owned[file] = line.slices[0].rpartition("_")[0]
            if digest := line.final_sha256 or line.sha256:
                digests[file] = f"sha256:{digest[:16]}"
    if not packages:
        raise InputError("The chisel manifest names no package.")
    notes = (Note("unreadable-database", malformed(bad, "lines"), path),) if bad else ()
    return Evidence(path, NAME, tuple(packages), owned=owned, owned_digests=digests, notes=notes)


CHISEL = Analyser(NAME, read=read_manifest, basenames=frozenset({"manifest.wall"}), limit=8 * MIB)
