"""rpm's package database in its three forms, and the package manifest that replaces it in Mariner's distroless images.

Where the database lies: `var/lib/rpm`, `usr/lib/sysimage/rpm` (SUSE, Fedora), `usr/share/rpm` (ostree). It is read
wherever it is found; coalescing decides, following symbolic links, which one speaks for the image.
"""

from collections.abc import Iterable, Iterator, Mapping

from landwaiter.errors import InputError
from landwaiter.inventory import names
from landwaiter.inventory.analyser import MIB, Analyser, Content
from landwaiter.inventory.models import Evidence, Note, PackageFact
from landwaiter.inventory.os.rpm_bdb import read_bdb
from landwaiter.inventory.os.rpm_header import RpmHeader, read_header
from landwaiter.inventory.os.rpm_ndb import read_ndb
from landwaiter.inventory.os.rpm_sqlite import read_sqlite, wal_pages
from landwaiter.inventory.os.stanzas import malformed, plausible

SQLITE, NDB, BDB, MANIFEST = names.RPM_SQLITE, names.RPM_NDB, names.RPM_BDB, names.RPM_MANIFEST
_LIMIT = 256 * MIB
_LOG_LIMIT = 32 * MIB
"""The checksums of a write-ahead log take time; rpm itself keeps it below a few MiB."""
_MAX_FILES = 1_000_000
_KEY = "gpg-pubkey"
_NONE = "(none)"


def _evr(epoch: int, version: str, release: str) -> str:
    return f"{epoch}:{version}-{release}" if epoch else f"{version}-{release}"


def _source(file: str, version: str, epoch: int) -> tuple[str, str]:
    """Split `name-version-release.src.rpm`; the epoch is the binary's where both are of the same version."""
    parts = file.removesuffix(".rpm").rpartition(".")[0].rsplit("-", 2)
    if len(parts) != 3:
        return "", ""
    evr = f"{parts[1]}-{parts[2]}"
    return parts[0], f"{epoch}:{evr}" if epoch and version.endswith(f":{evr}") else evr


def _package(header: RpmHeader) -> PackageFact | None:
    version = _evr(header.epoch, header.version, header.release)
    if not plausible(header.name, version) or not header.version:
        return None
    source = _source(header.source_rpm, version, header.epoch)
    if source == (header.name, version):
        source = ("", "")
    return PackageFact(
        "rpm",
        header.name,
        version,
        header.arch,
        *source,
        licenses=(header.license,) if header.license else (),
        modularity="" if header.modularity == _NONE else header.modularity,
        vendor=header.vendor,
    )


class _Reading:
    """What has been read of a database so far."""

    def __init__(self) -> None:
        self.packages: list[PackageFact] = []
        self.owned: dict[str, str] = {}
        self.digests: dict[str, str] = {}
        self.bad = 0
        self.problem = ""

    def add(self, blob: bytes) -> None:
        try:
            header = read_header(blob)
        except InputError:
            self.bad += 1
            return
        if header.name == _KEY:
            return
        package = _package(header)
        if package is None:
            self.bad += 1
            return
        self.packages.append(package)
        if len(self.owned) + len(header.files) > _MAX_FILES:
            self.problem = f"The packages of this database own more than {_MAX_FILES:,} files."
            return
        for path, digest in header.files:
            self.owned[path] = package.name
            if digest:
                self.digests[path] = digest


def _read(path: str, name: str, blobs: Iterable[bytes]) -> Evidence:
    """Read every header; a damaged database gives what could be read, and a note of what could not."""
    reading = _Reading()
    try:
        for blob in blobs:
            reading.add(blob)
    except InputError as error:
        reading.problem = f"{reading.problem} {error.what} Packages may be missing from the inventory.".strip()
    if reading.bad:
        reading.problem = f"{reading.problem} {malformed(reading.bad)}".strip()
    if reading.problem and not reading.packages:
        raise InputError(reading.problem)
    notes = (Note("unreadable-database", reading.problem, path),) if reading.problem else ()
    return Evidence(
        path, name, tuple(reading.packages), owned=reading.owned, owned_digests=reading.digests, notes=notes
    )


def read_sqlite_files(files: Mapping[str, bytes]) -> tuple[Evidence, ...]:
    """Read `rpmdb.sqlite` with its write-ahead log. A log that has changes but no database is unreadable."""
    database = next((path for path in files if path.endswith(".sqlite")), None)
    log = next((content for path, content in files.items() if path.endswith("-wal")), b"")
    if database is None:
        path = next(iter(files))
        reason = "A layer changes the rpm database by its write-ahead log alone." if wal_pages(log) else ""
        return (Evidence(path, SQLITE, unreadable=reason),)
    logs = tuple(Evidence(path, SQLITE) for path in files if path != database)
    if not files[database]:
        return (Evidence(database, SQLITE), *logs)
    return (_read(database, SQLITE, _sqlite_blobs(files[database], log)), *logs)


def _sqlite_blobs(database: bytes, log: bytes) -> Iterator[bytes]:
    if len(log) > _LOG_LIMIT:
        raise InputError(
            f"The write-ahead log of the rpm database has {len(log):,} bytes; at most {_LOG_LIMIT:,} are read."
        )
    yield from read_sqlite(database, wal_pages(log))


def read_ndb_file(path: str, content: bytes) -> Evidence:
    """Read `Packages.db`."""
    return _read(path, NDB, read_ndb(content)) if content else Evidence(path, NDB)


def read_bdb_file(content: Content) -> Evidence | None:
    """Read `Packages`; a file named so elsewhere (a package list of a repository) is passed over."""
    magic = content.head[12:16]
    if magic not in (b"\x61\x15\x06\x00", b"\x00\x06\x15\x61"):
        if not content.path.endswith("rpm/Packages"):
            return None
        if not content.size:
            return Evidence(content.path, BDB)
        raise InputError("This is no Berkeley DB hash database.")
    return _read(content.path, BDB, read_bdb(content.whole()))


def read_manifest(path: str, content: bytes) -> Evidence:
    """Read `container-manifest-2`: one package a line, ten fields separated by tabs.

    They are name, version-release, install time, build time, vendor, epoch or (none), size, architecture, epoch number,
    source rpm (what `rpm -qa` of Mariner's image builder is told to print).
    """
    packages: list[PackageFact] = []
    bad = 0
    for line in content.decode("utf-8", "replace").splitlines():
        package = _manifest_line(line)
        if package:
            packages.append(package)
        elif line.strip() and not line.startswith(_KEY):
            bad += 1
    if bad and not packages:
        raise InputError("The rpm manifest holds no line that can be understood.")
    notes = (Note("unreadable-database", malformed(bad, "lines"), path),) if bad else ()
    return Evidence(path, MANIFEST, tuple(packages), notes=notes)


def _manifest_line(line: str) -> PackageFact | None:
    fields = line.split("\t")
    if len(fields) < 10 or fields[0] == _KEY:
        return None
    name, evr, _, _, vendor, _, _, arch, epoch, source_rpm = (field.strip() for field in fields[:10])
    version, dash, release = evr.rpartition("-")
    if not dash or (epoch not in (_NONE, "") and not epoch.isdecimal()):
        return None
    vendor, arch, source_rpm = ("" if field == _NONE else field for field in (vendor, arch, source_rpm))
    number = int(epoch[:10]) if epoch.isdecimal() else 0
    return _package(RpmHeader(name, version, release, number, arch, source_rpm, vendor, "", "", ()))


RPM_SQLITE = Analyser(
    SQLITE, gather=read_sqlite_files, basenames=frozenset({"rpmdb.sqlite", "rpmdb.sqlite-wal"}), limit=_LIMIT
)
RPM_NDB = Analyser(NDB, read=read_ndb_file, basenames=frozenset({"Packages.db"}), limit=_LIMIT)
RPM_BDB = Analyser(BDB, stream=read_bdb_file, basenames=frozenset({"Packages"}), limit=_LIMIT)
RPM_MANIFEST = Analyser(MANIFEST, read=read_manifest, basenames=frozenset({"container-manifest-2"}), limit=4 * MIB)
