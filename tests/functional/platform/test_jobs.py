"""The queue: work is put on it in the transaction that makes it necessary, and survives whoever dies."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select, text, update
from starlette.testclient import TestClient

from landwaiter.platform.api.app import create_app
from landwaiter.platform.context import Platform
from landwaiter.platform.findings.tables import AssessmentRow
from landwaiter.platform.images.tables import ImageRow, LayerRow, PackageRow
from landwaiter.platform.jobs import housekeeping
from landwaiter.platform.jobs.queue import defer
from landwaiter.platform.scans.tables import ScanRow
from landwaiter.platform.settings import Settings
from landwaiter.platform.store.base import now
from landwaiter.platform.tasks.tables import TaskEventRow, TaskRow


def wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)


def assessed(platform: Platform) -> int:
    with platform.database.begin() as session:
        return session.scalar(select(func.count()).select_from(AssessmentRow)) or 0


def stored_without_assessment(platform: Platform, sensor: Any, sample: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the platform as a crash between the commit of a document and its assessment leaves it."""
    with monkeypatch.context() as patch:
        patch.setattr(Platform, "assess", lambda *_: (_ for _ in ()).throw(RuntimeError("killed")))
        answer = sensor.run(sample)
    assert answer == {"state": "stored", "verdict": None}
    assert assessed(platform) == 0


def test_a_job_and_what_makes_it_necessary_are_one_transaction(platform: Platform) -> None:
    def jobs() -> int:
        with platform.database.begin() as session:
            return int(session.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar_one())

    with pytest.raises(RuntimeError), platform.database.begin() as session:
        defer(session, "assess-image", "assess 1", image_id=1)
        raise RuntimeError
    assert jobs() == 0
    with platform.database.begin() as session:
        for _ in range(3):
            defer(session, "assess-image", "assess 1", image_id=1)
        defer(session, "assess-image", "assess 2", delay=timedelta(minutes=1), image_id=2)
    assert jobs() == 2


def test_the_worker_assesses_what_a_crash_left_stored(
    settings: Settings, platform: Platform, sensor: Any, sample: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored_without_assessment(platform, sensor, sample, monkeypatch)
    with platform.database.begin() as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))
    with TestClient(create_app(msgspec.structs.replace(settings, worker=True), platform)):
        wait_for(lambda: assessed(platform) == 1)
    with platform.database.begin() as session:
        assert session.scalar(select(ScanRow.state)) == "assessed"
        steps = session.execute(text("SELECT step FROM scan_steps ORDER BY id")).scalars().all()
    assert steps == ["store", "match", "compliance", "verdict"]


def test_the_job_that_waits_beside_the_request_does_it_too(
    settings: Settings, platform: Platform, sensor: Any, sample: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored_without_assessment(platform, sensor, sample, monkeypatch)
    with platform.database.begin() as session:
        session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now()"))
        waiting = session.execute(text("SELECT args FROM procrastinate_jobs")).scalars().all()
    assert len(waiting) == 1
    monkeypatch.setattr(housekeeping, "recover", lambda _platform: None)
    with TestClient(create_app(msgspec.structs.replace(settings, worker=True), platform)):
        wait_for(lambda: assessed(platform) == 1)


def test_a_job_whose_worker_died_in_the_middle_is_taken_up_again(
    settings: Settings, platform: Platform, sensor: Any, sample: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored_without_assessment(platform, sensor, sample, monkeypatch)
    with platform.database.begin() as session:
        worker = session.execute(
            text("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id")
        ).scalar_one()
        session.execute(text("UPDATE procrastinate_jobs SET status = 'doing', worker_id = :id"), {"id": worker})
    monkeypatch.setattr(housekeeping, "recover", lambda _platform: None)
    with TestClient(create_app(msgspec.structs.replace(settings, worker=True), platform)):
        wait_for(lambda: assessed(platform) == 1)


def test_a_worker_whose_database_fails_begins_again(
    settings: Settings, platform: Platform, sensor: Any, sample: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from landwaiter.platform.jobs import worker

    stored_without_assessment(platform, sensor, sample, monkeypatch)
    with platform.database.begin() as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))
    failures = iter([RuntimeError("the database is away")])
    recover = housekeeping.recover

    def fail_once(given: Platform) -> None:
        for failure in failures:
            raise failure
        recover(given)

    monkeypatch.setattr(housekeeping, "recover", fail_once)
    monkeypatch.setattr(worker, "_PAUSE", 0.1)
    with TestClient(create_app(msgspec.structs.replace(settings, worker=True), platform)):
        wait_for(lambda: assessed(platform) == 1)


def test_an_assessment_that_fails_leaves_the_image_stored_and_its_job_waiting(
    platform: Platform, sensor: Any, reader: TestClient, sample: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored_without_assessment(platform, sensor, sample, monkeypatch)
    (task,) = reader.get("/api/v1/tasks").json()["tasks"]
    (container,) = task["containers"]
    assert (container["assessment"], container["verdict"]) == ("scanning", None)
    head = reader.get(f"/api/v1/images/{sample.digest}/summary").json()
    assert head["standing"]["state"] == "stored"
    page = reader.get(f"/api/v1/images/{sample.digest}").json()
    assert page["not_assessed"][0]["kind"] == "pending"


def test_clean_up_removes_what_is_past_its_time_and_nothing_else(
    settings: Settings, platform: Platform, sensor: Any, sample: Any
) -> None:
    import copy

    sensor.run(sample, "kept")
    old = copy.copy(sample)
    old.reference = "registry.example/old/app:1"
    (facts,) = sample.layers
    (evidence,) = facts.evidence
    gone = msgspec.structs.replace(evidence.packages[0], name="gone")
    old.layers = (msgspec.structs.replace(facts, diff_id="sha256:" + "d" * 64,
                                          evidence=(msgspec.structs.replace(evidence, packages=(gone,)),)),)  # fmt: skip
    sensor.run(old, "old")
    sensor.report(sensor.task("old", version=3, status="STOPPED", image_digest=old.digest))
    sensor.upload_facts(msgspec.structs.replace(facts, diff_id="sha256:" + "e" * 64))
    past = now() - timedelta(days=200)
    with platform.database.begin() as session:
        session.execute(update(TaskRow).where(~TaskRow.running).values(last_seen=past))
        session.execute(update(TaskEventRow).where(TaskEventRow.task_arn.endswith("/old")).values(received=past))
        session.execute(update(ImageRow).where(ImageRow.digest == old.digest).values(last_seen=past))
        session.execute(update(LayerRow).where(~LayerRow.referenced).values(added=past))
        session.execute(update(ScanRow).where(ScanRow.image == old.reference).values(created=past))
    housekeeping.clean_up(platform)
    with platform.database.begin() as session:
        assert list(session.scalars(select(ImageRow.digest))) == [sample.digest]
        assert list(session.scalars(select(LayerRow.diff_id))) == [facts.diff_id]
        assert list(session.scalars(select(PackageRow.name))) == ["jinja2"]
        assert [arn.rpartition("/")[2] for arn in session.scalars(select(TaskRow.task_arn))] == ["kept"]
        assert len(list(session.scalars(select(TaskEventRow.task_arn)))) == 1
        assert list(session.scalars(select(ScanRow.image))) == [sample.reference]


def test_an_image_that_runs_is_kept_however_old(platform: Platform, sensor: Any, sample: Any) -> None:
    sensor.run(sample)
    with platform.database.begin() as session:
        session.execute(update(ImageRow).values(last_seen=now() - timedelta(days=1000)))
        session.execute(update(TaskRow).values(last_seen=now() - timedelta(days=1000)))
    housekeeping.clean_up(platform)
    with platform.database.begin() as session:
        assert list(session.scalars(select(ImageRow.digest))) == [sample.digest]
