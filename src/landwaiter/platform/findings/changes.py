"""What a new bundle changes for the images that are stored: which of them it touches, and what of them.

An image that is not touched keeps its findings and its verdict; only the name of the data that they rest on changes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import msgspec
from sqlalchemy import ARRAY, BigInteger, ColumnElement, exists, func, literal, select, update
from sqlalchemy.orm import Session

from landwaiter.advisories.bundle import Bundle
from landwaiter.advisories.ecosystems import normal_name
from landwaiter.inventory.models import Inventory
from landwaiter.matching.ecosystem import ecosystem_of
from landwaiter.matching.match import Matcher
from landwaiter.matching.models import Assessment, BundleInfo, Finding, NotAssessed
from landwaiter.matching.rematch import Touched, rematch, touched
from landwaiter.platform.findings.tables import AssessmentRow, FindingRow, VariantRow
from landwaiter.platform.images.tables import ImagePackageRow, PackageRow
from landwaiter.platform.store.base import now
from landwaiter.platform.store.bulk import batches

_BATCH = 5000
_EVALUATED_WITHIN = timedelta(days=7)
"""A verdict that is older is given again in any case: controls that speak of the image's age go by the data's date."""


@dataclass(frozen=True)
class Changes:
    """The way from earlier bundles to the newest one; `touched` by the id of the earlier one."""

    matcher: Matcher
    touched: dict[str, Touched]

    def applied(self, inventory: Inventory, before: Assessment) -> Assessment:
        """Return the assessment with the newest bundle, matching no more than is needed."""
        if before.bundle.id == self.matcher.bundle.info.id:
            return before
        if (difference := self.touched.get(before.bundle.id)) is not None:
            return rematch(inventory, before, self.matcher, difference)
        return self.matcher.assess(inventory)


def changes_to(newest: Bundle, earlier: Sequence[Bundle]) -> Changes:
    """Compare earlier bundles with the newest one."""
    return Changes(Matcher(newest), {bundle.info.id: touched(bundle, newest) for bundle in earlier})


def stored_assessment(session: Session, image_id: int) -> Assessment | None:
    """Return the assessment of an image as it is stored, None where there is none that rests on a bundle."""
    row = session.get(AssessmentRow, image_id)
    if row is None or not row.bundle_id:
        return None
    query = select(FindingRow.detail).where(FindingRow.image_id == image_id, FindingRow.resolved.is_(None))
    return Assessment(
        bundle=msgspec.json.decode(row.bundle, type=BundleInfo),
        findings=tuple(msgspec.json.decode(detail, type=Finding) for detail in session.scalars(query)),
        not_assessed=msgspec.json.decode(row.not_assessed, type=tuple[NotAssessed, ...]),
    )


def carry_over(session: Session, old_id: str, newest: BundleInfo, difference: Touched) -> int:
    """Let the images that a difference does not touch rest on the newest bundle; return how many.

    Where an ecosystem came, went or became trustworthy, every image may be concerned, and none is carried over.
    """
    if difference.ecosystems:
        return 0
    concerned = sorted(_touched_images(session, difference))
    waiting = exists().where(
        VariantRow.image_id == AssessmentRow.image_id, VariantRow.evaluated < now() - _EVALUATED_WITHIN
    )
    untouched = update(AssessmentRow).where(
        AssessmentRow.bundle_id == old_id, ~AssessmentRow.stale, ~_among(concerned), ~waiting
    )
    values = {"bundle_id": newest.id, "bundle": msgspec.json.encode(newest), "assessed": now()}
    return len(session.execute(untouched.values(values).returning(AssessmentRow.image_id)).all())


def _among(image_ids: Sequence[int]) -> ColumnElement[bool]:
    """Return the condition that an assessment is of one of many images, as a hashed look-up."""
    given = select(func.unnest(literal(list(image_ids), ARRAY(BigInteger))).label("id")).subquery()
    return AssessmentRow.image_id.in_(select(given.c.id))


def _touched_images(session: Session, difference: Touched) -> set[int]:
    found: set[int] = set()
    for names in batches(sorted(difference.vulnerabilities), _BATCH):
        open_ones = select(FindingRow.image_id).distinct().where(FindingRow.resolved.is_(None))
        found.update(session.scalars(open_ones.where(FindingRow.vulnerability.in_(names))))
    for packages in batches(list(_touched_packages(session, difference)), _BATCH):
        query = select(ImagePackageRow.image_id).distinct().where(ImagePackageRow.package_id.in_(packages))
        found.update(session.scalars(query))
    return found


def _touched_packages(session: Session, difference: Touched) -> Iterator[int]:
    """Yield the packages that go by a name which records say something else of: too many rather than too few."""
    names = {name for _, name in difference.packages}
    columns = (PackageRow.id, PackageRow.type, PackageRow.name, PackageRow.source_name, PackageRow.purl)
    rows = session.execute(select(*columns).execution_options(yield_per=_BATCH))
    for key, kind, name, source, purl in rows:
        upstream = purl.partition("upstream=")[2]
        if upstream or not names.isdisjoint((name, source, normal_name(ecosystem_of(kind), name))):
            yield key
