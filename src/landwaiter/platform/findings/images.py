"""Images as the console shows them: lists, and all of one image."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Row, Select, exists, func, or_, select, tuple_
from sqlalchemy.orm import Session

from landwaiter.compliance.models import ControlResult
from landwaiter.matching.models import BundleInfo, NotAssessed
from landwaiter.platform.findings.errors import UnknownImageError
from landwaiter.platform.findings.models import (
    Counts,
    ImageHead,
    ImageList,
    ImagePage,
    PackageUse,
    Standing,
    TrackedFinding,
    Variant,
)
from landwaiter.platform.findings.running import running_counts
from landwaiter.platform.findings.tables import AssessmentRow, FindingRow, VariantRow
from landwaiter.platform.findings.vulnerabilities import findings_of_image, places_of, tracked
from landwaiter.platform.images.store import read_inventory
from landwaiter.platform.images.tables import (
    ImageDigestRow,
    ImagePackageRow,
    ImageReferenceRow,
    ImageRow,
    PackageRow,
)
from landwaiter.platform.scans.tables import ScanRow
from landwaiter.platform.store.paging import DEFAULT, cursor_of, position_of
from landwaiter.platform.tasks.tables import RunningUseRow
from landwaiter.policy.models import Verdict

_URGENCY = (
    FindingRow.suppressed,
    FindingRow.severity,
    FindingRow.kev.desc(),
    FindingRow.epss.desc().nulls_last(),
    FindingRow.vulnerability,
    FindingRow.id,
)
MOST_FINDINGS = 5000
"""Findings that the page of one image holds; the API pages through more."""


def images(
    session: Session,
    *,
    text: str = "",
    verdict: str = "",
    running_only: bool = False,
    cursor: str | None = None,
    limit: int = DEFAULT,
) -> ImageList:
    """Return images, seen last first. `text` is part of the reference, or a digest. Raises InputError."""
    query = _HEADS.order_by(ImageRow.last_seen.desc(), ImageRow.id.desc()).limit(limit + 1)
    if text:
        query = query.where(or_(ImageRow.reference.icontains(text, autoescape=True), ImageRow.digest == text))
    if verdict:
        query = query.where(func.coalesce(AssessmentRow.verdict, "not_assessed") == verdict)
    if running_only:
        query = query.where(exists().where(RunningUseRow.image_id == ImageRow.id, RunningUseRow.containers > 0))
    if cursor:
        query = query.where(tuple_(ImageRow.last_seen, ImageRow.id) < position_of(cursor, tuple[datetime, int]))
    rows = session.execute(query).all()
    page = rows[:limit]
    following = cursor_of(page[-1][0].last_seen, page[-1][0].id) if len(rows) > limit else None
    return ImageList(_heads(session, page), following)


def image_page(session: Session, digest: str) -> ImagePage:
    """Return all of one image, by the digest of its manifest or of an index. Raises UnknownImageError."""
    image_id = image_of(session, digest)
    row = session.execute(_HEADS.where(ImageRow.id == image_id)).one()
    references = session.scalars(
        select(ImageReferenceRow.reference)
        .where(ImageReferenceRow.image_id == image_id)
        .order_by(ImageReferenceRow.last_seen.desc())
        .limit(100)
    )
    resolved = select(func.count()).select_from(FindingRow)
    resolved = resolved.where(FindingRow.image_id == image_id, FindingRow.resolved.is_not(None))
    scans = select(ScanRow.id).where(ScanRow.image_id == image_id).order_by(ScanRow.created.desc()).limit(20)
    return ImagePage(
        image=_heads(session, [row])[0],
        references=tuple(references),
        inventory=read_inventory(session, image_id),
        findings=_open_findings(session, image_id),
        resolved=session.execute(resolved).scalar_one(),
        not_assessed=_not_assessed(row[1]),
        variants=variants_of(session, image_id),
        running=places_of(session, [image_id]),
        scans=tuple(session.scalars(scans)),
    )


def image_of(session: Session, digest: str) -> int:
    """Return the row of the image of this digest, of its manifest or of an index. Raises UnknownImageError."""
    image_id = session.scalar(select(ImageRow.id).where(ImageRow.digest == digest))
    if image_id is None:
        image_id = session.scalar(
            select(ImageDigestRow.image_id).where(ImageDigestRow.digest == digest).order_by(ImageDigestRow.platform)
        )
    if image_id is None:
        raise UnknownImageError(
            f"There is no image {digest[:100]!r}.", "It may not have been scanned yet: see /api/v1/scans."
        )
    return image_id


def image_head(session: Session, image_id: int) -> ImageHead:
    """Return one image as lists show it."""
    return _heads(session, [session.execute(_HEADS.where(ImageRow.id == image_id)).one()])[0]


def variants_of(session: Session, image_id: int) -> tuple[Variant, ...]:
    """Return how the image stands in each task definition that runs it, the worst verdict first."""
    rows = session.scalars(
        select(VariantRow)
        .where(VariantRow.image_id == image_id)
        .order_by(VariantRow.verdict, VariantRow.task_definition_arn, VariantRow.container)
    )
    return tuple(
        Variant(
            task_definition_arn=row.task_definition_arn,
            container=row.container,
            results=msgspec.json.decode(row.results, type=tuple[ControlResult, ...]),
            verdict=msgspec.json.decode(row.detail, type=Verdict),
            evaluated=row.evaluated,
        )
        for row in rows
    )


def package_uses(
    session: Session, name: str, *, kind: str = "", version: str = "", cursor: str | None = None, limit: int = DEFAULT
) -> tuple[tuple[PackageUse, ...], str | None]:
    """Return where packages of a name (its own, or its source package's) are, and the cursor of the next page."""
    query = select(PackageRow).where((PackageRow.name == name) | (PackageRow.source_name == name))
    for column, wanted in ((PackageRow.type, kind), (PackageRow.version, version)):
        if wanted:
            query = query.where(column == wanted)
    if cursor:
        (last,) = position_of(cursor, tuple[int])
        query = query.where(PackageRow.id > last)
    rows = session.scalars(query.order_by(PackageRow.id).limit(limit + 1)).all()
    page = rows[:limit]
    found: dict[int, dict[int, str]] = {}
    for package_id, image_id, digest in session.execute(
        select(ImagePackageRow.package_id, ImageRow.id, ImageRow.digest)
        .join(ImageRow, ImageRow.id == ImagePackageRow.image_id)
        .where(ImagePackageRow.package_id.in_([row.id for row in page]))
        .order_by(ImageRow.last_seen.desc())
    ):
        found.setdefault(package_id, {})[image_id] = digest
    running = running_counts(session, sorted({key for images in found.values() for key in images}))
    uses = tuple(_package_use(row, found.get(row.id, {}), running) for row in page)
    return uses, cursor_of(page[-1].id) if len(rows) > limit else None


def _package_use(row: PackageRow, images: dict[int, str], running: dict[int, int]) -> PackageUse:
    return PackageUse(
        type=row.type,
        name=row.name,
        version=row.version,
        purl=row.purl,
        images=tuple(images.values()),
        running=sum(running.get(image_id, 0) for image_id in images),
    )


_HEADS: Select[ImageRow, AssessmentRow] = select(ImageRow, AssessmentRow).outerjoin(
    AssessmentRow, AssessmentRow.image_id == ImageRow.id
)


def _heads(session: Session, rows: Sequence[Row[ImageRow, AssessmentRow]]) -> tuple[ImageHead, ...]:
    running = running_counts(session, [row[0].id for row in rows])
    return tuple(_head(image, assessment, running.get(image.id, 0)) for image, assessment in rows)


def _head(image: ImageRow, assessment: AssessmentRow | None, running: int) -> ImageHead:
    return ImageHead(
        digest=image.digest,
        reference=image.reference,
        repository=image.repository,
        platform=image.platform,
        os=image.os,
        packages=image.packages,
        size=image.size,
        running=running,
        first_seen=image.first_seen,
        last_seen=image.last_seen,
        standing=standing_of(assessment),
    )


def standing_of(assessment: AssessmentRow | None) -> Standing:
    """Return how a stored image stands."""
    if assessment is None:
        return Standing("stored", "Its assessment is on the way.", None, Counts(), 0, None, None)
    reasons = " ".join(item.reason for item in _not_assessed(assessment))
    return Standing(
        state="not_assessed" if assessment.verdict == "not_assessed" else "assessed",
        reason=reasons,
        verdict=assessment.verdict,
        counts=Counts(**{name: getattr(assessment, name) for name in Counts.__struct_fields__}),
        failed_controls=assessment.failed_controls,
        assessed=assessment.assessed,
        bundle=msgspec.json.decode(assessment.bundle, type=BundleInfo) if assessment.bundle_id else None,
    )


def _not_assessed(assessment: AssessmentRow | None) -> tuple[NotAssessed, ...]:
    if assessment is None:
        return (NotAssessed("pending", "Its assessment is on the way."),)
    return msgspec.json.decode(assessment.not_assessed, type=tuple[NotAssessed, ...])


def resolved_findings(session: Session, digest: str) -> tuple[TrackedFinding, ...]:
    """Return what an image once had and has no longer, most severe first. Raises UnknownImageError."""
    return findings_of_image(session, image_of(session, digest), resolved=True, limit=MOST_FINDINGS).findings


def _open_findings(session: Session, image_id: int) -> tuple[TrackedFinding, ...]:
    query = select(FindingRow).where(FindingRow.image_id == image_id, FindingRow.resolved.is_(None))
    ordered = query.order_by(*_URGENCY).limit(MOST_FINDINGS)
    return tuple(tracked(row) for row in session.scalars(ordered))
