import json
from collections.abc import Callable
from typing import Any

import pytest

from landwaiter.aws import templates
from landwaiter.aws.deployment.stacks import Stack, StackError, StackEvent
from landwaiter.aws.network import main_table
from landwaiter.sandbox.sandbox import Sandbox


def template(**resources: Any) -> str:
    return json.dumps({"Resources": resources, "Outputs": {"Name": {"Value": {"Ref": next(iter(resources))}}}})


@pytest.fixture
def seen() -> list[StackEvent]:
    return []


@pytest.fixture
def group(unique: str) -> dict[str, Any]:
    return {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": unique, "RetentionInDays": 7}}


@pytest.fixture
def stack(box: Sandbox, unique: str, seen: list[StackEvent]) -> Stack:
    return Stack(box.client("cloudformation"), unique, progress=seen.append, poll=0.05)


def test_create_update_delete_with_events(
    stack: Stack, group: dict[str, Any], unique: str, seen: list[StackEvent]
) -> None:
    assert stack.describe() is None
    assert stack.outputs() == {}
    assert stack.deploy(template(Group=group), {}, {"a": "b"}) is True
    assert stack.outputs() == {"Name": unique}
    assert ("Group", "CREATE_COMPLETE") in [(event.logical_id, event.status) for event in seen]
    seen.clear()
    assert stack.deploy(template(Group=group), {}, {"a": "b"}) is False
    assert seen == []
    longer = {**group, "Properties": {**group["Properties"], "RetentionInDays": 14}}
    assert stack.deploy(template(Group=longer), {}, {"a": "b"}) is True
    assert ("Group", "UPDATE_COMPLETE") in [(event.logical_id, event.status) for event in seen]
    seen.clear()
    assert stack.delete() is True
    assert ("Group", "DELETE_COMPLETE") in [(event.logical_id, event.status) for event in seen]
    assert stack.delete() is False


def test_a_name_that_is_taken_fails_the_stack_and_stays(
    box: Sandbox, stack: Stack, group: dict[str, Any], unique: str
) -> None:
    logs = box.client("logs")
    logs.create_log_group(logGroupName=unique)
    with pytest.raises(StackError) as failed:
        stack.deploy(template(Group=group), {}, {})
    assert "ROLLBACK_COMPLETE" in failed.value.what
    assert "Group (AWS::Logs::LogGroup)" in failed.value.what
    assert "already exists" in failed.value.what
    assert failed.value.remedy
    assert logs.describe_log_groups(logGroupNamePrefix=unique)["logGroups"]


def test_a_stack_that_was_rolled_back_is_made_anew(
    box: Sandbox, stack: Stack, group: dict[str, Any], unique: str
) -> None:
    logs = box.client("logs")
    logs.create_log_group(logGroupName=unique)
    with pytest.raises(StackError):
        stack.deploy(template(Group=group), {}, {})
    logs.delete_log_group(logGroupName=unique)
    assert stack.deploy(template(Group=group), {}, {}) is True
    described = stack.describe()
    assert described is not None
    assert described["StackStatus"] == "CREATE_COMPLETE"


def test_a_failed_update_goes_back(box: Sandbox, stack: Stack, group: dict[str, Any], unique: str) -> None:
    stack.deploy(template(Group=group), {}, {})
    box.client("logs").create_log_group(logGroupName=f"{unique}-taken")
    taken = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": f"{unique}-taken"}}
    with pytest.raises(StackError, match="UPDATE_ROLLBACK_COMPLETE"):
        stack.deploy(template(Group=group, Other=taken), {}, {})
    assert stack.outputs() == {"Name": unique}
    assert stack.deploy(template(Group=group), {}, {}) is False


def tagged(box: Sandbox) -> list[str]:
    tags = box.client("ec2").describe_tags(Filters=[{"Name": "key", "Values": [main_table.ORIGINAL_MAIN_TAG]}])["Tags"]
    return [tag["ResourceId"] for tag in tags]


def test_a_main_table_keeps_the_network_until_it_is_restored(
    box: Sandbox, stack: Stack, eventually: Callable[..., Any]
) -> None:
    ec2 = box.client("ec2")
    stack.deploy(templates.read("network"), {"Zones": "2"}, {})
    told = stack.outputs()
    tables = ec2.describe_route_tables(
        Filters=[{"Name": "vpc-id", "Values": [told["VpcId"]]}, {"Name": "association.main", "Values": ["true"]}]
    )["RouteTables"]
    original = tables[0]["RouteTableId"]
    subnets = ec2.describe_subnets(SubnetIds=[told["PrivateSubnet1Id"], told["PrivateSubnet2Id"]])["Subnets"]
    assert len({subnet["AvailabilityZone"] for subnet in subnets}) == 2
    assert main_table.make_main(ec2, told["VpcId"], told["PublicRouteTableId"]) is True
    assert main_table.make_main(ec2, told["VpcId"], told["PublicRouteTableId"]) is False
    with pytest.raises(StackError, match="DELETE_FAILED"):
        stack.delete()
    assert main_table.restore_main(ec2, told["VpcId"]) is True
    assert main_table.restore_main(ec2, told["VpcId"]) is False
    main = ec2.describe_route_tables(Filters=[{"Name": "association.main", "Values": ["true"]}])["RouteTables"]
    assert original in [table["RouteTableId"] for table in main]
    assert original not in tagged(box)
    assert stack.delete() is True
