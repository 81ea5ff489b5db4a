"""Two zones, a network of the operator's own, and parts of the deployment alone."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from landwaiter.aws import names, templates
from landwaiter.errors import InputError


def tables(operator: Any, vpc: str) -> dict[str, dict[str, Any]]:
    found = operator.client("ec2").describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    named = {tag["Value"]: table for table in found for tag in table["Tags"] if tag["Key"] == "Name"}
    return dict(sorted(named.items()))


def test_two_zones_share_nothing(operator: Any, noted: Callable[..., Any]) -> None:
    before = operator.resources()
    report = operator.report("up", "--yes", "--zones", "2", "--vpc-cidr", "10.77.0.0/24")
    told, ec2 = operator.outputs(), operator.client("ec2")
    ids = [told[name] for name in ("PublicSubnet1Id", "PrivateSubnet1Id", "PublicSubnet2Id", "PrivateSubnet2Id")]
    zones = {one["SubnetId"]: one["AvailabilityZone"] for one in ec2.describe_subnets(SubnetIds=ids)["Subnets"]}
    assert [zones[one] for one in ids] == ["us-east-1a", "us-east-1a", "us-east-1b", "us-east-1b"]
    gateways = {
        one["NatGatewayId"]: one["SubnetId"]
        for one in ec2.describe_nat_gateways(Filters=[{"Name": "vpc-id", "Values": [told["VpcId"]]}])["NatGateways"]
    }
    assert sorted(gateways.values()) == sorted([ids[0], ids[2]])
    found = tables(operator, told["VpcId"])
    assert list(found) == ["Private-RT", "Private-RT-2", "Public-RT"]
    for name, private, public in (("Private-RT", ids[1], ids[0]), ("Private-RT-2", ids[3], ids[2])):
        assert [one["SubnetId"] for one in found[name]["Associations"]] == [private]
        gateway = next(one["NatGatewayId"] for one in found[name]["Routes"] if "NatGatewayId" in one)
        assert gateways[gateway] == public
    assert {one.get("SubnetId", "main") for one in found["Public-RT"]["Associations"]} == {ids[0], ids[2], "main"}
    addresses = [told["EgressAddress"], told["EgressAddress2"]]
    assert report["egress_addresses"] == addresses
    assert sorted(noted(operator)[0]) == sorted(f"{one}/32" for one in addresses)
    assert report["cost"]["month"][0]["amount"] == "2 x 730 h"
    # The VPC is not reshaped under the feet of what lives in it.
    refused = operator.run("up", "--yes", "--zones", "1")
    assert "Zones is 2, not 1" in str(refused.exception)
    operator.report("down", "--yes")
    assert operator.resources() == before
    assert noted(operator) == ([], [])


def test_a_zone_by_its_name(operator: Any) -> None:
    operator.report("network", "up", "--yes", "--availability-zone", "us-east-1c")
    ec2, told = operator.client("ec2"), operator.outputs()
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [told["VpcId"]]}])["Subnets"]
    assert {one["AvailabilityZone"] for one in subnets} == {"us-east-1c"}
    assert set(operator.states("network", "status").values()) == {"done"}
    operator.report("network", "down", "--yes")


@pytest.mark.parametrize(
    ("flags", "what", "remedy"),
    [
        (("--vpc-cidr", "8.8.8.0/24"), "no private range", "10.0.0.0/8"),
        (("--vpc-cidr", "10.0.0.7/24"), "host bits", "Did you mean 10.0.0.0/24?"),
        (("--vpc-cidr", "10.0.0.0/27"), "too small", "/26"),
        (("--availability-zone", "us-east-1z"), "no availability zone us-east-1z", "us-east-1a"),
    ],
)
def test_a_network_that_cannot_be(operator: Any, flags: tuple[str, ...], what: str, remedy: str) -> None:
    for command in (("plan",), ("up", "--yes")):
        error = operator.run(*command, *flags).exception
        assert isinstance(error, InputError)
        assert what in error.what
        assert remedy in error.remedy
    assert operator.resources()["stacks"] == []


def test_an_overlap_with_another_vpc_is_a_warning(operator: Any) -> None:
    operator.client("ec2").create_vpc(CidrBlock="10.42.0.0/16")
    assert "overlaps with 10.42.0.0/16" in operator.report("plan")["warnings"][0]
    assert operator.report("plan", "--vpc-cidr", "10.77.0.0/24")["warnings"] == []


@pytest.fixture
def corporate(operator: Any) -> dict[str, str]:
    """A network that somebody else made and owns."""
    cloudformation = operator.client("cloudformation")
    cloudformation.create_stack(StackName="corporate", TemplateBody=templates.read("network"))
    while cloudformation.describe_stacks(StackName="corporate")["Stacks"][0]["StackStatus"] != "CREATE_COMPLETE":
        time.sleep(0.05)
    return operator.outputs("corporate")


def own(told: dict[str, str], **other: str) -> tuple[str, ...]:
    given = {
        "vpc-id": told["VpcId"],
        "lambda-subnet": told["PrivateSubnet1Id"],
        "codebuild-subnet": told["PrivateSubnet2Id"],
        **{name.replace("_", "-"): value for name, value in other.items()},
    }
    return tuple(part for name, value in given.items() for part in (f"--{name}", value))


def test_a_network_of_the_operators_own_is_used_and_left_as_it_is(
    operator: Any, corporate: dict[str, str], noted: Callable[..., Any]
) -> None:
    before = operator.resources()
    report = operator.report("up", "--yes", *own(corporate))
    assert [step["id"] for step in report["steps"]] == [
        *("network", "allow-list", "code", "sensor-token", "scanning", "attach")
    ]
    assert operator.resources()["vpcs"] == before["vpcs"]
    assert noted(operator)[0] == [f"{corporate['EgressAddress']}/32"]
    assert report["cost"]["month"][0]["what"] == "KMS key"
    placed = operator.client("lambda").get_function_configuration(FunctionName=names.FUNCTION)["VpcConfig"]
    assert placed["SubnetIds"] == [corporate["PrivateSubnet1Id"]]
    assert placed["SecurityGroupIds"] == [corporate["DefaultSecurityGroupId"]]
    project = operator.client("codebuild").batch_get_projects(names=[names.PROJECT])["projects"][0]
    assert project["vpcConfig"]["subnets"] == [corporate["PrivateSubnet2Id"]]
    # Without naming it again, too.
    assert set(operator.states("status").values()) == {"done"}
    assert not [step for step in operator.report("up", "--yes")["steps"] if step["changed"]]
    operator.report("down", "--yes")
    assert operator.resources() == before
    assert noted(operator) == ([], [])


def test_a_network_of_ones_own_that_does_not_fit_is_refused(operator: Any, corporate: dict[str, str]) -> None:
    ec2 = operator.client("ec2")
    elsewhere = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    strange = ec2.create_subnet(VpcId=elsewhere, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]

    def refused(**other: str) -> str:
        error = operator.run("up", "--yes", *own(corporate, **other)).exception
        assert isinstance(error, InputError), error
        assert error.remedy
        return error.what

    assert "is public" in refused(lambda_subnet=corporate["PublicSubnet1Id"])
    assert f"belongs to the VPC {elsewhere}" in refused(codebuild_subnet=strange)
    assert "no subnet subnet-0123" in refused(lambda_subnet="subnet-0123")
    assert "no VPC vpc-0123" in refused(vpc_id="vpc-0123")
    assert "no security group sg-0123" in refused(security_group="sg-0123")
    assert "a shape for one of ours" in refused(zones="2")
    ec2.modify_vpc_attribute(VpcId=corporate["VpcId"], EnableDnsHostnames={"Value": False})
    assert "enableDnsHostnames off" in refused()
    ec2.modify_vpc_attribute(VpcId=corporate["VpcId"], EnableDnsHostnames={"Value": True})
    table = tables(operator, corporate["VpcId"])["Private-RT"]
    gateway = next(one["NatGatewayId"] for one in table["Routes"] if "NatGatewayId" in one)
    ec2.delete_nat_gateway(NatGatewayId=gateway)
    assert gateway in refused() or "blackhole" in refused()
    ec2.delete_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0")
    assert "no route to 0.0.0.0/0" in refused()
    assert operator.resources()["functions"] == []


def test_the_parts_alone(operator: Any) -> None:
    before = operator.resources()
    alone = operator.run("stack", "up", "--yes")
    assert "no network" in str(alone.exception)
    assert operator.resources() == before
    assert [one["id"] for one in operator.report("network", "up", "--yes")["steps"]] == [
        *("network", "main-table", "allow-list")
    ]
    network = operator.resources()
    operator.report("stack", "up", "--yes")
    assert set(operator.states("stack", "status").values()) == {"done"}
    assert "lives in this network" in str(operator.run("network", "down", "--yes").exception)
    operator.report("stack", "down", "--yes")
    assert operator.resources() == network
    operator.report("network", "down", "--yes")
    assert operator.resources() == before
