"""What runs is counted as it changes; the counts are at all times what a count of the containers would say."""

import asyncio
import random
from typing import Any

import msgspec
import pytest
from sqlalchemy import delete, func, select, update

from landwaiter.platform.context import Platform
from landwaiter.platform.images.tables import ImageRow
from landwaiter.platform.jobs.housekeeping import clean_up
from landwaiter.platform.tasks.intake import Intake
from landwaiter.platform.tasks.models import TaskReport
from landwaiter.platform.tasks.tables import ContainerRow, RunningUseRow, TaskRow

Counts = dict[tuple[int, str, str], int]


def kept(platform: Platform) -> Counts:
    with platform.database.begin() as session:
        rows = session.scalars(select(RunningUseRow).where(RunningUseRow.containers != 0)).all()
    return {(row.image_id, row.task_definition_arn, row.container): row.containers for row in rows}


def counted(platform: Platform) -> Counts:
    use = (func.coalesce(ContainerRow.image_id, 0), TaskRow.task_definition_arn, ContainerRow.name)
    query = select(*use, func.count()).join(TaskRow, TaskRow.id == ContainerRow.task_id)
    with platform.database.begin() as session:
        return {
            (row[0], row[1], row[2]): row[3] for row in session.execute(query.where(TaskRow.running).group_by(*use))
        }


def test_counts_follow_events_sweeps_scans_and_what_is_removed(platform: Platform, sensor: Any, sample: Any) -> None:
    def holds(containers: int) -> Counts:
        found = kept(platform)
        assert found == counted(platform)
        assert sum(found.values()) == containers
        return found

    holds(0)
    first, *_ = [
        sensor.report(sensor.task(name, image_digest=sample.digest))["images"][0] for name in ("1", "2", "3", "4")
    ]
    assert {key[0] for key in holds(4)} == {0}, "the image is not known yet"
    sensor.scan(sample, first["scan_id"])
    assert 0 not in {key[0] for key in holds(4)}, "the scan told which image they run"
    sensor.report(sensor.task("1", image_digest=sample.digest))
    holds(4)
    sensor.report(sensor.task("1", version=3, status="STOPPED", image_digest=sample.digest))
    sensor.report(sensor.task("2", version=3, status="STOPPED") | {"containers": []})
    sensor.report(sensor.task("2", version=1, image_digest=sample.digest))
    holds(2)
    changed = sensor.task("3", version=3, image_digest=sample.digest)
    sensor.report(changed | {"task_definition_arn": changed["task_definition_arn"].removesuffix("1") + "2"})
    assert len(holds(2)) == 2
    assert sensor.sweep(changed)["closed"] == 1
    holds(1)
    with platform.database.begin() as session:
        session.execute(delete(ImageRow))
    assert {key[0] for key in holds(1)} == {0}
    with platform.database.begin() as session:
        session.execute(update(TaskRow).values(running=False))
    holds(0)
    clean_up(platform)
    with platform.database.begin() as session:
        assert session.scalar(select(func.count()).select_from(RunningUseRow)) == 0
        session.execute(delete(TaskRow))
    holds(0)


@pytest.mark.parametrize("seed", range(3))
def test_counts_hold_when_two_servers_start_and_stop_the_same_images(
    platform: Platform, sensor: Any, python_image: Any, seed: int
) -> None:
    images = [python_image((f"wheel{number}", "1")) for number in range(4)]
    for number, image in enumerate(images):
        sensor.run(image, f"first{number}")
    draw = random.Random(seed)
    events = [
        sensor.task(
            str(name), version=version, status="RUNNING" if version == 1 else "STOPPED",
            image=images[name % 4].reference, image_digest=images[name % 4].digest,
        )
        for name in range(40) for version in (1, 2)
    ]  # fmt: skip
    draw.shuffle(events)
    servers = [Intake(platform.database, platform.terms) for _ in range(2)]
    reports = [msgspec.convert({"task": event}, TaskReport) for event in events]

    async def send() -> None:
        await asyncio.gather(*(server.take(report) for report in reports for server in servers))

    asyncio.run(send())
    assert kept(platform) == counted(platform)
    assert sum(kept(platform).values()) == 4
