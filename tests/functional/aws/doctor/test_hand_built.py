"""The doctor on a stack made by hand from the guide, which it knows by the guide's names alone."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from landwaiter.aws.code import package
from landwaiter.aws.doctor.read import read_estate
from landwaiter.aws.doctor.repairs import Tools
from landwaiter.aws.doctor.run import examine, mend
from landwaiter.sandbox.authority import Authority
from landwaiter.sandbox.sandbox import Sandbox

FUNCTION = "QualysECSFargateImageScanningLambda"
PROJECT = "QualysECSFargateImageScanning"
ANYWHERE = "0.0.0.0/0"
ADDED_BY_US = {"LW-BLD-008", "LW-EVT-005", "LW-EVT-006", "LW-EVT-007", "LW-EVT-008"}
"""What the guide does not have: a limit, Fargate Spot, stops, sweep, dead letters. The doctor warns of them."""


class ByHand:
    """The hand-made stack, and the doctor's view of it."""

    def __init__(self, box: Sandbox, built: Any) -> None:
        self.box = box
        self.network = built.network
        self.client = box.client
        self.sick = False

    def examine(self) -> dict[str, Any]:
        return {one.id: one for one in examine(read_estate(self.client))}

    def failed(self) -> dict[str, str]:
        return {one.id: one.found for one in self.examine().values() if one.status == "failed"}

    def mend(self) -> dict[str, Any]:
        _, findings = mend(lambda: read_estate(self.client), Tools(self.client))
        return {one.id: one for one in findings}


@pytest.fixture(scope="module")
def by_hand(
    tmp_path_factory: pytest.TempPathFactory,
    authority: Authority,
    make_platform: Callable[[], Any],
    build_by_hand: Callable[..., Any],
) -> Iterator[ByHand]:
    platform = make_platform()
    layer = package.root_ca_layer(authority.pem.encode()).content
    with Sandbox.start(tmp_path_factory.mktemp("by-hand"), task_step=0.02, retry_delay=0.02) as box:
        built = build_by_hand(box, attached=True, platform_url=platform.url, token="lw_test", root_ca_layer=layer)
        trust_in_builds(box.client, authority.pem)
        yield ByHand(box, built)


def trust_in_builds(client: Callable[[str], Any], pem: str) -> None:
    codebuild = client("codebuild")
    environment = codebuild.batch_get_projects(names=[PROJECT])["projects"][0]["environment"]
    environment["environmentVariables"].append({"name": "LANDWAITER_ROOT_CA", "value": pem})
    codebuild.update_project(name=PROJECT, environment=environment)


def test_it_is_well_and_warned_of_what_the_guide_does_not_have(by_hand: ByHand) -> None:
    findings = by_hand.examine()
    assert {one.id: one.found for one in findings.values() if one.status == "failed"} == {}
    assert {one.id for one in findings.values() if one.status == "warned"} == ADDED_BY_US
    assert findings["LW-NET-001"].found == f"{by_hand.network.vpc_id} (guide)."


def associations(p: ByHand, table: str) -> list[dict[str, Any]]:
    tables = p.client("ec2").describe_route_tables(RouteTableIds=[table])["RouteTables"]
    return list(tables[0]["Associations"])


def public_table_renamed(p: ByHand) -> None:
    p.client("ec2").create_tags(Resources=[p.network.public_table], Tags=[{"Key": "Name", "Value": "x"}])


def private_table_main(p: ByHand) -> None:
    main = next(one for one in associations(p, p.network.public_table) if one.get("Main"))
    p.client("ec2").replace_route_table_association(
        AssociationId=main["RouteTableAssociationId"], RouteTableId=p.network.private_table
    )


def private_subnet_loose(p: ByHand) -> None:
    here = next(
        one for one in associations(p, p.network.private_table) if one.get("SubnetId") == p.network.private_subnets[0]
    )
    p.client("ec2").disassociate_route_table(AssociationId=here["RouteTableAssociationId"])


def no_private_route(p: ByHand) -> None:
    p.client("ec2").delete_route(RouteTableId=p.network.private_table, DestinationCidrBlock=ANYWHERE)


def no_public_route(p: ByHand) -> None:
    p.client("ec2").delete_route(RouteTableId=p.network.public_table, DestinationCidrBlock=ANYWHERE)


def function_in_a_public_subnet(p: ByHand) -> None:
    place = {"SubnetIds": [p.network.public_subnets[0]], "SecurityGroupIds": [p.network.security_group_id]}
    p.client("lambda").update_function_configuration(FunctionName=FUNCTION, VpcConfig=place)
    p.client("lambda").get_waiter("function_active_v2").wait(FunctionName=FUNCTION, WaiterConfig={"Delay": 0})


def project_out_of_the_vpc(p: ByHand) -> None:
    p.client("codebuild").update_project(name=PROJECT, vpcConfig={})


def rule_disabled(p: ByHand) -> None:
    p.client("events").disable_rule(Name="QualysECSFargateImageScanningRule")


def rule_without_target(p: ByHand) -> None:
    p.client("events").remove_targets(Rule="QualysECSFargateImageScanningRule", Ids=["function"])


def permission_removed(p: ByHand) -> None:
    p.client("lambda").remove_permission(FunctionName=FUNCTION, StatementId="events")


def policy_without_a_subnet(p: ByHand) -> None:
    iam = p.client("iam")
    arn = "arn:aws:iam::123456789012:policy/Codebuild-Qualys-VPC-Access"
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    document["Statement"][1]["Condition"]["ArnEquals"]["ec2:Subnet"].pop()
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=True)


MENDED: list[tuple[Callable[[ByHand], None], str]] = [
    (public_table_renamed, "LW-NET-004"),
    (private_table_main, "LW-NET-005"),
    (private_subnet_loose, "LW-NET-008"),
    (no_public_route, "LW-NET-010"),
    (no_private_route, "LW-NET-013"),
    (policy_without_a_subnet, "LW-POL-005"),
    (function_in_a_public_subnet, "LW-FUN-003"),
    (project_out_of_the_vpc, "LW-BLD-002"),
    (rule_disabled, "LW-EVT-002"),
    (rule_without_target, "LW-EVT-003"),
    (permission_removed, "LW-EVT-004"),
]


@pytest.mark.parametrize(("damage", "expected"), MENDED, ids=[one.__name__ for one, _ in MENDED])
def test_what_is_broken_is_found_and_mended(by_hand: ByHand, damage: Callable[[ByHand], None], expected: str) -> None:
    damage(by_hand)
    assert by_hand.failed().keys() == {expected}
    after = by_hand.mend()
    assert {one.id: one.found for one in after.values() if one.status == "failed"} == {}
    assert after[expected].done


def test_subnets_in_two_zones(by_hand: ByHand) -> None:
    """The second public subnet made anew in another zone."""
    ec2, old = by_hand.client("ec2"), by_hand.network.public_subnets[1]
    zones = [one["ZoneName"] for one in ec2.describe_availability_zones()["AvailabilityZones"]]
    here = next(one for one in associations(by_hand, by_hand.network.public_table) if one.get("SubnetId") == old)
    ec2.disassociate_route_table(AssociationId=here["RouteTableAssociationId"])
    ec2.delete_subnet(SubnetId=old)
    assert by_hand.failed().keys() == {"LW-NET-002"}

    def make(zone: str) -> str:
        made = ec2.create_subnet(VpcId=by_hand.network.vpc_id, CidrBlock="10.77.0.64/26", AvailabilityZone=zone)
        subnet = str(made["Subnet"]["SubnetId"])
        ec2.create_tags(Resources=[subnet], Tags=[{"Key": "Name", "Value": "scanning-public-2"}])
        ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
        ec2.associate_route_table(RouteTableId=by_hand.network.public_table, SubnetId=subnet)
        return subnet

    strange = make(zones[1])
    assert by_hand.failed().keys() == {"LW-NET-003", "LW-POL-005"}
    for one in associations(by_hand, by_hand.network.public_table):
        if one.get("SubnetId") == strange:
            ec2.disassociate_route_table(AssociationId=one["RouteTableAssociationId"])
    ec2.delete_subnet(SubnetId=strange)
    make(zones[0])
    assert {one.id for one in by_hand.mend().values() if one.status == "failed"} == set()
