"""The life of findings: new ones begin, those still there go on, those no longer found are resolved, never deleted.

A finding that is new for this digest, but was known in another image of the same lineage (the same repository), began
when it began there: a rebuild does not make an old finding young.
"""

import hashlib
from collections import Counter
from datetime import datetime

import msgspec
from sqlalchemy import case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from landwaiter.matching.models import SEVERITIES, Assessment, Finding
from landwaiter.platform.findings.models import Counts
from landwaiter.platform.findings.tables import FindingRow, VulnerabilityRow
from landwaiter.platform.images.tables import ImageRow
from landwaiter.platform.store.base import now, text_of
from landwaiter.platform.store.bulk import among, batches

_BATCH = 1000
_UNKNOWN = SEVERITIES.index("unknown")


def store_findings(session: Session, image: ImageRow, assessment: Assessment) -> Counts:
    """Bring the findings of an image to those of a new assessment; return the counts of the open ones."""
    time = now()
    findings = {identity_of(finding): finding for finding in assessment.findings}
    began = _lineage(session, image, [finding.fingerprint for finding in findings.values()])
    rows = [
        _row(image.id, identity, finding, began.get(finding.fingerprint, time), time)
        for identity, finding in findings.items()
    ]
    if rows:
        _upsert(session, rows)
    session.execute(
        update(FindingRow)
        .where(FindingRow.image_id == image.id, FindingRow.resolved.is_(None), FindingRow.last_seen < time)
        .values(resolved=time)
    )
    _vulnerabilities(session, list(findings.values()))
    return counts_of(list(findings.values()))


def identity_of(finding: Finding) -> bytes:
    """Return what tells one finding of an image from another: vulnerability, package with version, first path."""
    package = finding.package
    path = package.locations[0].path if package.locations else ""
    parts = (finding.id, package.type, package.name, package.version, package.purl, path)
    return hashlib.sha256(msgspec.json.encode(parts)).digest()[:16]


def severity_rank(severity: str) -> int:
    """Return the place of a severity in `SEVERITIES`: 0 is critical."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else _UNKNOWN


def counts_of(findings: list[Finding]) -> Counts:
    """Count the findings that nothing silences."""
    open_ones = [finding for finding in findings if finding.suppressed is None]
    by_severity = Counter(SEVERITIES[severity_rank(finding.severity)] for finding in open_ones)
    return Counts(
        **by_severity,
        kev=sum(finding.kev for finding in open_ones),
        fixable=sum(bool(finding.fixed_versions) for finding in open_ones),
        suppressed=len(findings) - len(open_ones),
    )


def _lineage(session: Session, image: ImageRow, fingerprints: list[str]) -> dict[str, datetime]:
    """Return since when other images of the repository show these fingerprints."""
    began: dict[str, datetime] = {}
    for batch in batches(fingerprints, _BATCH):
        rows = session.execute(
            select(FindingRow.fingerprint, func.min(FindingRow.first_seen))
            .join(ImageRow, ImageRow.id == FindingRow.image_id)
            .where(among(FindingRow.fingerprint, batch))
            .where(ImageRow.repository == image.repository)
            .group_by(FindingRow.fingerprint)
        )
        began |= dict(rows.all())
    return began


def _row(image_id: int, identity: bytes, finding: Finding, began: datetime, time: datetime) -> dict[str, object]:
    return {
        "image_id": image_id,
        "identity": identity,
        "fingerprint": text_of(finding.fingerprint),
        "vulnerability": text_of(finding.id),
        "package_type": text_of(finding.package.type),
        "package_name": text_of(finding.package.name),
        "package_version": text_of(finding.package.version),
        "severity": severity_rank(finding.severity),
        "kev": finding.kev,
        "epss": finding.epss,
        "cvss": finding.cvss.score if finding.cvss else None,
        "fixed": bool(finding.fixed_versions),
        "status": text_of(finding.status),
        "suppressed": finding.suppressed is not None,
        "detail": msgspec.json.encode(finding),
        "first_seen": began,
        "last_seen": time,
        "resolved": None,
    }


def _upsert(session: Session, rows: list[dict[str, object]]) -> None:
    query = insert(FindingRow)
    kept = {"image_id", "identity", "first_seen"}
    changes: dict[str, object] = {name: query.excluded[name] for name in rows[0] if name not in kept}
    came_back = FindingRow.resolved.is_not(None)
    changes["reopened"] = case((came_back, query.excluded.last_seen), else_=FindingRow.reopened)
    session.execute(query.on_conflict_do_update(index_elements=["image_id", "identity"], set_=changes), rows)


def _vulnerabilities(session: Session, findings: list[Finding]) -> None:
    """Keep what is known of the vulnerabilities themselves; write only what differs, so that images do not contend."""
    newest = {finding.id: finding for finding in findings}
    for keys in batches(sorted(newest), _BATCH):
        batch = [_vulnerability(newest[key]) for key in keys]
        known = select(VulnerabilityRow).where(among(VulnerabilityRow.id, [str(row["id"]) for row in batch]))
        stored = {row.id: row for row in session.scalars(known)}
        changed = [row for row in batch if _differs(stored.get(str(row["id"])), row)]
        if changed:
            query = insert(VulnerabilityRow)
            values = {name: query.excluded[name] for name in changed[0] if name != "id"}
            session.execute(query.on_conflict_do_update(index_elements=["id"], set_=values), changed)


def _vulnerability(finding: Finding) -> dict[str, object]:
    return {
        "id": text_of(finding.id),
        "aliases": [text_of(alias) for alias in finding.aliases],
        "severity": severity_rank(finding.severity),
        "kev": finding.kev,
        "epss": finding.epss,
        "cvss": msgspec.json.encode(finding.cvss) if finding.cvss else None,
        "summary": text_of(finding.summary),
        "updated": now(),
    }


def _differs(row: VulnerabilityRow | None, values: dict[str, object]) -> bool:
    return row is None or any(getattr(row, name) != value for name, value in values.items() if name != "updated")
