"""Reading a bundle: one SQLite file, opened read-only and immutable, with a page cache of 4 MB however large it is.

A bundle is safe to share between threads (SQLite is built serialised) and between processes.
"""

import functools
import sqlite3
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from landwaiter.advisories import schema
from landwaiter.advisories.ecosystems import by_family
from landwaiter.advisories.models import (
    Affected,
    BundleInfo,
    CompiledRecord,
    EcosystemInfo,
    Entry,
    FeedInfo,
    KnownExploited,
    KnownScores,
    Probability,
    ProductRepository,
    Quarantined,
    Record,
    Release,
    Score,
    SupportEnded,
    Tables,
)
from landwaiter.advisories.seal import Seal, check_damage, read_seal, verify_content
from landwaiter.advisories.sign import check_signature, require_trusted
from landwaiter.errors import InputError

_Made = TypeVar("_Made")


def _column(kind: type[_Made]) -> Callable[[str], _Made]:
    """Return a reader of a JSON column; it raises InputError, as an unsigned bundle may hold anything."""
    decode = msgspec.json.Decoder(kind).decode

    def read(text: str) -> _Made:
        try:
            return decode(text)
        except (msgspec.MsgspecError, UnicodeError, TypeError) as error:
            raise InputError(f"The bundle holds what is no record: {error}.", _AGAIN) from error

    return read


_AGAIN = "Fetch or import it again."
_affected = _column(Affected)
_names = _column(tuple[str, ...])
_scores = _column(tuple[Score, ...])
_CACHE_KB = 4096
_RECORD = "a.feed, a.id, a.modified, a.vulnerabilities, a.names, a.summary, a.severity, a.scores, a.url, a.withdrawn"
_ENTRIES = f"""SELECT f.body, {_RECORD} FROM affected f JOIN advisory a ON a.rid = f.rid
    WHERE f.eid = ? AND f.package = ? ORDER BY f.rid, f.seq"""  # noqa: S608 - made of constants
_NAMED = f"SELECT a.rid, {_RECORD} FROM name n JOIN advisory a ON a.rid = n.rid WHERE n.name = ? ORDER BY n.rid"  # noqa: S608 - made of constants
_ALL = f"SELECT a.rid, {_RECORD} FROM advisory a ORDER BY a.rid"  # noqa: S608 - made of constants
_PACKAGES = """SELECT e.name, f.package, f.body FROM affected f JOIN ecosystem e ON e.eid = f.eid
    WHERE f.rid = ? ORDER BY f.seq"""


def open_bundle(path: Path, *, trusted: Iterable[Ed25519PublicKey] | None = None) -> "Bundle":
    """Open the bundle at `path`.

    Checks its size, its checksum and, when it is signed, its signature; with `trusted` it must be signed by one of
    these keys. Raises InputError (absent, truncated, damaged, wrong or untrusted signature, another format).
    """
    seal = read_seal(path)
    signer = check_signature(seal, path) if trusted is None else require_trusted(seal, trusted, path)
    check_damage(path, seal)
    return Bundle(path, seal, signer)


def verify_bundle(path: Path, *, trusted: Iterable[Ed25519PublicKey] | None = None) -> BundleInfo:
    """Check everything about a bundle: content digest, signature, and that SQLite finds its pages sound."""
    verify_content(path, read_seal(path))
    with open_bundle(path, trusted=trusted) as bundle:
        bundle.check_pages()
        return bundle.info


def info_of(path: Path) -> BundleInfo:
    """Return what a bundle says of itself, without reading it whole."""
    seal = read_seal(path)
    with Bundle(path, seal, check_signature(seal, path)) as bundle:
        return bundle.info


class Bundle:
    """An open bundle; made by `open_bundle`. Use it as a context manager or call `close`."""

    def __init__(self, path: Path, seal: Seal, signer: str = "") -> None:
        self.path = path
        uri = f"file:{urllib.parse.quote(str(path.resolve()))}?mode=ro&immutable=1"
        try:
            self._db = sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None)
            self._db.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
            meta = dict(self._db.execute("SELECT key, value FROM meta"))
            if meta.get("format") != str(schema.FORMAT):
                raise InputError(f"The bundle {path} has another format.", "Build it with this version of landwaiter.")
            self.info = BundleInfo(seal.id, meta["built"], meta["newest"], int(meta["advisories"]), signer)
        except (sqlite3.Error, ValueError, KeyError, TypeError) as error:
            raise InputError(f"The bundle {path} cannot be read: {error}.", _AGAIN) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _rows(self, sql: str, *values: object) -> list[Any]:
        try:
            return self._db.execute(sql, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise InputError(f"The bundle {self.path} is damaged: {error}.", _AGAIN) from error

    @functools.cached_property
    def ecosystems(self) -> dict[str, EcosystemInfo]:
        """What the bundle knows of each ecosystem, by its name with release ("Debian:12")."""
        rows = self._rows("SELECT name, packages, advisories FROM ecosystem ORDER BY eid")
        return {name: EcosystemInfo(name, packages, advisories) for name, packages, advisories in rows}

    @functools.cached_property
    def families(self) -> dict[str, tuple[str, ...]]:
        """The names of `ecosystems` by their name without release ("Debian")."""
        return by_family(self.ecosystems)

    @functools.cached_property
    def _eids(self) -> dict[str, int]:
        return dict(self._rows("SELECT name, eid FROM ecosystem"))

    def entries(self, ecosystem: str, package: str) -> tuple[Entry, ...]:
        """Return what is said of a package of one ecosystem; the name must be in its normal form."""
        eid = self._eids.get(ecosystem)
        if eid is None:
            return ()
        return tuple(_entry(row, ecosystem, package) for row in self._rows(_ENTRIES, eid, package))

    def named(self, name: str) -> tuple[CompiledRecord, ...]:
        """Return the records that go under a name (CVE, GHSA, erratum, …), with every package they speak of."""
        return tuple(
            CompiledRecord(_record(row[1:]), tuple(self._packages(row[0]))) for row in self._rows(_NAMED, name)
        )

    def _packages(self, rid: int) -> Iterator[Affected]:
        for ecosystem, package, body in self._rows(_PACKAGES, rid):
            yield msgspec.structs.replace(_affected(body), ecosystem=ecosystem, package=package)

    def digests(self) -> Iterator[tuple[tuple[str, str], bytes]]:
        """Yield ((feed, id), digest) of every record, in the order of feed and id."""
        for feed, identifier, digest in self._db.execute("SELECT feed, id, digest FROM advisory ORDER BY rid"):
            yield (feed, identifier), digest

    def packages_of(self, keys: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        """Yield (ecosystem, package) for all that the records (feed, id) speak of; absent records say nothing."""
        wanted = set(keys)
        rows = self._db.execute("SELECT rid, feed, id FROM advisory") if wanted else ()
        for rid in [rid for rid, feed, identifier in rows if (feed, identifier) in wanted]:
            for ecosystem, package, _ in self._rows(_PACKAGES, rid):
                yield ecosystem, package

    def records(self) -> Iterator[CompiledRecord]:
        """Yield every record with all it says, in the order of feed and id: what the bundle was written from."""
        for row in self._db.execute(_ALL):
            yield CompiledRecord(_record(row[1:]), tuple(self._packages(row[0])))

    def exploited(self, cve: str) -> KnownExploited | None:
        """Return the KEV row of a CVE."""
        return next(map(_exploited, self._rows("SELECT * FROM exploited WHERE cve = ?", cve)), None)

    def probability(self, cve: str) -> Probability | None:
        """Return the EPSS row of a CVE."""
        return next((Probability(*row) for row in self._rows("SELECT * FROM probability WHERE cve = ?", cve)), None)

    def known_scores(self, name: str) -> KnownScores | None:
        """Return what any record says of a vulnerability's severity."""
        rows = self._rows("SELECT severity, scores FROM vulnerability WHERE name = ?", name)
        return KnownScores(rows[0][0], _scores(rows[0][1])) if rows else None

    @property
    def feeds(self) -> tuple[FeedInfo, ...]:
        """The feeds that the bundle was compiled from."""
        return tuple(FeedInfo(*row) for row in self._rows("SELECT * FROM feed ORDER BY name"))

    @functools.cached_property
    def releases(self) -> tuple[Release, ...]:
        """The releases of distributions that have dates."""
        return tuple(Release(*row) for row in self._rows("SELECT * FROM release"))

    def support_ended(self, distribution: str, package: str) -> tuple[SupportEnded, ...]:
        """Return what is said of a source package's security support."""
        rows = self._rows("SELECT * FROM support WHERE distribution = ? AND package = ?", distribution, package)
        return tuple(SupportEnded(*row) for row in rows)

    @property
    def quarantine(self) -> tuple[Quarantined, ...]:
        """The records that were left out or mended, and why."""
        rows = self._rows("SELECT feed, record, reason, kept FROM quarantine ORDER BY number")
        return tuple(Quarantined(feed, record, reason, bool(kept)) for feed, record, reason, kept in rows)

    def tables(self) -> Tables:
        """Return everything that the bundle holds beside its records."""
        exploited = map(_exploited, self._rows("SELECT * FROM exploited"))
        repositories = self._rows("SELECT * FROM repository")
        return Tables(
            built=self.info.built,
            newest=self.info.newest,
            feeds=list(self.feeds),
            exploited={item.cve: item for item in exploited},
            probabilities={row[0]: Probability(*row) for row in self._rows("SELECT * FROM probability")},
            releases=list(self.releases),
            support=[SupportEnded(*row) for row in self._rows("SELECT * FROM support")],
            repositories=[ProductRepository(name, _names(cpes)) for name, cpes in repositories],
            quarantine=list(self.quarantine),
        )

    def repository(self, name: str) -> tuple[str, ...]:
        """Return the products (CPE) that a Red Hat content set belongs to."""
        return next((_names(row[0]) for row in self._rows("SELECT cpes FROM repository WHERE name = ?", name)), ())

    def check_pages(self) -> None:
        """Let SQLite check its pages. Raises InputError."""
        if self._rows("PRAGMA quick_check(1)") != [("ok",)]:
            raise InputError(f"The bundle {self.path} is damaged.", _AGAIN)


def _record(row: tuple[Any, ...]) -> Record:
    feed, identifier, modified, vulnerabilities, names, summary, severity, scores, url, withdrawn = row
    lists = _names(vulnerabilities), _names(names)
    return Record(feed, identifier, modified, *lists, summary, severity, _scores(scores), url, bool(withdrawn))


def _exploited(row: tuple[Any, ...]) -> KnownExploited:
    cve, added, due, ransomware, title = row
    return KnownExploited(cve, added, due, bool(ransomware), title)


def _entry(row: tuple[Any, ...], ecosystem: str, package: str) -> Entry:
    affected = _affected(row[0])
    return Entry(_record(row[1:]), msgspec.structs.replace(affected, ecosystem=ecosystem, package=package))
