"""The whole way of a task, nothing mocked but AWS."""

import threading
import time

from landwaiter.aws import names
from landwaiter.platform.findings.models import ImagePage
from landwaiter.platform.scans.models import Journey

from .conftest import OS, House, python_layer


def failed(container):
    return container.assessment == "failed"


def test_a_task_comes_to_its_verdict_with_findings_that_explain_themselves(house: House):
    (arn,) = house.launch(house.push(OS, python_layer("flask", "2.2.2")))
    (container,) = house.verdict(arn)
    page = house.platform.find("images", container.digest, ImagePage)
    found = {tracked.finding.id: tracked.finding for tracked in page.findings}
    assert found["CVE-2023-30861"].fixed_versions == ("2.2.5",)
    assert found["CVE-2023-30861"].package.locations[0].layer == 1
    assert found["CVE-2022-3996"].reason.package == "openssl"
    assert page.running[0].task_arn == arn
    journey = house.platform.find("scans", container.scan_id, Journey)
    told = {step.step for step in journey.steps}
    assert told >= {"resolve image", "ask for known layers", "analyse new layers", "store", "match", "verdict"}
    (line,) = [line for line in house.box.logs(f"/aws/lambda/{names.FUNCTION}") if arn in line and " RUNNING " in line]
    assert "1 build(s) started" in line


def test_fifty_tasks_of_one_new_image_start_one_build(house: House):
    image = house.push(OS, python_layer("jinja2", "3.1.2"))
    before = set(house.builds())
    arns = house.launch(image, count=50)
    verdicts = {house.verdict(arn)[0].verdict for arn in (arns[0], arns[25], arns[-1])}
    assert verdicts == {"not_assessed"} or len(verdicts) == 1
    assert len(set(house.builds()) - before) == 1


def test_only_layers_not_seen_before_are_pulled(house: House):
    (first,) = house.launch(house.push(OS, python_layer("requests", "2.28.1")))
    house.verdict(first)
    (second,) = house.launch(house.push(OS, python_layer("requests", "2.31.0")))
    (container,) = house.verdict(second)
    scan = house.platform.find("scans", container.scan_id, Journey).scan
    assert scan.pulled_layers == 1


def test_every_container_of_a_task_is_examined(house: House):
    (arn,) = house.launch(house.push(OS, python_layer("a", "1")), house.push(OS, python_layer("b", "1")))
    assert len({container.digest for container in house.verdict(arn)}) == 2


def test_a_task_on_fargate_spot_is_examined_too(house: House):
    (arn,) = house.launch(
        house.push(OS, python_layer("c", "1")), capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT"}]
    )
    assert house.verdict(arn)[0].verdict


def test_a_stopped_task_is_closed(house: House):
    (arn,) = house.launch(house.push(OS, python_layer("d", "1")))
    house.verdict(arn)
    house.box.client("ecs").stop_task(cluster="shop", task=arn, reason="done")
    assert house.closed(arn).closed_by == "event"


def test_an_image_out_of_reach_fails_with_the_reason_and_a_later_event_tries_again(house: House):
    (first,) = house.launch("127.0.0.1:9/app:1")
    (container,) = house.wait(first, failed)
    assert "127.0.0.1:9" in container.reason
    assert container.verdict is None
    (second,) = house.launch("127.0.0.1:9/app:1")
    (again,) = house.wait(second, lambda other: failed(other) and other.scan_id != container.scan_id)
    assert again.verdict is None


def test_an_image_that_cannot_be_pulled_is_no_running_task(house: House):
    house.box.client("ecr").create_repository(repositoryName="app999")
    (arn,) = house.launch(f"{house.box.registry}/app999:1")
    deadline = time.monotonic() + 20
    while house.task(arn) is None and time.monotonic() < deadline:
        time.sleep(0.1)
    assert "CannotPullContainerError" in house.task(arn).stopped_reason


def test_a_platform_killed_between_event_and_upload_loses_nothing(house: House):
    image = house.push(OS, python_layer("e", "1"))
    (arn,) = house.launch(image)
    house.wait(arn, lambda container: container.scan_id)
    house.platform.kill()
    time.sleep(1)
    starting = threading.Thread(target=house.platform.serve)
    starting.start()
    starting.join()
    (container,) = house.verdict(arn)
    assert container.verdict


def test_the_sweep_finds_a_task_whose_event_was_missed(house: House):
    with house.events_missed():
        (arn,) = house.launch(house.push(OS, python_layer("f", "1")))
        time.sleep(1)
        assert house.task(arn) is None
    house.sweep()
    assert house.verdict(arn)[0].verdict


def test_the_sweep_closes_a_task_whose_stop_was_missed(house: House):
    (arn,) = house.launch(house.push(OS, python_layer("g", "1")))
    house.verdict(arn)
    with house.events_missed():
        house.box.client("ecs").stop_task(cluster="shop", task=arn)
        time.sleep(1)
        assert house.task(arn).running
    house.sweep()
    assert house.closed(arn).closed_by == "sweep"
