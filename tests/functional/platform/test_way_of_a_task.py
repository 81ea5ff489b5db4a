"""The way of one task through the platform, over its real API, database and matching."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient


def test_a_new_image_is_scanned_once_and_known_from_then_on(
    sensor: Any, reader: TestClient, sample: Any, advisories: Callable[..., Path]
) -> None:
    advisories()
    first = sensor.report(sensor.task("1", image_digest=sample.digest))
    (image,) = first["images"]
    assert (first["duplicate"], image["state"], image["architecture"]) == (False, "scan", "amd64")
    (second,) = sensor.report(sensor.task("2", image_digest=sample.digest))["images"]
    assert (second["state"], second["scan_id"]) == ("scanning", image["scan_id"])

    answer = sensor.scan(sample, image["scan_id"])
    assert answer["state"] == "assessed"
    assert answer["verdict"]["status"] == "fail"

    (third,) = sensor.report(sensor.task("3", image_digest=sample.digest))["images"]
    assert (third["state"], third["scan_id"], third["digest"]) == ("known", "", sample.digest)

    tasks = reader.get("/api/v1/tasks").json()["tasks"]
    assert [task["task_arn"].rpartition("/")[2] for task in tasks] == ["3", "2", "1"]
    for task in tasks:
        (container,) = task["containers"]
        assert (container["assessment"], container["verdict"], container["digest"]) == (
            "assessed", "fail", sample.digest,
        )  # fmt: skip
        assert container["counts"]["critical"] == 1

    vulnerability = reader.get("/api/v1/vulnerabilities/CVE-2099-0001").json()
    assert {place["task_arn"].rpartition("/")[2] for place in vulnerability["running"]} == {"1", "2", "3"}
    assert vulnerability["fixed_versions"] == ["3.1.6"]
    assert vulnerability["vulnerability"]["running"] == 3


def test_the_image_page_tells_everything(
    sensor: Any, reader: TestClient, sample: Any, advisories: Callable[..., Path]
) -> None:
    advisories()
    sensor.run(sample)
    page = reader.get(f"/api/v1/images/{sample.digest}").json()
    (tracked,) = page["findings"]
    assert tracked["finding"]["id"] == "CVE-2099-0001"
    assert tracked["finding"]["package"]["locations"] == [
        {"path": "usr/local/lib/python3.11/site-packages/jinja2-2.0.dist-info/METADATA", "layer": 0}
    ]
    assert tracked["finding"]["reason"]["record"] == "GHSA-zzzz-0000-0001"
    assert page["image"]["standing"]["state"] == "assessed"
    assert page["image"]["standing"]["counts"]["critical"] == 1
    assert [place["container"] for place in page["running"]] == ["web"]
    assert page["references"] == [sample.reference]
    (variant,) = page["variants"]
    assert variant["container"] == "web"
    assert {result["status"] for result in variant["results"]} <= {
        "fail", "warn", "error", "not_assessed", "pass", "not_applicable", "inherited",
    }  # fmt: skip
    assert page["inventory"]["packages"][0]["purl"] == "pkg:pypi/jinja2@2.0"
    packages = reader.get("/api/v1/packages", params={"name": "jinja2"}).json()["packages"]
    assert [(package["version"], package["images"], package["running"]) for package in packages] == [
        ("2.0", [sample.digest], 1)
    ]


def test_the_journey_names_the_steps_of_job_and_platform(
    sensor: Any, reader: TestClient, sample: Any, advisories: Callable[..., Path]
) -> None:
    advisories()
    task = sensor.task(image_digest=sample.digest)
    (image,) = sensor.report(task)["images"]
    path = f"/api/v1/sensor/scans/{image['scan_id']}"
    assert sensor.http.post(f"{path}/build", json={"build_id": "project:1", "error": ""}).status_code == 204
    step = {"step": "resolve", "started": "2026-01-01T00:00:00Z", "milliseconds": 12, "detail": "found", "ok": True}
    for milliseconds in (12, 15):
        assert sensor.http.post(f"{path}/steps", json=[{**step, "milliseconds": milliseconds}]).status_code == 204
    assert sensor.http.get(path).json()["state"] == "building"
    sensor.scan(sample, image["scan_id"])

    journey = reader.get(f"/api/v1/tasks/{task['task_arn']}").json()
    (scan,) = journey["scans"]
    assert [(item["step"], item["origin"]) for item in scan["steps"]] == [
        ("resolve", "job"), ("store", "platform"), ("match", "platform"), ("compliance", "platform"),
        ("verdict", "platform"),
    ]  # fmt: skip
    assert scan["steps"][0]["milliseconds"] == 15
    assert (scan["scan"]["state"], scan["scan"]["build_id"], scan["scan"]["pulled_layers"]) == (
        "assessed", "project:1", 1,
    )  # fmt: skip
    assert [(event["version"], event["status"]) for event in journey["events"]] == [(2, "RUNNING")]


@pytest.mark.parametrize("bundle", ["absent", "unreadable"])
def test_without_advisory_data_the_verdict_is_not_assessed_and_says_why(
    sensor: Any, reader: TestClient, sample: Any, settings: Any, bundle: str
) -> None:
    if bundle == "unreadable":
        settings.bundle_folder.mkdir(parents=True)
        (settings.bundle_folder / "bad.sqlite").write_bytes(b"not a bundle")
    answer = sensor.run(sample)
    assert answer["verdict"]["status"] == "not_assessed"
    (task,) = reader.get("/api/v1/tasks").json()["tasks"]
    (container,) = task["containers"]
    assert (container["assessment"], container["verdict"]) == ("not_assessed", "not_assessed")
    assert "bundle" in container["reason"]
    status = reader.get("/api/v1/status").json()
    assert status["bundle"] is None
    assert "bundle" in status["bundle_problem"]
    overview = reader.get("/api/v1/overview").json()
    assert (overview["containers_running"], overview["containers_assessed"]) == (1, 0)
    assert overview["containers_not_assessed"] == 1


def test_the_task_definition_takes_part_in_compliance(
    sensor: Any, reader: TestClient, sample: Any, platform: Any
) -> None:
    task = sensor.task(image=sample.reference, image_digest=sample.digest)
    container = {
        "name": "web", "image": sample.reference, "privileged": True,
        "environment": [{"name": "PASSWORD", "value": "hunter2"}],
        "logConfiguration": {"logDriver": "splunk", "options": {"splunk-token": "hunter2", "splunk-url": "https://x"}},
    }  # fmt: skip
    definition = {"taskDefinitionArn": task["task_definition_arn"], "containerDefinitions": [container]}
    (image,) = sensor.report(task, definition)["images"]
    sensor.scan(sample, image["scan_id"])
    (variant,) = reader.get(f"/api/v1/images/{sample.digest}/compliance").json()
    assert variant["task_definition_arn"] == task["task_definition_arn"]
    privileged = [result for result in variant["results"] if "privileged" in result["title"].lower()]
    assert privileged
    assert "fail" in {result["status"] for result in privileged}
    with platform.database.begin() as session:
        from landwaiter.platform.tasks.definitions import read_definitions
        from landwaiter.platform.tasks.tables import TaskDefinitionRow

        row = session.get_one(TaskDefinitionRow, task["task_definition_arn"])
        assert b"hunter2" not in row.data
        assert b"https://x" in row.data
        assert read_definitions(session, [task["task_definition_arn"]])


def test_a_new_task_definition_of_a_known_image_is_evaluated_by_the_queue(
    sensor: Any, reader: TestClient, sample: Any, platform: Any
) -> None:
    sensor.run(sample)
    arn = "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:2"
    task = sensor.task("2", image=sample.reference, image_digest=sample.digest, task_definition_arn=arn)
    (image,) = sensor.report(task)["images"]
    assert image["state"] == "known"
    (waiting,) = reader.get(f"/api/v1/tasks/{task['task_arn']}").json()["task"]["containers"]
    assert waiting["verdict"] is None
    assert waiting["assessment"] != "assessed"
    with platform.database.begin() as session:
        from sqlalchemy import text

        jobs = session.execute(text("SELECT args FROM procrastinate_jobs WHERE status = 'todo'")).scalars().all()
    for job in jobs:
        platform.assess(job["image_id"])
    variants = reader.get(f"/api/v1/images/{sample.digest}/compliance").json()
    assert {variant["task_definition_arn"].rpartition(":")[2] for variant in variants} == {"1", "2"}
