"""What runs now, by image: answered from one index, without reading the tasks."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, Subquery, any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from landwaiter.platform.tasks.tables import ContainerRow


def running_images() -> Subquery:
    """Return the images that run now, each with its number of `containers`."""
    return (
        select(ContainerRow.image_id, func.count().label("containers"))
        .where(ContainerRow.running)
        .group_by(ContainerRow.image_id)
        .subquery()
    )


def running_counts(session: Session, image_ids: Sequence[int]) -> dict[int, int]:
    """Return how many containers run each of the images now."""
    query = (
        select(ContainerRow.image_id, func.count())
        .where(ContainerRow.running, ContainerRow.image_id == any_(literal(list(image_ids), ARRAY(BigInteger))))
        .group_by(ContainerRow.image_id)
    )
    return {image_id: count for image_id, count in session.execute(query) if image_id is not None}
