"""Records on their way into a bundle: kept in a scratch file, duplicates resolved, then compiled in order.

Memory stays small however large the feeds are; the scratch file lies beside the bundle that is being built.
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import msgspec

from landwaiter.advisories.listing import without_covered
from landwaiter.advisories.models import Advisory, Affected, CompiledRecord, Quarantined, Record
from landwaiter.advisories.names import is_security, other_names, own_cves, vulnerabilities
from landwaiter.advisories.scores import scores_of
from landwaiter.advisories.text import is_cve

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Advisory).decode


class Intake:
    """Takes advisories in any order and gives compiled records in the order of feed and id.

    `latest` is the moment after which a `modified` is not believed ("" believes all).
    """

    def __init__(self, path: Path, latest: str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536;"
            "CREATE TABLE record(family TEXT, id TEXT, feed TEXT, body BLOB, PRIMARY KEY(family, id)) WITHOUT ROWID;"
            "BEGIN"
        )
        self._latest = latest
        self._aliases: dict[tuple[str, str], tuple[str, ...]] = {}
        self._bare: set[tuple[str, str]] = set()
        self.newest: dict[str, str] = {}
        self.skipped: Counter[str] = Counter()
        self.compiled: Counter[str] = Counter()
        self.notes: list[Quarantined] = []

    def add(self, advisory: Advisory) -> None:
        """Take one advisory; one that is here already under the same id of the same feed family is merged with it."""
        advisory = self._believable(advisory)
        family = advisory.feed.partition("/")[0]
        self.newest[advisory.feed] = max(self.newest.get(advisory.feed, ""), advisory.modified)
        row = (family, advisory.id, advisory.feed, _encode(advisory))
        if not self._db.execute("INSERT OR IGNORE INTO record VALUES(?,?,?,?)", row).rowcount:
            advisory = self._merged(family, advisory)
        self._remember(family, advisory)

    def _merged(self, family: str, advisory: Advisory) -> Advisory:
        """Merge with the record that is here under the same id, and return what both make."""
        sql = "SELECT body FROM record WHERE family=? AND id=?"
        older = _decode(self._db.execute(sql, (family, advisory.id)).fetchone()[0])
        if advisory.feed == older.feed:
            self.notes.append(Quarantined(advisory.feed, advisory.id, "its id is there twice: merged", kept=True))
        advisory = merge(older, advisory)
        row = (family, advisory.id, advisory.feed, _encode(advisory))
        self._db.execute("REPLACE INTO record VALUES(?,?,?,?)", row)
        return advisory

    def _remember(self, family: str, advisory: Advisory) -> None:
        """Keep the names of records that link names, and which records have no CVE of their own."""
        key = family, advisory.id
        named = not advisory.withdrawn and own_cves(advisory)
        self._bare.discard(key)
        if not advisory.withdrawn and not named:
            self._bare.add(key)
        if advisory.aliases and not advisory.withdrawn:
            self._aliases[key] = advisory.aliases
        else:
            self._aliases.pop(key, None)

    def _believable(self, advisory: Advisory) -> Advisory:
        if not self._latest or advisory.modified <= self._latest:
            return advisory
        reason = f"it says that it was modified in the future ({advisory.modified}): used, its time is not"
        self.notes.append(Quarantined(advisory.feed, advisory.id, reason, kept=True))
        return msgspec.structs.replace(advisory, modified="")

    def records(self) -> Iterator[CompiledRecord]:
        """Give every record that is about security, compiled, in the order of feed and id."""
        links = self._links()
        for advisory in self._all():
            if not is_security(advisory):
                self.skipped[advisory.feed] += 1
                continue
            self.compiled[advisory.feed] += 1
            yield compile_record(advisory, vulnerabilities(advisory, links))

    def _all(self) -> Iterator[Advisory]:
        for (body,) in self._db.execute("SELECT body FROM record ORDER BY feed, id"):
            yield _decode(body)

    def _links(self) -> dict[str, set[str]]:
        """Return what is linked with the names of records that have no CVE of their own."""
        wanted = {name for key in self._bare for name in (key[1], *self._aliases.get(key, ()))}
        links: dict[str, set[str]] = defaultdict(set)
        for (_, identifier), aliases in self._aliases.items() if wanted else ():
            names = {identifier, *aliases}
            if not wanted.isdisjoint(names):
                for name in names:
                    if not is_cve(name):
                        links[name] |= names
        return links

    def close(self) -> None:
        """Close the scratch file; whoever made the path removes it."""
        self._db.close()


def merge(one: Advisory, other: Advisory) -> Advisory:
    """Return one advisory of two with the same id: the newer one, with some of the older one's packages.

    Those are added when both are equally new, or when they are of another release of the same distribution.
    """
    older, newer = (other, one) if other.modified < one.modified else (one, other)
    if newer.withdrawn or older.withdrawn:
        return newer
    spoken = {affected.ecosystem for affected in newer.affected}
    distributions = {name.partition(":")[0] for name in spoken if ":" in name}
    added = tuple(
        affected
        for affected in older.affected
        if affected not in newer.affected
        and (older.modified == newer.modified or _other_release(affected, spoken, distributions))
    )
    return msgspec.structs.replace(newer, affected=(*newer.affected, *added)) if added else newer


def _other_release(affected: Affected, spoken: set[str], distributions: set[str]) -> bool:
    return affected.ecosystem not in spoken and affected.ecosystem.partition(":")[0] in distributions


def compile_record(advisory: Advisory, chosen: tuple[str, ...]) -> CompiledRecord:
    """Return the advisory as the bundle keeps it, under the vulnerability names that were chosen for it."""
    record = Record(
        feed=advisory.feed,
        id=advisory.id,
        modified=advisory.modified,
        vulnerabilities=chosen,
        names=other_names(advisory, chosen),
        summary=advisory.summary,
        severity=advisory.severity,
        scores=scores_of(advisory.vectors),
        url=advisory.url,
        withdrawn=advisory.withdrawn,
    )
    return CompiledRecord(record, _sorted(advisory.affected))


def _sorted(affected: tuple[Affected, ...]) -> tuple[Affected, ...]:
    kept = tuple(map(without_covered, affected))
    return tuple(sorted(kept, key=_encode)) if len(kept) > 1 else kept
