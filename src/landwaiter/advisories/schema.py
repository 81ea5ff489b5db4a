"""The bundle's tables. Every table is read by its key; `affected` is the hot one (15 µs a package).

`affected.body` is an `Affected` without ecosystem and package, `advisory.names` and the like are JSON arrays: a person
can read a bundle with any SQLite tool. `advisory.digest` is made of all that a record says and lets two bundles be
compared quickly.
"""

FORMAT = 1
"""Raised when a bundle of the old format can no longer be read."""

APPLICATION_ID = 0x4C574149

TABLES = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE feed(name TEXT PRIMARY KEY, fetched TEXT, records INT, quarantined INT, skipped INT, failed TEXT)
    WITHOUT ROWID;
CREATE TABLE ecosystem(eid INTEGER PRIMARY KEY, name TEXT, packages INT, advisories INT);
CREATE TABLE advisory(rid INTEGER PRIMARY KEY, feed TEXT, id TEXT, modified TEXT, vulnerabilities TEXT, names TEXT,
    summary TEXT, severity TEXT, scores TEXT, url TEXT, withdrawn INT, digest BLOB);
CREATE TABLE affected(eid INT, package TEXT, rid INT, seq INT, body TEXT, PRIMARY KEY(eid, package, rid, seq))
    WITHOUT ROWID;
CREATE TABLE name(name TEXT, rid INT, PRIMARY KEY(name, rid)) WITHOUT ROWID;
CREATE TABLE vulnerability(name TEXT PRIMARY KEY, severity TEXT, scores TEXT) WITHOUT ROWID;
CREATE TABLE exploited(cve TEXT PRIMARY KEY, added TEXT, due TEXT, ransomware INT, title TEXT) WITHOUT ROWID;
CREATE TABLE probability(cve TEXT PRIMARY KEY, score REAL, percentile REAL) WITHOUT ROWID;
CREATE TABLE release(distribution TEXT, version TEXT, codename TEXT, released TEXT, end TEXT, extended_end TEXT,
    PRIMARY KEY(distribution, version)) WITHOUT ROWID;
CREATE TABLE support(distribution TEXT, version TEXT, package TEXT, kind TEXT, note TEXT,
    PRIMARY KEY(distribution, package, version, kind)) WITHOUT ROWID;
CREATE TABLE repository(name TEXT PRIMARY KEY, cpes TEXT) WITHOUT ROWID;
CREATE TABLE quarantine(number INTEGER PRIMARY KEY, feed TEXT, record TEXT, reason TEXT, kept INT);
"""

SCRATCH_TABLES = """
CREATE TABLE scratch.affected(ecosystem TEXT, package TEXT, rid INT, seq INT, body TEXT);
CREATE TABLE scratch.name(name TEXT, rid INT);
"""

SORTED = (
    """INSERT INTO ecosystem(eid, name, packages, advisories)
    SELECT row_number() OVER (ORDER BY ecosystem), ecosystem, count(DISTINCT package), count(DISTINCT rid)
    FROM scratch.affected GROUP BY ecosystem ORDER BY ecosystem""",
    """INSERT INTO affected SELECT e.eid, a.package, a.rid, a.seq, a.body
    FROM scratch.affected a JOIN ecosystem e ON e.name = a.ecosystem ORDER BY e.eid, a.package, a.rid, a.seq""",
    "CREATE INDEX affected_by_record ON affected(rid)",
    "INSERT INTO name SELECT DISTINCT name, rid FROM scratch.name ORDER BY name, rid",
)
"""How the tables that are sorted late are filled, once every record is in."""

PRAGMAS = f"""
PRAGMA page_size = 4096;
PRAGMA encoding = 'UTF-8';
PRAGMA auto_vacuum = NONE;
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {FORMAT};
PRAGMA cache_size = -65536;
"""
