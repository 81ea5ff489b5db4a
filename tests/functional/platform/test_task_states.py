"""Events are idempotent, never move a task backwards, and what vanishes is closed by the sweep."""

import itertools
from typing import Any

import pytest
from starlette.testclient import TestClient

STATES = {1: "PENDING", 2: "RUNNING", 3: "STOPPED"}


def state_of(reader: TestClient, arn: str) -> tuple[int, str, bool]:
    task = reader.get(f"/api/v1/tasks/{arn}").json()["task"]
    return task["version"], task["last_status"], task["running"]


@pytest.mark.parametrize("order", list(itertools.permutations(STATES)))
def test_whatever_the_order_the_newest_version_counts(
    sensor: Any, reader: TestClient, sample: Any, order: tuple[int, ...]
) -> None:
    for version in order:
        task = sensor.task("1", version=version, status=STATES[version], image_digest=sample.digest)
        assert sensor.report(task)["duplicate"] is False
    arn = sensor.task("1")["task_arn"]
    assert state_of(reader, arn) == (3, "STOPPED", False)
    events = reader.get(f"/api/v1/tasks/{arn}").json()["events"]
    assert [event["version"] for event in events] == [1, 2, 3]


def test_the_same_event_twice_is_one_event(sensor: Any, reader: TestClient) -> None:
    task = sensor.task("1")
    assert sensor.report(task)["duplicate"] is False
    assert sensor.report({**task, "last_status": "STOPPED"})["duplicate"] is True
    assert state_of(reader, task["task_arn"]) == (2, "RUNNING", True)
    assert len(reader.get(f"/api/v1/tasks/{task['task_arn']}").json()["events"]) == 1


def test_a_stopped_task_wants_no_scan_and_runs_no_more(sensor: Any, reader: TestClient, sample: Any) -> None:
    sensor.run(sample)
    task = sensor.task("1", version=3, status="STOPPED", image=sample.reference, image_digest=sample.digest,
                       stopped_at="2026-01-01T01:00:00Z", stopped_reason="Scaling activity")  # fmt: skip
    (image,) = sensor.report(task)["images"]
    assert (image["state"], image["scan_id"]) == ("stopped", "")
    assert reader.get("/api/v1/tasks").json()["tasks"] == []
    (stopped,) = reader.get("/api/v1/tasks", params={"state": "stopped"}).json()["tasks"]
    assert (stopped["stopped_reason"], stopped["closed_by"]) == ("Scaling activity", "event")
    assert stopped["containers"][0]["digest"] == sample.digest
    assert reader.get(f"/api/v1/images/{sample.digest}/running").json() == []
    (unseen,) = sensor.report(sensor.task("9", status="STOPPED", image_digest="sha256:" + "9" * 64))["images"]
    assert unseen["state"] == "stopped"


def test_a_sweep_finds_what_was_missed_and_closes_what_has_vanished(
    sensor: Any, reader: TestClient, sample: Any
) -> None:
    sensor.run(sample, "vanished")
    sensor.run(sample, "stays")
    other = "arn:aws:ecs:eu-west-1:123456789012:cluster/other"
    sensor.run(sample, "elsewhere", cluster_arn=other)
    missed = sensor.task("missed", image=sample.reference, image_digest=sample.digest)
    answer = sensor.sweep(sensor.task("stays", image_digest=sample.digest), missed)
    assert answer["closed"] == 1
    assert {image["state"] for image in answer["images"]} == {"known"}
    running = {task["task_arn"].rpartition("/")[2] for task in reader.get("/api/v1/tasks").json()["tasks"]}
    assert running == {"stays", "missed", "elsewhere"}
    vanished = reader.get(f"/api/v1/tasks/{sensor.task('vanished')['task_arn']}").json()["task"]
    assert (vanished["closed_by"], vanished["running"], vanished["last_status"]) == ("sweep", False, "STOPPED")
    assert sensor.sweep(sensor.task("stays"), missed)["closed"] == 0


def test_a_task_that_a_sweep_closed_by_mistake_runs_again_when_it_is_seen(sensor: Any, reader: TestClient) -> None:
    task = sensor.task("1")
    sensor.report(task)
    assert sensor.sweep()["closed"] == 1
    sensor.sweep(task)
    assert state_of(reader, task["task_arn"]) == (2, "RUNNING", True)


def test_a_task_reported_after_the_listing_began_is_not_closed(sensor: Any, reader: TestClient) -> None:
    sensor.report(sensor.task("1"))
    assert sensor.sweep(taken_at="2026-01-01T00:00:00Z")["closed"] == 0
    assert state_of(reader, sensor.task("1")["task_arn"])[2] is True


def test_an_empty_sweep_is_a_handshake(sensor: Any) -> None:
    body = {"account": "", "region": "", "clusters": [], "tasks": []}
    answer = sensor.http.post("/api/v1/sensor/sweep", json=body)
    assert answer.json() == {"images": [], "closed": 0}


def test_a_sweep_of_two_thousand_tasks_is_taken_in(sensor: Any, reader: TestClient) -> None:
    tasks = [sensor.task(str(number), image=f"registry.example/app{number % 20}:1") for number in range(2000)]
    answer = sensor.sweep(*tasks)
    assert sum(image["state"] == "scan" for image in answer["images"]) == 20
    assert reader.get("/api/v1/status").json()["tasks_running"] == 2000


def test_lists_are_filtered_and_paged(sensor: Any, reader: TestClient, sample: Any) -> None:
    sensor.run(sample, "0")
    for number in range(1, 8):
        sensor.report(sensor.task(str(number), image=f"registry.example/app{number}:1", group=f"service:s{number % 2}"))
    seen, cursor = [], None
    while True:
        page = reader.get("/api/v1/tasks", params={"limit": 3} | ({"cursor": cursor} if cursor else {})).json()
        seen += [task["task_arn"].rpartition("/")[2] for task in page["tasks"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [str(number) for number in range(7, -1, -1)]

    def names(**params: str) -> set[str]:
        tasks = reader.get("/api/v1/tasks", params=params).json()["tasks"]
        return {task["task_arn"].rpartition("/")[2] for task in tasks}

    assert names(group="service:s1") == {"1", "3", "5", "7"}
    assert names(image="app4:") == {"4"}
    assert names(image=sample.digest) == {"0"}
    assert names(cluster="shop", account="123456789012", region="eu-west-1") == set("01234567")
    assert names(cluster="hop") == set()
    assert names(verdict="not_assessed") == set("01234567")
    assert names(verdict="pass") == set()
    for params in ({"cursor": "nonsense"}, {"cursor": "WyJ4Il0"}, {"state": "flying"}, {"limit": "0"}):
        answer = reader.get("/api/v1/tasks", params=params)
        assert answer.status_code == 400
        assert set(answer.json()["error"]) == {"what", "remedy"}


def test_unknown_things_are_404_with_a_reason(reader: TestClient) -> None:
    for path in ("tasks/arn:aws:ecs:x", "images/sha256:0", "vulnerabilities/CVE-1", "scans/scn-1", "nothing"):
        answer = reader.get(f"/api/v1/{path}")
        assert answer.status_code == 404
        assert answer.json()["error"]["what"]
