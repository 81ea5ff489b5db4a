"""What is known of an image by the name that a task gives it."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from landwaiter.platform.images.tables import ImageDigestRow, ImageReferenceRow, ImageRow
from landwaiter.platform.store.bulk import among, table_of


class KnownImage(msgspec.Struct, frozen=True):
    """A stored image: its row, the digest of its manifest, the analyser its inventory was made with."""

    id: int
    digest: str
    analyser: str


def by_digest(session: Session, names: Sequence[tuple[str, str]]) -> dict[tuple[str, str], KnownImage]:
    """Return the images known by (digest of manifest or index, platform)."""
    if not names:
        return {}
    named, image = table_of(ImageDigestRow).c, table_of(ImageRow).c
    rows = session.execute(
        select(named.digest, named.platform, image.id, image.digest, image.analyser).where(
            image.id == named.image_id, among(named.digest, {digest for digest, _ in names})
        )
    )
    return _known(rows, names)


def by_reference(
    session: Session, names: Sequence[tuple[str, str]], since: datetime
) -> dict[tuple[str, str], KnownImage]:
    """Return the images last scanned under (reference, platform), when that was after `since`: a tag may move."""
    if not names:
        return {}
    named, image = table_of(ImageReferenceRow).c, table_of(ImageRow).c
    rows = session.execute(
        select(named.reference, image.platform, image.id, image.digest, image.analyser)
        .where(image.id == named.image_id, among(named.reference, {reference for reference, _ in names}))
        .where(named.last_seen > since)
        .order_by(named.last_seen)
    )
    return _known(rows, names)


def _known(rows: Iterable[Any], names: Collection[tuple[str, str]]) -> dict[tuple[str, str], KnownImage]:
    """Return the images of those names that were asked for: PostgreSQL was asked without the platforms."""
    wanted = frozenset(names)
    return {(row[0], row[1]): KnownImage(row[2], row[3], row[4]) for row in rows if (row[0], row[1]) in wanted}
