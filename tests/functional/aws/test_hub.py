"""Events of member accounts: forwarded to the central bus, and from there to the function.

The stand-in has one account for all of it and knows no policy of a bus, so those two resources are left out here; the
unit tests read them.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from landwaiter.aws import names, templates
from landwaiter.aws.deployment.deploy import Deployment
from landwaiter.aws.deployment.stacks import Stack
from landwaiter.sandbox.sandbox import Sandbox


def without_bus_policies(template: str) -> str:
    for name in ("OrganizationMayPut", "MembersMayPut"):
        template, count = re.subn(rf"^  {name}:\n(?:    .*\n|\n)+", "", template, flags=re.MULTILINE)
        assert count == 1
    return template


def test_a_task_of_a_member_wakes_the_function_at_the_centre(
    fresh_box: Sandbox, make_deployment: Callable[..., Deployment], eventually: Callable[..., Any]
) -> None:
    box = fresh_box
    deployment = make_deployment(box)
    for step in deployment.steps():
        step.run()
    events, cloudformation = box.client("events"), box.client("cloudformation")
    # What comes now comes by the central bus alone.
    for rule in ("LandwaiterTaskRunning", "LandwaiterTaskStopped", "LandwaiterSweep"):
        events.disable_rule(Name=rule)
    with pytest.raises(ClientError, match="Name the organisation, or the member accounts"):
        Stack(cloudformation, "nobody", poll=0.05).deploy(without_bus_policies(templates.read("hub")), {}, {})
    hub = Stack(cloudformation, "hub", poll=0.05)
    hub.deploy(without_bus_policies(templates.read("hub")), {"MemberAccounts": "111122223333"}, {})
    member = Stack(cloudformation, "member", poll=0.05)
    member.deploy(templates.read("member"), {"CentralBusArn": hub.outputs()["BusArn"]}, {})

    ecs = box.client("ecs")
    ecs.create_cluster(clusterName="shop")
    ecs.register_task_definition(
        family="web",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "web", "image": "registry.example.org/web:1"}],
    )
    subnet = box.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    network = {"awsvpcConfiguration": {"subnets": [subnet]}}
    task = ecs.run_task(cluster="shop", taskDefinition="web", launchType="FARGATE", networkConfiguration=network)
    # The platform is nowhere, so the event ends in the function's dead-letter queue: proof that the function had it.
    url = deployment.scanning.outputs()["DeadLetterQueueUrl"]
    sqs = box.client("sqs")
    messages = eventually(lambda: sqs.receive_message(QueueUrl=url).get("Messages"))
    assert messages, box.logs(f"/aws/lambda/{names.FUNCTION}")
    event = json.loads(messages[0]["Body"])
    assert (event["source"], event["detail"]["taskArn"]) == ("aws.ecs", task["tasks"][0]["taskArn"])
    assert event["detail"]["lastStatus"] == "RUNNING"
    for stack in (member, hub):
        assert stack.delete()
    assert [bus["Name"] for bus in events.list_event_buses()["EventBuses"]] == ["default"]
