"""What runs now, by image: read from the counts that the database keeps, without reading tasks and containers."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, Subquery, func, select
from sqlalchemy.orm import Session

from landwaiter.platform.store.bulk import having
from landwaiter.platform.tasks.tables import RunningUseRow

_CONTAINERS = func.sum(RunningUseRow.containers).cast(BigInteger)


def running_images() -> Subquery:
    """Return the images that run now, each with its number of `containers`."""
    return (
        select(RunningUseRow.image_id, _CONTAINERS.label("containers"))
        .where(RunningUseRow.containers > 0, RunningUseRow.image_id > 0)
        .group_by(RunningUseRow.image_id)
        .subquery()
    )


def running_counts(session: Session, image_ids: Sequence[int]) -> dict[int, int]:
    """Return how many containers run each of the images now."""
    query = (
        select(RunningUseRow.image_id, _CONTAINERS)
        .where(RunningUseRow.containers > 0, having(RunningUseRow.image_id, image_ids))
        .group_by(RunningUseRow.image_id)
    )
    return dict(session.execute(query).all())
