"""Malformed, oversized and hostile bodies are refused with what is wrong and what to do, never with a traceback."""

import gzip
import json
from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

TASKS = "/api/v1/sensor/tasks"


def refused(answer: Any, status: int) -> str:
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert set(error) == {"what", "remedy"}
    assert error["what"]
    assert "Traceback" not in answer.text
    return f"{error['what']} {error['remedy']}"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b'{"task": 1}', b'{"task": {}}', b"\xff\xfe", b'{"task": "\\ud800"}',
        b"[" * 100_000, b'{"task":' * 50_000,
    ],
)  # fmt: skip
def test_a_body_that_is_no_task_is_refused(sensor: Any, body: bytes) -> None:
    assert "TaskReport" in refused(sensor.http.post(TASKS, content=body), 400)


@pytest.mark.parametrize(
    "changes",
    [
        {"task_arn": ""}, {"task_arn": "x" * 3000}, {"version": -1}, {"started_at": "yesterday"},
        {"event_time": "2026-99-99T00:00:00Z"}, {"architecture": "a/b/c/d"}, {"architecture": "x" * 100},
        {"version": 2**63}, {"containers": [{"name": str(at), "image": "x", "image_digest": "", "last_status": ""} for at in range(60)]},
    ],
)  # fmt: skip
def test_a_task_with_impossible_values_is_refused(sensor: Any, changes: dict[str, Any]) -> None:
    task = {**sensor.task(), **changes}
    refused(sensor.http.post(TASKS, json={"task": task}), 400)


def test_text_that_postgresql_does_not_take_is_taken_in_anyway(sensor: Any, reader: TestClient) -> None:
    task = sensor.task(image="registry.example/a\x00b:1", group="x\x00y")
    sensor.report(task)
    shown = reader.get(f"/api/v1/tasks/{task['task_arn']}").json()["task"]
    assert shown["group"] == "x\\0y"
    assert shown["containers"][0]["image"] == "registry.example/a\\0b:1"


def test_a_malformed_digest_is_taken_for_no_digest(sensor: Any) -> None:
    (image,) = sensor.report(sensor.task(image_digest="sha256:xyz"))["images"]
    assert (image["digest"], image["state"]) == ("", "scan")
    (pinned,) = sensor.report(sensor.task("2", image="registry.example/a@sha256:" + "b" * 64))["images"]
    assert pinned["digest"] == "sha256:" + "b" * 64


@pytest.mark.parametrize("definition", [{}, {"taskDefinitionArn": 1}, {"containerDefinitions": "x"}])
def test_a_task_definition_that_is_none_is_refused(sensor: Any, definition: dict[str, Any]) -> None:
    answer = sensor.http.post(TASKS, json={"task": sensor.task(), "task_definition": definition})
    if definition:
        assert "DescribeTaskDefinition" in refused(answer, 400)
    else:
        assert answer.status_code == 200, "an empty one is none"


def test_gzip_bodies_are_taken(sensor: Any) -> None:
    body = gzip.compress(json.dumps({"task": sensor.task()}).encode())
    answer = sensor.http.post(TASKS, content=body, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 200


@pytest.mark.parametrize("kind", ["truncated", "garbage", "trailing"])
def test_damaged_gzip_is_refused(sensor: Any, kind: str) -> None:
    whole = gzip.compress(json.dumps({"task": sensor.task()}).encode())
    body = {"truncated": whole[:-10], "garbage": b"\x1f\x8bnonsense", "trailing": b"x" + whole}[kind]
    refused(sensor.http.post(TASKS, content=body, headers={"Content-Encoding": "gzip"}), 400)


def test_another_coding_is_refused(sensor: Any) -> None:
    assert "gzip" in refused(sensor.http.post(TASKS, content=b"x", headers={"Content-Encoding": "br"}), 400)


def test_a_bomb_is_refused_at_the_limit(sensor: Any) -> None:
    bomb = gzip.compress(b" " * 64 * 1024 * 1024, 9)
    assert len(bomb) < 100_000
    answer = sensor.http.post(TASKS, content=bomb, headers={"Content-Encoding": "gzip"})
    assert "larger than 2 MB" in refused(answer, 413)


def test_a_body_over_the_limit_is_refused_with_and_without_a_declared_length(sensor: Any) -> None:
    large = b" " * (3 * 1024 * 1024)
    refused(sensor.http.post(TASKS, content=large), 413)
    refused(sensor.http.post(TASKS, content=iter([large])), 413)


def test_the_token_is_checked_before_the_body_is_read(connect: Any) -> None:
    refused(connect("").post(TASKS, content=b" " * (3 * 1024 * 1024)), 401)


@pytest.mark.parametrize("call", ["steps", "layers/query", "document", "failure", "build"])
def test_calls_of_an_unknown_scan_are_404(sensor: Any, sample: Any, call: str) -> None:
    bodies: dict[str, Any] = {
        "steps": [], "layers/query": {"diff_ids": []}, "failure": {"kind": "x", "what": "y"}, "build": {"build_id": "b"},
    }  # fmt: skip
    path = f"/api/v1/sensor/scans/scn-unknown/{call}"
    if call == "document":
        refused(sensor.upload_document(sample.document("scn-unknown")), 404)
    else:
        refused(sensor.http.post(path, json=bodies[call]), 404)


def test_steps_are_checked(sensor: Any, sample: Any) -> None:
    (image,) = sensor.report(sensor.task(image_digest=sample.digest))["images"]
    path = f"/api/v1/sensor/scans/{image['scan_id']}/steps"
    step = {"step": "x", "started": "2026-01-01T00:00:00Z", "milliseconds": 1}
    for steps in ([{**step, "started": ""}], [{**step, "started": "x"}], [step] * 201):
        refused(sensor.http.post(path, json=steps), 400)
    huge = {**step, "milliseconds": 2**62, "detail": "d" * 50_000 + "\x00", "step": "s" * 500}
    assert sensor.http.post(path, json=[huge]).status_code == 204


def test_facts_must_be_of_the_layer_that_they_are_sent_to(sensor: Any, sample: Any) -> None:
    (facts,) = sample.layers
    other = "sha256:" + "f" * 64
    body = {"diff_id": facts.diff_id}
    assert "not" in refused(sensor.http.put(f"/api/v1/sensor/layers/{other}", json=body), 400)
    refused(sensor.http.put("/api/v1/sensor/layers/nonsense", json={"diff_id": "nonsense"}), 400)
    assert sensor.upload_facts(facts).status_code == 204
    assert sensor.upload_facts(facts).status_code == 204


def test_facts_of_another_analyser_are_refused_wherever_they_are_named(sensor: Any, sample: Any) -> None:
    (facts,) = sample.layers
    (image,) = sensor.report(sensor.task(image_digest=sample.digest))["images"]
    other = msgspec.structs.replace(facts, analyser="0")
    assert "landwaiter aws up" in sensor.upload_facts(other).json()["error"]["remedy"]
    refused(sensor.upload_facts(other), 400)
    query = {"diff_ids": [facts.diff_id], "analyser": "0"}
    refused(sensor.http.post(f"/api/v1/sensor/scans/{image['scan_id']}/layers/query", json=query), 400)
    document = msgspec.structs.replace(sample.document(image["scan_id"]), analyser="0")
    assert "analyser" in refused(sensor.upload_document(document), 400)


def test_the_first_facts_of_a_layer_stay_and_others_are_logged(
    sensor: Any, reader: TestClient, sample: Any, caplog: pytest.LogCaptureFixture
) -> None:
    (facts,) = sample.layers
    forged = msgspec.structs.replace(facts, evidence=())
    assert sensor.upload_facts(facts).status_code == 204
    assert sensor.upload_facts(facts).status_code == 204
    assert "conflict" not in caplog.text
    assert sensor.upload_facts(forged).status_code == 204
    prefix = sensor.http.headers["Authorization"].split("_")[2]
    (line,) = [record.message for record in caplog.records if "conflict" in record.message]
    sender = f"token {prefix} from 127.0.0.1"
    assert line == f"conflict: {sender} sent other facts of layer {facts.diff_id}; the first ones stay"
    sensor.run(sample)
    inventory = reader.get(f"/api/v1/images/{sample.digest}/inventory").json()
    assert [package["name"] for package in inventory["packages"]] == ["jinja2"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_a_body_that_is_declared_as_something_else_is_refused(sensor: Any, kind: str) -> None:
    body = json.dumps({"task": sensor.task()})
    assert "JSON" in sensor.http.post(TASKS, content=body, headers={"Content-Type": kind}).json()["error"]["remedy"]
    refused(sensor.http.post(TASKS, content=body, headers={"Content-Type": kind}), 415)
    for good in ("application/json; charset=utf-8", "application/vnd.aws.events+json", ""):
        assert sensor.http.post(TASKS, content=body, headers={"Content-Type": good}).status_code == 200


def test_a_document_needs_the_facts_of_its_layers(sensor: Any, sample: Any) -> None:
    (image,) = sensor.report(sensor.task(image_digest=sample.digest))["images"]
    answer = sensor.upload_document(sample.document(image["scan_id"]))
    assert answer.status_code == 409
    assert answer.json() == {"missing": [facts.diff_id for facts in sample.layers]}


def test_a_document_must_be_of_its_scan_and_its_image(sensor: Any, sample: Any) -> None:
    (image,) = sensor.report(sensor.task(image_digest=sample.digest))["images"]
    document = sample.document(image["scan_id"])
    path = f"/api/v1/sensor/scans/{image['scan_id']}/document"
    wrong = [
        {"scan_id": "scn-other"},
        {"manifest_digest": "sha256:" + "0" * 64},
        {"manifest_digest": "nonsense"},
        {"pulled_bytes": -1},
        {"pulled_layers": 2**40},
    ]
    for changes in wrong:
        body = msgspec.json.encode(msgspec.structs.replace(document, **changes))
        refused(sensor.http.put(path, content=body), 400)
    many = msgspec.structs.replace(document.image, layers=document.image.layers * 1001)
    refused(sensor.http.put(path, content=msgspec.json.encode(msgspec.structs.replace(document, image=many))), 400)


def test_a_document_sent_again_changes_nothing(sensor: Any, reader: TestClient, sample: Any) -> None:
    (image,) = sensor.report(sensor.task(image_digest=sample.digest))["images"]
    first = sensor.scan(sample, image["scan_id"])
    before = reader.get(f"/api/v1/images/{sample.digest}/summary").json()
    again = sensor.upload_document(sample.document(image["scan_id"]))
    assert again.status_code == 200
    assert again.json() == first
    after = reader.get(f"/api/v1/images/{sample.digest}/summary").json()
    assert after["digest"] == before["digest"]
    assert reader.get("/api/v1/images").json()["images"][0]["packages"] == 1


def test_a_package_name_of_an_attacker_is_data_everywhere(sensor: Any, reader: TestClient, sample: Any) -> None:
    name = "'; DROP TABLE images; --\x00<script>"
    (facts,) = sample.layers
    (evidence,) = facts.evidence
    package = msgspec.structs.replace(evidence.packages[0], name=name, version="1\x00'")
    evil = msgspec.structs.replace(evidence, packages=(package,))
    sample.layers = (msgspec.structs.replace(facts, evidence=(evil,)),)
    assert sensor.run(sample)["state"] == "assessed"
    stored = name.replace("\x00", "\\0")
    (found,) = reader.get("/api/v1/packages", params={"name": stored}).json()["packages"]
    assert found["version"] == "1\\0'"
    assert reader.get("/api/v1/images").json()["images"][0]["packages"] == 1
