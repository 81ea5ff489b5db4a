import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from landwaiter.sandbox.sandbox import Sandbox

Take = Callable[[str], list[dict[str, Any]]]
Eventually = Callable[..., Any]


class Shop:
    """A cluster whose task events end in a queue."""

    def __init__(self, box: Sandbox, name: str, queue: tuple[str, str], receive: Take, image: str) -> None:
        self.box, self.name, self._queue, self._receive = box, name, queue[0], receive
        self.ecs = box.client("ecs")
        self.ecs.create_cluster(clusterName=name)
        self.cluster_arn = f"arn:aws:ecs:us-east-1:123456789012:cluster/{name}"
        self.define(image)
        pattern = {"source": ["aws.ecs"], "detail": {"clusterArn": [self.cluster_arn]}}
        events = box.client("events")
        events.put_rule(Name=name, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": queue[1]}])
        self.seen: list[dict[str, Any]] = []

    def define(self, image: str) -> None:
        self.ecs.register_task_definition(
            family=self.name,
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            containerDefinitions=[{"name": "web", "image": image}],
        )

    def run(self, **more: Any) -> dict[str, Any]:
        subnet = self.box.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
        network = {"awsvpcConfiguration": {"subnets": [subnet]}}
        placed = more or {"launchType": "FARGATE"}
        answer = self.ecs.run_task(cluster=self.name, taskDefinition=self.name, networkConfiguration=network, **placed)
        return answer["tasks"][0]

    def states(self) -> list[tuple[str, str, int]]:
        self.seen += [json.loads(message["Body"]) for message in self._receive(self._queue)]
        details = sorted((event["detail"] for event in self.seen), key=lambda detail: detail["version"])
        return [(detail["lastStatus"], detail["desiredStatus"], detail["version"]) for detail in details]

    def event(self, status: str) -> dict[str, Any]:
        return next(event for event in self.seen if event["detail"]["lastStatus"] == status)

    def describe(self, task: dict[str, Any]) -> dict[str, Any]:
        return self.ecs.describe_tasks(cluster=self.name, tasks=[task["taskArn"]])["tasks"][0]


@pytest.fixture
def shop(box: Sandbox, unique: str, make_queue: Callable[[str], tuple[str, str]], receive: Take, layout: Path) -> Shop:
    image = box.push(str(layout), unique, "1.0")
    return Shop(box, unique, make_queue(unique), receive, image.reference)


def test_a_task_takes_its_steps_and_each_is_an_event(shop: Shop, eventually: Eventually) -> None:
    task = shop.run()
    assert (task["lastStatus"], task["version"]) == ("PROVISIONING", 1)
    running = [("PROVISIONING", "RUNNING", 1), ("PENDING", "RUNNING", 2), ("RUNNING", "RUNNING", 3)]
    assert eventually(lambda: len(shop.states()) >= 3)
    assert shop.states() == running
    shop.ecs.stop_task(cluster=shop.name, task=task["taskArn"], reason="enough")
    assert eventually(lambda: len(shop.states()) >= 6)
    stopped = [("RUNNING", "STOPPED", 4), ("DEPROVISIONING", "STOPPED", 5), ("STOPPED", "STOPPED", 6)]
    assert shop.states() == running + stopped
    assert shop.event("STOPPED")["detail"]["stoppedReason"] == "enough"


def test_the_running_event_has_what_aws_documents(
    box: Sandbox, shop: Shop, eventually: Eventually, layout: Path
) -> None:
    task = shop.run()
    assert eventually(lambda: len(shop.states()) >= 3)
    event = shop.event("RUNNING")
    detail = event["detail"]
    assert {key: event[key] for key in ("version", "account", "region", "source", "detail-type", "resources")} == {
        "version": "0",
        "account": "123456789012",
        "region": "us-east-1",
        "source": "aws.ecs",
        "detail-type": "ECS Task State Change",
        "resources": [task["taskArn"]],
    }
    container = detail["containers"][0]
    pushed = json.loads((layout / "index.json").read_text())["manifests"][0]["digest"]
    assert container["imageDigest"] == pushed
    assert container["lastStatus"] == "RUNNING"
    attachment = detail["attachments"][0]
    assert (attachment["type"], attachment["status"]) == ("eni", "ATTACHED")
    details = {one["name"]: one["value"] for one in attachment["details"]}
    assert set(details) == {"subnetId", "networkInterfaceId", "macAddress", "privateIPv4Address"}
    assert container["networkInterfaces"] == [
        {"attachmentId": attachment["id"], "privateIpv4Address": details["privateIPv4Address"]}
    ]
    assert detail["launchType"] == "FARGATE"
    assert detail["platformVersion"] == "1.4.0"
    assert detail["group"] == f"family:{shop.name}"
    assert "containerInstanceArn" not in detail
    assert "healthStatus" not in detail
    assert datetime.fromisoformat(detail["startedAt"])
    assert datetime.fromisoformat(detail["updatedAt"])


def test_describe_tasks_says_what_the_events_say(shop: Shop, eventually: Eventually) -> None:
    task = shop.run()
    assert eventually(lambda: shop.describe(task)["lastStatus"] == "RUNNING")
    assert eventually(lambda: len(shop.states()) >= 3)
    described, detail = shop.describe(task), shop.event("RUNNING")["detail"]
    for name in ("version", "launchType", "platformVersion", "group", "desiredStatus", "availabilityZone"):
        assert described[name] == detail[name]
    assert described["containers"][0]["imageDigest"] == detail["containers"][0]["imageDigest"]
    assert described["attachments"][0]["type"] == "ElasticNetworkInterface"
    assert described["attachments"][0]["id"] == detail["attachments"][0]["id"]
    assert isinstance(described["startedAt"], datetime)


def test_fargate_spot_names_its_provider_and_no_launch_type(shop: Shop, eventually: Eventually) -> None:
    shop.run(capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}])
    assert eventually(lambda: len(shop.states()) >= 3)
    detail = shop.event("RUNNING")["detail"]
    assert detail["capacityProviderName"] == "FARGATE_SPOT"
    assert "launchType" not in detail


def test_an_image_that_is_not_there_stops_the_task(shop: Shop, eventually: Eventually) -> None:
    shop.define(f"{shop.box.registry}/{shop.name}:no-such-tag")
    task = shop.run()
    assert eventually(lambda: shop.describe(task)["lastStatus"] == "STOPPED")
    described = shop.describe(task)
    assert described["stopCode"] == "TaskFailedToStart"
    assert described["stoppedReason"].startswith("CannotPullContainerError")
    assert eventually(lambda: "STOPPED" in {state for state, _, _ in shop.states()})
    assert "RUNNING" not in {state for state, desired, _ in shop.states() if desired == "RUNNING"}


def test_an_image_from_elsewhere_runs_without_a_digest(shop: Shop, eventually: Eventually) -> None:
    shop.define("registry.example.org/web:1")
    task = shop.run()
    assert eventually(lambda: shop.describe(task)["lastStatus"] == "RUNNING")
    assert "imageDigest" not in shop.describe(task)["containers"][0]


def test_an_image_by_digest_is_resolved(shop: Shop, eventually: Eventually, layout: Path) -> None:
    digest = json.loads((layout / "index.json").read_text())["manifests"][0]["digest"]
    shop.define(f"{shop.box.registry}/{shop.name}@{digest}")
    task = shop.run()
    assert eventually(lambda: shop.describe(task)["lastStatus"] == "RUNNING")
    assert shop.describe(task)["containers"][0]["imageDigest"] == digest


def test_a_service_starts_and_stops_tasks_with_events(shop: Shop, eventually: Eventually) -> None:
    subnet = shop.box.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    shop.ecs.create_service(
        cluster=shop.name,
        serviceName="web",
        taskDefinition=shop.name,
        desiredCount=2,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet]}},
    )
    assert eventually(lambda: len([state for state in shop.states() if state[0] == "RUNNING"]) >= 2)
    assert shop.event("RUNNING")["detail"]["group"] == "service:web"
    service = shop.ecs.describe_services(cluster=shop.name, services=["web"])["services"][0]
    assert service["runningCount"] == 2
    assert eventually(
        lambda: (
            shop.ecs.describe_services(cluster=shop.name, services=["web"])["services"][0]["deployments"][0][
                "rolloutState"
            ]
            == "COMPLETED"
        )
    )
    shop.ecs.update_service(cluster=shop.name, service="web", desiredCount=0)
    assert eventually(lambda: len([state for state in shop.states() if state[0] == "STOPPED"]) >= 2)


def test_a_task_that_is_stopped_while_it_starts_never_runs(shop: Shop, eventually: Eventually) -> None:
    task = shop.run()
    shop.ecs.stop_task(cluster=shop.name, task=task["taskArn"])
    assert eventually(lambda: "STOPPED" in {state for state, _, _ in shop.states()})
    assert shop.describe(task)["lastStatus"] == "STOPPED"
    assert ("RUNNING", "RUNNING", 3) not in shop.states()
