"""Each fact of the runbook broken in turn by plain API calls, found by the doctor, and mended."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from landwaiter.aws.doctor.repairs import REPAIRS

FUNCTION = "QualysECSFargateImageScanningLambda"
SERVICE_ROLE = "QualysECSFargateImageScanningServiceRole"
LAMBDA_ROLE = "QualysECSFargateImageScanningLambdaRole"
POLICY = "arn:aws:iam::123456789012:policy/Codebuild-Qualys-VPC-Access"
MANAGED = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
ANYWHERE = "0.0.0.0/0"


def test_a_deployment_is_well(patient: Any) -> None:
    findings = patient.findings()
    assert {one.id: one.found for one in findings.values() if one.status in {"failed", "warned"}} == {}
    skipped = {one.id for one in findings.values() if one.status == "skipped"}
    # Nothing has been built, and no task runs.
    assert skipped == {"LW-BLD-009", "LW-EVT-011", "LW-EVT-012", "LW-ECR-001", "LW-ECR-002"}


def no_dns(p: Any) -> None:
    p.client("ec2").modify_vpc_attribute(VpcId=p.told["VpcId"], EnableDnsSupport={"Value": False})


def no_hostnames(p: Any) -> None:
    p.client("ec2").modify_vpc_attribute(VpcId=p.told["VpcId"], EnableDnsHostnames={"Value": False})


def no_public_addresses(p: Any) -> None:
    p.client("ec2").modify_subnet_attribute(SubnetId=p.told["PublicSubnet2Id"], MapPublicIpOnLaunch={"Value": False})


def public_table_renamed(p: Any) -> None:
    table = p.table("Public-RT")["RouteTableId"]
    p.client("ec2").create_tags(Resources=[table], Tags=[{"Key": "Name", "Value": "public"}])


def main_swapped(p: Any) -> None:
    ec2 = p.client("ec2")
    main = next(one for one in p.table("Public-RT")["Associations"] if one.get("Main"))
    filters = [{"Name": "vpc-id", "Values": [p.told["VpcId"]]}]
    tables = ec2.describe_route_tables(Filters=filters)["RouteTables"]
    other = next(one for one in tables if not one["Associations"])
    ec2.replace_route_table_association(
        AssociationId=main["RouteTableAssociationId"], RouteTableId=other["RouteTableId"]
    )


def private_table_main(p: Any) -> None:
    main = next(one for one in p.table("Public-RT")["Associations"] if one.get("Main"))
    table = p.table("Private-RT")["RouteTableId"]
    p.client("ec2").replace_route_table_association(AssociationId=main["RouteTableAssociationId"], RouteTableId=table)


def association(p: Any, table: str, subnet: str) -> str:
    found = p.table(table)["Associations"]
    return next(str(one["RouteTableAssociationId"]) for one in found if one.get("SubnetId") == p.told[subnet])


def public_subnet_loose(p: Any) -> None:
    p.client("ec2").disassociate_route_table(AssociationId=association(p, "Public-RT", "PublicSubnet2Id"))


def private_subnet_loose(p: Any) -> None:
    p.client("ec2").disassociate_route_table(AssociationId=association(p, "Private-RT", "PrivateSubnet1Id"))


def private_subnet_public(p: Any) -> None:
    table = p.table("Public-RT")["RouteTableId"]
    here = association(p, "Private-RT", "PrivateSubnet2Id")
    p.client("ec2").replace_route_table_association(AssociationId=here, RouteTableId=table)


def gateway_detached(p: Any) -> None:
    gateway = next(one["GatewayId"] for one in p.table("Public-RT")["Routes"] if one["GatewayId"].startswith("igw-"))
    p.client("ec2").detach_internet_gateway(InternetGatewayId=gateway, VpcId=p.told["VpcId"])


def no_public_route(p: Any) -> None:
    p.client("ec2").delete_route(RouteTableId=p.table("Public-RT")["RouteTableId"], DestinationCidrBlock=ANYWHERE)


def no_private_route(p: Any) -> None:
    p.client("ec2").delete_route(RouteTableId=p.table("Private-RT")["RouteTableId"], DestinationCidrBlock=ANYWHERE)


def private_route_to_a_ghost(p: Any) -> None:
    p.client("ec2").replace_route(
        RouteTableId=p.table("Private-RT")["RouteTableId"],
        DestinationCidrBlock=ANYWHERE,
        NatGatewayId="nat-0123456789abcdef0",
    )


def policy_lacks_an_action(p: Any) -> None:
    p.policy(lambda statements: statements[0]["Action"].remove("ec2:DescribeDhcpOptions"))


def policy_lacks_the_permission(p: Any) -> None:
    p.policy(lambda statements: statements.pop())


def policy_for_another_service(p: Any) -> None:
    p.policy(lambda statements: statements[1]["Condition"]["StringEquals"].update({"ec2:AuthorizedService": "x.y"}))


def policy_lacks_a_subnet(p: Any) -> None:
    p.policy(lambda statements: statements[1]["Condition"]["ArnEquals"]["ec2:Subnet"].pop())


def policy_without_subnets(p: Any) -> None:
    p.policy(lambda statements: statements[1]["Condition"].pop("ArnEquals"))


def policy_on_other_interfaces(p: Any) -> None:
    p.policy(lambda statements: statements[1].update(Resource="arn:aws:ec2:*:999999999999:network-interface/*"))


def policy_detached(p: Any) -> None:
    p.client("iam").detach_role_policy(RoleName=SERVICE_ROLE, PolicyArn=POLICY)


def policy_deleted(p: Any) -> None:
    p.client("iam").detach_role_policy(RoleName=SERVICE_ROLE, PolicyArn=POLICY)
    for one in p.client("iam").list_policy_versions(PolicyArn=POLICY)["Versions"]:
        if not one["IsDefaultVersion"]:
            p.client("iam").delete_policy_version(PolicyArn=POLICY, VersionId=one["VersionId"])
    p.client("iam").delete_policy(PolicyArn=POLICY)


def managed_policy_detached(p: Any) -> None:
    p.client("iam").detach_role_policy(RoleName=LAMBDA_ROLE, PolicyArn=MANAGED)


def function_out_of_the_vpc(p: Any) -> None:
    p.configure(VpcConfig={"SubnetIds": [], "SecurityGroupIds": []})


def function_in(p: Any, subnet: str) -> None:
    group = p.told["DefaultSecurityGroupId"]
    p.configure(VpcConfig={"SubnetIds": [p.told[subnet]], "SecurityGroupIds": [group]})


def function_public(p: Any) -> None:
    function_in(p, "PublicSubnet1Id")


def function_in_second(p: Any) -> None:
    function_in(p, "PrivateSubnet2Id")


def another_group(p: Any) -> str:
    ec2 = p.client("ec2")
    found = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["other"]}])["SecurityGroups"]
    made = found[0] if found else ec2.create_security_group(GroupName="other", Description="x", VpcId=p.told["VpcId"])
    return str(made["GroupId"])


def function_with_another_group(p: Any) -> None:
    p.configure(VpcConfig={"SubnetIds": [p.told["PrivateSubnet1Id"]], "SecurityGroupIds": [another_group(p)]})


def project_in(p: Any, subnet: str, group: str = "") -> None:
    place = {"vpcId": p.told["VpcId"], "subnets": [p.told[subnet]]}
    p.project(vpcConfig={**place, "securityGroupIds": [group or p.told["DefaultSecurityGroupId"]]})


def project_out_of_the_vpc(p: Any) -> None:
    p.project(vpcConfig={})


def project_public(p: Any) -> None:
    project_in(p, "PublicSubnet1Id")


def project_in_first(p: Any) -> None:
    project_in(p, "PrivateSubnet1Id")


def project_with_another_group(p: Any) -> None:
    project_in(p, "PrivateSubnet2Id", another_group(p))


def layer_removed(p: Any) -> None:
    p.configure(Layers=[])


def path_wrong(p: Any) -> None:
    p.variables(QualysPodCustomRootCertPath="/opt/certs/root.pem")


def path_empty(p: Any) -> None:
    p.variables(QualysPodCustomRootCertPath="")


def rule_disabled(p: Any) -> None:
    p.client("events").disable_rule(Name="LandwaiterTaskRunning")


def rule_without_target(p: Any) -> None:
    p.client("events").remove_targets(Rule="LandwaiterTaskRunning", Ids=["Trigger"])


def rule_with_another_target(p: Any) -> None:
    p.client("events").put_targets(
        Rule="LandwaiterTaskRunning",
        Targets=[{"Id": "Trigger", "Arn": "arn:aws:lambda:us-east-1:123456789012:function:other"}],
    )


def rule_without_permission(p: Any) -> None:
    policy = json.loads(p.client("lambda").get_policy(FunctionName=FUNCTION)["Policy"])
    for one in policy["Statement"]:
        if "LandwaiterTaskRunning" in json.dumps(one["Condition"]):
            p.client("lambda").remove_permission(FunctionName=FUNCTION, StatementId=one["Sid"])


def rule_with_a_wrong_pattern(p: Any) -> None:
    pattern = {"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"], "detail": {"lastStatus": ["PENDING"]}}
    p.client("events").put_rule(Name="LandwaiterTaskRunning", EventPattern=json.dumps(pattern))


def rule_deleted(p: Any) -> None:
    p.client("events").remove_targets(Rule="LandwaiterTaskRunning", Ids=["Trigger"])
    p.client("events").delete_rule(Name="LandwaiterTaskRunning")


def stopped_rule_disabled(p: Any) -> None:
    p.client("events").disable_rule(Name="LandwaiterTaskStopped")


def sweep_disabled(p: Any) -> None:
    p.client("events").disable_rule(Name="LandwaiterSweep")


def sweep_without_target(p: Any) -> None:
    p.client("events").remove_targets(Rule="LandwaiterSweep", Ids=["Trigger"])


def address_not_admitted(p: Any) -> None:
    p.allow_list.entries[:] = ["192.0.2.0/24"]


MENDED: list[tuple[Callable[[Any], None], set[str]]] = [
    (public_table_renamed, {"LW-NET-004"}),
    (main_swapped, {"LW-NET-005"}),
    (private_table_main, {"LW-NET-005"}),
    (public_subnet_loose, {"LW-NET-007"}),
    (private_subnet_loose, {"LW-NET-008"}),
    (private_subnet_public, {"LW-NET-008"}),
    (gateway_detached, {"LW-NET-009"}),
    (no_public_route, {"LW-NET-010"}),
    (no_private_route, {"LW-NET-013"}),
    (private_route_to_a_ghost, {"LW-NET-013"}),
    (no_public_addresses, {"LW-NET-014"}),
    (no_dns, {"LW-NET-015"}),
    (no_hostnames, {"LW-NET-016"}),
    (policy_lacks_an_action, {"LW-POL-002"}),
    (policy_lacks_the_permission, {"LW-POL-003"}),
    (policy_on_other_interfaces, {"LW-POL-003"}),
    (policy_for_another_service, {"LW-POL-004"}),
    (policy_lacks_a_subnet, {"LW-POL-005"}),
    (policy_without_subnets, {"LW-POL-005"}),
    (policy_detached, {"LW-POL-006"}),
    (policy_deleted, {"LW-POL-001"}),
    (managed_policy_detached, {"LW-POL-009"}),
    (layer_removed, {"LW-CA-001", "LW-PLT-002"}),
    (path_wrong, {"LW-CA-002", "LW-PLT-002"}),
    (path_empty, {"LW-CA-002", "LW-PLT-002"}),
    (function_out_of_the_vpc, {"LW-FUN-002"}),
    (function_public, {"LW-FUN-003"}),
    (function_in_second, {"LW-FUN-003"}),
    (function_with_another_group, {"LW-FUN-004"}),
    (project_out_of_the_vpc, {"LW-BLD-002"}),
    (project_public, {"LW-BLD-003"}),
    (project_in_first, {"LW-BLD-003"}),
    (project_with_another_group, {"LW-BLD-004"}),
    (rule_deleted, {"LW-EVT-001"}),
    (rule_disabled, {"LW-EVT-002"}),
    (rule_without_target, {"LW-EVT-003"}),
    (rule_with_another_target, {"LW-EVT-003"}),
    (rule_without_permission, {"LW-EVT-004"}),
    (rule_with_a_wrong_pattern, {"LW-EVT-005"}),
    (stopped_rule_disabled, {"LW-EVT-006"}),
    (sweep_disabled, {"LW-EVT-007"}),
    (sweep_without_target, {"LW-EVT-007"}),
    (address_not_admitted, {"LW-PLT-003"}),
]


@pytest.mark.parametrize(("damage", "expected"), MENDED, ids=[one.__name__ for one, _ in MENDED])
def test_what_is_broken_is_found_and_mended(patient: Any, damage: Callable[[Any], None], expected: set[str]) -> None:
    patient.sick = True
    damage(patient)
    findings, mended = patient.mend()
    wrong = {one.id: one.found for one in findings.values() if one.status in {"failed", "warned"}}
    assert set(wrong) == expected, wrong
    assert all(findings[one].mend and findings[one].why for one in expected)
    told = {one.id: (one.found, one.done) for one in mended.values() if one.status in {"failed", "warned"}}
    assert told == {}
    fixable = expected & REPAIRS.keys()
    assert fixable
    assert all(mended[one].done for one in fixable)
    patient.sick = False


def test_every_repair_is_tried() -> None:
    assert {one for _, expected in MENDED for one in expected if one in REPAIRS} == set(REPAIRS)
