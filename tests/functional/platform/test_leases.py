"""One build for each digest, whatever arrives at the same time, and again when an attempt fails."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select, update
from starlette.testclient import TestClient

from landwaiter.platform.context import Platform
from landwaiter.platform.scans.tables import ScanRow
from landwaiter.platform.store.base import now
from landwaiter.platform.tasks.models import TaskReport
from landwaiter.platform.tasks.record import record_tasks


def report(platform: Platform, task: dict[str, Any]) -> Any:
    decoded = msgspec.convert({"task": task}, TaskReport)
    return platform.database.retry(lambda session: record_tasks(session, [decoded], platform.terms)[0])


@pytest.mark.parametrize("with_digest", [True, False])
def test_fifty_tasks_that_start_together_get_one_lease(
    platform: Platform, sensor: Any, sample: Any, with_digest: bool
) -> None:
    digest = sample.digest if with_digest else ""
    tasks = [sensor.task(str(number), image=sample.reference, image_digest=digest) for number in range(50)]
    gate = threading.Barrier(25)

    def arrive(task: dict[str, Any]) -> Any:
        gate.wait(30)
        return report(platform, task)

    with ThreadPoolExecutor(25) as pool:
        answers = [answer.images[0] for answer in pool.map(arrive, tasks)]
    assert Counter(answer.state for answer in answers) == {"scan": 1, "scanning": 49}
    assert len({answer.scan_id for answer in answers}) == 1
    with platform.database.begin() as session:
        assert session.scalar(select(func.count()).select_from(ScanRow)) == 1


def test_reports_that_name_the_same_images_in_another_order_do_not_block_each_other(
    platform: Platform, sensor: Any
) -> None:
    def task(number: int) -> dict[str, Any]:
        images = [f"registry.example/{name}:1" for name in "abcdef"]
        images = images if number % 2 else images[::-1]
        containers = [
            {"name": f"c{at}", "image": image, "image_digest": "", "last_status": "RUNNING", "runtime_id": ""}
            for at, image in enumerate(images)
        ]
        return sensor.task(str(number), containers=containers)

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda number: report(platform, task(number)), range(40)))
    states = Counter(image.state for answer in answers for image in answer.images)
    assert states == {"scan": 6, "scanning": 40 * 6 - 6}


def test_two_containers_of_one_image_start_one_build(sensor: Any, sample: Any) -> None:
    containers = [
        {"name": name, "image": sample.reference, "image_digest": sample.digest, "last_status": "RUNNING",
         "runtime_id": ""}
        for name in ("one", "two")
    ]  # fmt: skip
    answer = sensor.report(sensor.task(containers=containers))
    assert [image["state"] for image in answer["images"]] == ["scan", "scanning"]
    assert len({image["scan_id"] for image in answer["images"]}) == 1


def test_the_event_that_got_the_lease_gets_it_again_until_a_build_is_named(sensor: Any, sample: Any) -> None:
    task = sensor.task(image_digest=sample.digest)
    (first,) = sensor.report(task)["images"]
    again = sensor.report(task)
    assert again["duplicate"] is True
    assert again["images"] == [{**first, "reason": again["images"][0]["reason"]}]
    sensor.http.post(f"/api/v1/sensor/scans/{first['scan_id']}/build", json={"build_id": "p:1", "error": ""})
    assert sensor.report(task)["images"][0]["state"] == "scanning"


def test_a_failed_scan_is_leased_again_to_the_next_event_and_tells_why_it_failed(
    sensor: Any, reader: TestClient, sample: Any
) -> None:
    first = sensor.task("1", image_digest=sample.digest)
    (image,) = sensor.report(first)["images"]
    failure = {"kind": "unauthorized", "what": "The registry refused us.", "remedy": "Give the role access."}
    answer = sensor.http.post(f"/api/v1/sensor/scans/{image['scan_id']}/failure", json=failure)
    assert answer.status_code == 204
    journey = reader.get(f"/api/v1/scans/{image['scan_id']}").json()
    assert journey["scan"]["state"] == "failed"
    assert journey["scan"]["failure"] == failure
    (container,) = reader.get(f"/api/v1/tasks/{first['task_arn']}").json()["task"]["containers"]
    assert container["assessment"] == "failed"
    assert container["reason"] == "The registry refused us. Give the role access."
    assert container["verdict"] is None

    (again,) = sensor.report(sensor.task("2", image_digest=sample.digest))["images"]
    assert again["state"] == "scan"
    assert again["scan_id"] != image["scan_id"]
    assert "The registry refused us." in again["reason"]
    assert reader.get(f"/api/v1/scans/{again['scan_id']}").json()["scan"]["attempt"] == 2
    (container,) = reader.get(f"/api/v1/tasks/{first['task_arn']}").json()["task"]["containers"]
    assert container["assessment"] == "scanning", "the task that waits since the failure follows the new attempt"

    sensor.scan(sample, again["scan_id"])
    (container,) = reader.get(f"/api/v1/tasks/{first['task_arn']}").json()["task"]["containers"]
    assert container["digest"] == sample.digest
    assert container["assessment"] != "failed"


def test_scans_are_listed_and_paged(sensor: Any, reader: TestClient, sample: Any) -> None:
    for number in range(7):
        sensor.report(sensor.task(str(number), image=f"registry.example/app{number}:1"))
    sensor.run(sample, "done")
    seen, cursor = [], None
    while True:
        page = reader.get("/api/v1/scans", params={"limit": 3} | ({"cursor": cursor} if cursor else {})).json()
        seen += [scan["image"] for scan in page["scans"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [sample.reference, *(f"registry.example/app{number}:1" for number in range(6, -1, -1))]
    by_state = reader.get("/api/v1/scans", params={"state": "assessed"}).json()["scans"]
    assert [scan["image_digest"] for scan in by_state] == [sample.digest]
    for image in (sample.reference, sample.digest):
        assert reader.get("/api/v1/scans", params={"image": image}).json()["scans"] == by_state
    assert reader.get("/api/v1/scans", params={"state": "flying"}).status_code == 400
    assert reader.get("/api/v1/scans", params={"cursor": "x"}).status_code == 400


def test_a_build_that_could_not_be_started_frees_the_lease(sensor: Any, reader: TestClient, sample: Any) -> None:
    (image,) = sensor.report(sensor.task("1", image_digest=sample.digest))["images"]
    path = f"/api/v1/sensor/scans/{image['scan_id']}/build"
    assert sensor.http.post(path, json={"build_id": "", "error": "AccountLimitExceeded"}).status_code == 204
    (scan,) = reader.get("/api/v1/scans", params={"state": "failed"}).json()["scans"]
    assert scan["failure"]["what"] == "AccountLimitExceeded"
    assert sensor.report(sensor.task("2", image_digest=sample.digest))["images"][0]["state"] == "scan"


def test_a_sweep_leaves_a_failed_image_alone_for_a_while(platform: Platform, sensor: Any, sample: Any) -> None:
    task = sensor.task("1", image_digest=sample.digest)
    (image,) = sensor.report(task)["images"]
    sensor.http.post(f"/api/v1/sensor/scans/{image['scan_id']}/failure", json={"kind": "not-found", "what": "Gone."})
    (answer,) = sensor.sweep(task)["images"]
    assert (answer["state"], "Gone." in answer["reason"]) == ("scanning", True)
    with platform.database.begin() as session:
        session.execute(update(ScanRow).values(finished=now() - timedelta(minutes=16)))
    assert sensor.sweep(task)["images"][0]["state"] == "scan"


def test_a_lease_runs_out_unless_its_job_gives_a_sign_of_life(platform: Platform, sensor: Any, sample: Any) -> None:
    (image,) = sensor.report(sensor.task("1", image_digest=sample.digest))["images"]

    def leave_for(time: timedelta) -> None:
        with platform.database.begin() as session:
            session.execute(update(ScanRow).values(lease_until=ScanRow.lease_until - time))

    leave_for(timedelta(minutes=14))
    assert sensor.http.post(f"/api/v1/sensor/scans/{image['scan_id']}/steps", json=[]).status_code == 204
    leave_for(timedelta(minutes=14))
    assert sensor.report(sensor.task("2", image_digest=sample.digest))["images"][0]["state"] == "scanning"
    leave_for(timedelta(minutes=2))
    (again,) = sensor.report(sensor.task("3", image_digest=sample.digest))["images"]
    assert (again["state"], again["scan_id"] != image["scan_id"]) == ("scan", True)
    late = sensor.scan(sample, image["scan_id"])
    assert late["verdict"] is not None, "a job whose lease ran out has not worked in vain"
    assert sensor.report(sensor.task("4", image_digest=sample.digest))["images"][0]["state"] == "known"


def test_housekeeping_expires_leases(platform: Platform, sensor: Any, reader: TestClient, sample: Any) -> None:
    from landwaiter.platform.jobs.housekeeping import recover

    sensor.report(sensor.task("1", image_digest=sample.digest))
    with platform.database.begin() as session:
        session.execute(update(ScanRow).values(lease_until=now()))
    recover(platform)
    (scan,) = reader.get("/api/v1/scans").json()["scans"]
    assert (scan["state"], scan["failure"]["kind"]) == ("failed", "lease-expired")


def test_an_image_without_digest_is_leased_by_reference_and_merged_when_its_digest_is_told(
    sensor: Any, reader: TestClient, sample: Any
) -> None:
    task = sensor.task("1", image=sample.reference)
    (image,) = sensor.report(task)["images"]
    (other,) = sensor.report(sensor.task("2", image=sample.reference, architecture="arm64"))["images"]
    assert (image["state"], other["state"]) == ("scan", "scan"), "another architecture is another image"
    assert (image["digest"], other["architecture"]) == ("", "arm64")
    sensor.scan(sample, image["scan_id"])
    (container,) = reader.get(f"/api/v1/tasks/{task['task_arn']}").json()["task"]["containers"]
    assert container["digest"] == sample.digest
    assert sensor.report(sensor.task("3", image=sample.reference))["images"][0]["state"] == "known"
    (by_digest,) = sensor.report(sensor.task("4", image="other.example/x:9", image_digest=sample.digest))["images"]
    assert by_digest["state"] == "known"
    assert "other.example/x:9" in reader.get(f"/api/v1/images/{sample.digest}").json()["references"]


def test_a_tag_is_believed_for_an_hour_only(platform: Platform, sensor: Any, sample: Any) -> None:
    (image,) = sensor.report(sensor.task("1", image=sample.reference))["images"]
    sensor.scan(sample, image["scan_id"])
    from landwaiter.platform.images.tables import ImageReferenceRow

    with platform.database.begin() as session:
        session.execute(update(ImageReferenceRow).values(last_seen=now() - timedelta(minutes=61)))
    assert sensor.report(sensor.task("2", image=sample.reference))["images"][0]["state"] == "scan"


def test_an_index_digest_leads_to_the_image_of_its_platform(sensor: Any, reader: TestClient, sample: Any) -> None:
    index = "sha256:" + "e" * 64
    sample.index_digest = index
    task = sensor.task("1", image=sample.reference, image_digest=index)
    (image,) = sensor.report(task)["images"]
    sensor.scan(sample, image["scan_id"])
    (known,) = sensor.report(sensor.task("2", image=sample.reference, image_digest=index))["images"]
    assert (known["state"], known["digest"]) == ("known", sample.digest)
    (arm,) = sensor.report(sensor.task("3", image_digest=index, architecture="arm64"))["images"]
    assert arm["state"] == "scan", "the same index gives another image on another architecture"
    assert reader.get(f"/api/v1/images/{index}").json()["image"]["digest"] == sample.digest


def test_facts_of_an_older_analyser_make_an_image_to_be_scanned_again(
    platform: Platform, sensor: Any, sample: Any
) -> None:
    from landwaiter.platform.images.tables import ImageRow

    sensor.run(sample)
    with platform.database.begin() as session:
        session.execute(update(ImageRow).values(analyser="0"))
    (image,) = sensor.report(sensor.task("2", image=sample.reference, image_digest=sample.digest))["images"]
    assert image["state"] == "scan"
    sensor.scan(sample, image["scan_id"])
    assert sensor.report(sensor.task("3", image_digest=sample.digest))["images"][0]["state"] == "known"
