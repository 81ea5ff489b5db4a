"""Events that arrive together share a transaction, and nothing else: each gets its own answer, or its own error."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from landwaiter.errors import InputError
from landwaiter.platform.context import Platform
from landwaiter.platform.tasks import intake
from landwaiter.platform.tasks.models import TaskReport
from landwaiter.platform.tasks.tables import ContainerRow, TaskRow


class Gate:
    """Holds the first transaction until it is opened, and notes how many events each took in."""

    def __init__(self, original: Callable[..., Any]) -> None:
        self.original = original
        self.opened, self.reached = threading.Event(), threading.Event()
        self.batches: list[int] = []
        self.failure: Exception | None = None

    def __call__(self, session: Any, reports: Any, terms: Any) -> Any:
        self.batches.append(len(reports))
        self.reached.set()
        assert self.opened.wait(30)
        if self.failure is not None:
            raise self.failure
        return self.original(session, reports, terms)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    gate = Gate(intake.record_tasks)
    monkeypatch.setattr(intake, "record_tasks", gate)
    return gate


def together(platform: Platform, gate: Gate, *tasks: dict[str, Any]) -> list[Any]:
    """Send the first task, and the others in order while its transaction is held; return what comes of each."""

    async def send() -> list[Any]:
        sent = [asyncio.create_task(platform.intake.take(report(tasks[0])))]
        assert await asyncio.to_thread(gate.reached.wait, 20)
        sent += [asyncio.create_task(platform.intake.take(report(task))) for task in tasks[1:]]
        await asyncio.sleep(0)
        gate.opened.set()
        return list(await asyncio.gather(*sent, return_exceptions=True))

    return asyncio.run(send())


def report(task: dict[str, Any]) -> TaskReport:
    return msgspec.convert({"task": task}, TaskReport)


def test_events_that_arrive_meanwhile_share_the_next_transaction(
    platform: Platform, gate: Gate, sensor: Any, sample: Any
) -> None:
    tasks = [sensor.task(str(number), image_digest=sample.digest) for number in range(6)]
    answers = together(platform, gate, *tasks)
    assert gate.batches == [1, 5]
    assert [answer.images[0].state for answer in answers] == ["scan", *["scanning"] * 5]
    assert [answer.duplicate for answer in answers] == [False] * 6


def test_each_event_gets_the_answer_for_its_own_images(
    platform: Platform, gate: Gate, sensor: Any, sample: Any
) -> None:
    def containers(*names: str) -> list[dict[str, str]]:
        state = {"image": sample.reference, "image_digest": "", "last_status": "RUNNING", "runtime_id": ""}
        return [{"name": name, **state} for name in names]

    tasks = [
        sensor.task("z", containers=containers("one")),
        sensor.task("y", containers=containers("two", "three")),
        sensor.task("x", containers=containers()) | {"containers": []},
        sensor.task("w", containers=containers("four", "four", "five")),
    ]
    answers = together(platform, gate, *tasks)
    told = [[image.container for image in answer.images] for answer in answers]
    assert told == [["one"], ["two", "three"], [], ["four", "five"]]


def test_a_bad_event_fails_alone(platform: Platform, gate: Gate, sensor: Any) -> None:
    tasks = [sensor.task(str(number)) for number in range(4)]
    tasks[2]["account"] = "999999999999"
    answers = together(platform, gate, *tasks)
    assert gate.batches == [1, 3, 1, 1, 1]
    assert isinstance(answers[2], InputError)
    assert "not of account" in answers[2].what
    assert [answers[number].duplicate for number in (0, 1, 3)] == [False] * 3


def test_two_events_of_one_task_are_taken_in_one_after_the_other(platform: Platform, gate: Gate, sensor: Any) -> None:
    running, stopped = sensor.task("1", version=2), sensor.task("1", version=3, status="STOPPED")
    answers = together(platform, gate, sensor.task("0"), running, stopped, running)
    assert gate.batches == [1, 1, 1, 1]
    assert [answer.duplicate for answer in answers] == [False, False, False, True]
    with platform.database.begin() as session:
        assert session.scalar(select(TaskRow.version).where(TaskRow.task_arn == running["task_arn"])) == 3


def test_a_database_that_is_away_fails_all_that_wait_at_once(platform: Platform, gate: Gate, sensor: Any) -> None:
    gate.failure = OperationalError("SELECT", {}, Exception("away"))
    answers = together(platform, gate, *(sensor.task(str(number)) for number in range(5)))
    assert gate.batches == [1, 4], "no one of them is tried again alone"
    assert all(isinstance(answer, OperationalError) for answer in answers)
    gate.failure = None
    assert not asyncio.run(platform.intake.take(report(sensor.task("0")))).duplicate


def test_a_batch_is_bounded(platform: Platform, gate: Gate, sensor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MOST", 2)
    answers = together(platform, gate, *(sensor.task(str(number)) for number in range(7)))
    assert not any(answer.duplicate for answer in answers)
    assert gate.batches == [1, 2, 2, 2]


def test_who_hangs_up_does_not_take_the_event_along(platform: Platform, gate: Gate, sensor: Any) -> None:
    async def hang_up() -> None:
        async with asyncio.timeout(0.05):
            await platform.intake.take(report(sensor.task("1")))

    with pytest.raises(TimeoutError):
        asyncio.run(hang_up())
    gate.opened.set()
    assert not asyncio.run(platform.intake.take(report(sensor.task("2")))).duplicate
    with platform.database.begin() as session:
        assert session.scalar(select(func.count()).select_from(TaskRow)) == 2


def test_containers_stop_with_their_task_whoever_tells(platform: Platform, sensor: Any, sample: Any) -> None:
    def running() -> list[bool]:
        with platform.database.begin() as session:
            return list(session.scalars(select(ContainerRow.running).order_by(ContainerRow.task_id)))

    sensor.report(sensor.task("1", image_digest=sample.digest))
    sensor.report(sensor.task("2", image_digest=sample.digest))
    assert running() == [True, True]
    sensor.report(sensor.task("1", version=3, status="STOPPED") | {"containers": []})
    assert running() == [False, True]
    sensor.sweep()
    assert running() == [False, False]
    sensor.sweep(sensor.task("2", image_digest=sample.digest))
    assert running() == [False, True]
