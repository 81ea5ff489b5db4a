"""Writing a bundle: the same records give the same bytes.

Rows go in sorted by their keys, page size and pragmas are fixed, SQLite's own version number in the header (offset 96,
file format section 1.3) is set to a constant, and no clock is read.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from landwaiter.advisories import schema
from landwaiter.advisories.models import (
    Affected,
    CompiledRecord,
    Record,
    Score,
    Tables,
)
from landwaiter.advisories.scores import best_first, scores_of
from landwaiter.advisories.seal import seal_of, write_seal

_VERSION_OFFSET = 96
_VERSION = (3040000).to_bytes(4, "big")
_encode = msgspec.json.Encoder().encode


def digest_of_record(compiled: CompiledRecord) -> bytes:
    """Return 8 bytes that differ when anything that the record says differs."""
    return hashlib.blake2b(_encode(compiled), digest_size=8).digest()


def body_of(affected: Affected) -> str:
    """Return an affected package as the table `affected` keeps it."""
    return _encode(msgspec.structs.replace(affected, ecosystem="", package="")).decode()


class Writer:
    """Writes the database at `path`, which must not exist; `scratch` is a path for a file that it removes."""

    def __init__(self, path: Path, scratch: Path) -> None:
        self._path, self._scratch = path, scratch
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(schema.PRAGMAS)
        self._db.execute("ATTACH ? AS scratch", (str(scratch),))
        self._db.executescript(
            "PRAGMA scratch.journal_mode=OFF; PRAGMA scratch.synchronous=OFF; PRAGMA temp_store=FILE;"
        )
        self._db.executescript(schema.TABLES + schema.SCRATCH_TABLES + "BEGIN")
        self._known: dict[str, tuple[Score, ...]] = {}
        self._words: dict[str, str] = {}
        self._rid = 0

    def add(self, compiled: CompiledRecord) -> None:
        """Write one record; records must come in the order of feed and id."""
        self._rid += 1
        record = compiled.record
        self._db.execute("INSERT INTO advisory VALUES(?,?,?,?,?,?,?,?,?,?,?,?)", self._row(compiled))
        self._db.executemany(
            "INSERT INTO scratch.affected VALUES(?,?,?,?,?)",
            ((a.ecosystem, a.package, self._rid, n, body_of(a)) for n, a in enumerate(compiled.affected)),
        )
        names = {record.id, *record.vulnerabilities, *record.names}
        self._db.executemany("INSERT INTO scratch.name VALUES(?,?)", ((name, self._rid) for name in names))
        if not record.withdrawn and len(record.vulnerabilities) == 1:
            self._remember(record, compiled.affected)

    def _row(self, compiled: CompiledRecord) -> tuple[object, ...]:
        record = compiled.record
        lists = (_encode(item).decode() for item in (record.vulnerabilities, record.names))
        scores = _encode(record.scores).decode()
        digest = digest_of_record(compiled)
        head = (self._rid, record.feed, record.id, record.modified, *lists)
        return (*head, record.summary, record.severity, scores, record.url, record.withdrawn, digest)

    def _remember(self, record: Record, affected: tuple[Affected, ...]) -> None:
        """Keep what this record says of its vulnerability's severity, for records that say nothing."""
        name = record.vulnerabilities[0]
        scores = record.scores or best_first(_scores(affected))
        if scores:
            self._known[name] = best_first((*self._known.get(name, ()), scores[0]))[:1]
        if record.severity:
            self._words.setdefault(name, record.severity)

    @property
    def records(self) -> int:
        """How many records were written."""
        return self._rid

    def finish(self, tables: Tables) -> None:
        """Write the other tables, close the database and seal it, unsigned."""
        for statement in schema.SORTED:
            self._db.execute(statement)
        named = sorted(self._known.keys() | self._words.keys())
        rows = ((name, self._words.get(name, ""), _encode(self._known.get(name, ())).decode()) for name in named)
        self._db.executemany("INSERT INTO vulnerability VALUES(?,?,?)", rows)
        for table, content in _small_tables(tables).items():
            self._insert(table, content)
        meta = {"format": schema.FORMAT, "built": tables.built, "newest": tables.newest, "advisories": self._rid}
        self._insert("meta", ((key, str(value)) for key, value in sorted(meta.items())))
        self._db.execute("COMMIT")
        self.close()
        _fix_version(self._path)
        write_seal(self._path, seal_of(self._path))

    def _insert(self, table: str, rows: Iterable[tuple[object, ...]]) -> None:
        columns = self._db.execute(f"SELECT count(*) FROM pragma_table_info('{table}')").fetchone()[0]  # noqa: S608 - our own table names
        marks = ",".join("?" * columns)
        self._db.executemany(f"INSERT OR IGNORE INTO {table} VALUES({marks})", rows)

    def close(self) -> None:
        """Close the database and remove the scratch file."""
        self._db.close()
        self._scratch.unlink(missing_ok=True)


def _scores(affected: tuple[Affected, ...]) -> tuple[Score, ...]:
    return tuple(score for item in affected for score in scores_of(item.vectors))


_Rows = Iterable[tuple[object, ...]]


def _small_tables(tables: Tables) -> Mapping[str, _Rows]:
    astuple: Callable[[msgspec.Struct], tuple[object, ...]] = msgspec.structs.astuple
    return {
        "feed": sorted(map(astuple, tables.feeds)),
        "exploited": [astuple(item) for _, item in sorted(tables.exploited.items())],
        "probability": [astuple(item) for _, item in sorted(tables.probabilities.items())],
        "release": sorted(map(astuple, tables.releases)),
        "support": sorted(map(astuple, tables.support)),
        "repository": sorted((item.repository, _encode(item.cpes).decode()) for item in tables.repositories),
        "quarantine": [(None, *astuple(item)) for item in sorted(tables.quarantine, key=astuple)],
    }


def _fix_version(path: Path) -> None:
    with path.open("r+b") as stream:
        stream.seek(_VERSION_OFFSET)
        stream.write(_VERSION)
