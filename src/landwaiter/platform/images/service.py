"""What is known of an image by the name that a task gives it."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from landwaiter.platform.images.tables import ImageDigestRow, ImageReferenceRow, ImageRow


class KnownImage(msgspec.Struct, frozen=True):
    """A stored image: its row, the digest of its manifest, the analyser its inventory was made with."""

    id: int
    digest: str
    analyser: str


def by_digest(session: Session, names: Sequence[tuple[str, str]]) -> dict[tuple[str, str], KnownImage]:
    """Return the images known by (digest of manifest or index, platform)."""
    if not names:
        return {}
    rows = session.execute(
        select(ImageDigestRow.digest, ImageDigestRow.platform, ImageRow.id, ImageRow.digest, ImageRow.analyser)
        .join(ImageRow, ImageRow.id == ImageDigestRow.image_id)
        .where(tuple_(ImageDigestRow.digest, ImageDigestRow.platform).in_(names))
    )
    return {(row[0], row[1]): KnownImage(row[2], row[3], row[4]) for row in rows}


def by_reference(
    session: Session, names: Sequence[tuple[str, str]], since: datetime
) -> dict[tuple[str, str], KnownImage]:
    """Return the images last scanned under (reference, platform), when that was after `since`: a tag may move."""
    if not names:
        return {}
    rows = session.execute(
        select(ImageReferenceRow.reference, ImageRow.platform, ImageRow.id, ImageRow.digest, ImageRow.analyser)
        .join(ImageRow, ImageRow.id == ImageReferenceRow.image_id)
        .where(tuple_(ImageReferenceRow.reference, ImageRow.platform).in_(names))
        .where(ImageReferenceRow.last_seen > since)
        .order_by(ImageReferenceRow.last_seen)
    )
    return {(row[0], row[1]): KnownImage(row[2], row[3], row[4]) for row in rows}
