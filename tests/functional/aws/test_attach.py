"""Part 4 and its undoing, on a stack of ours and on one that was built by hand from the guide."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from landwaiter.aws import attach, names, policy
from landwaiter.aws.attach import Placement
from landwaiter.aws.changes import make_all
from landwaiter.aws.deployment.deploy import Deployment
from landwaiter.aws.network.placement import Wanted, find_placement, policy_subnets
from landwaiter.errors import InputError
from landwaiter.sandbox.sandbox import Sandbox

ALL = [
    f"attach Codebuild-Qualys-VPC-Access to {names.SERVICE_ROLE}",
    f"attach AWSLambdaVPCAccessExecutionRole to {names.LAMBDA_ROLE}",
]


def picture(box: Sandbox) -> dict[str, Any]:
    """All that attach may touch."""
    function = box.client("lambda").get_function(FunctionName=names.FUNCTION)
    project = box.client("codebuild").batch_get_projects(names=[names.PROJECT])["projects"][0]
    iam = box.client("iam")
    return {
        "function": {
            key: (function["Configuration"].get("VpcConfig") or {}).get(key) or []
            for key in ("SubnetIds", "SecurityGroupIds")
        },
        "variables": function["Configuration"]["Environment"]["Variables"],
        "tags": function.get("Tags") or {},
        "project": {key: value for key, value in project.items() if key not in {"lastModified", "created"}},
        "roles": {
            role: sorted(one["PolicyArn"] for one in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"])
            for role in (names.SERVICE_ROLE, names.LAMBDA_ROLE)
        },
    }


def test_a_stack_built_by_hand_is_attached_and_put_back(
    fresh_box: Sandbox, build_by_hand: Callable[..., Any], hand_built: ModuleType
) -> None:
    box = fresh_box
    network = build_by_hand(box).network
    before = picture(box)
    placement = find_placement(box.client, Wanted(vpc_id=network.vpc_id))
    first, second = network.private_subnets
    assert placement == Placement(network.vpc_id, first, second, network.security_group_id)
    assert attach.attach(box.client, placement) == [
        *ALL,
        f"move {names.FUNCTION} into {first}",
        f"move {names.PROJECT} into {second}",
    ]
    after = picture(box)
    assert after["function"] == {"SubnetIds": [first], "SecurityGroupIds": [network.security_group_id]}
    assert after["project"] == before["project"] | {
        "vpcConfig": {"vpcId": network.vpc_id, "subnets": [second], "securityGroupIds": [network.security_group_id]}
    }
    assert after["variables"] == before["variables"]
    assert [len(arns) for arns in after["roles"].values()] == [1, 1]
    assert attach.attach(box.client, placement) == []
    assert len(make_all(attach.undo_changes(box.client))) == 4
    assert picture(box) == before | {"project": before["project"] | picture(box)["project"]}
    assert "vpcId" not in (picture(box)["project"].get("vpcConfig") or {})
    assert attach.undo_changes(box.client) == []


def test_undoing_puts_back_what_was_there_and_nothing_else(
    fresh_box: Sandbox, build_by_hand: Callable[..., Any]
) -> None:
    """Function and project sit in wrong subnets already, and the guide's policies are attached by hand."""
    box = fresh_box
    built = build_by_hand(box, attached=True)
    before = picture(box)
    swapped = Placement(built.network.vpc_id, *reversed(built.network.private_subnets), built.network.security_group_id)
    assert [change.name for change in attach.attach_changes(box.client, swapped)] == ["function", "project"]
    attach.attach(box.client, swapped)
    assert picture(box)["function"]["SubnetIds"] == [built.network.private_subnets[1]]
    right = find_placement(box.client, Wanted(vpc_id=built.network.vpc_id))
    attach.attach(box.client, right)
    make_all(attach.undo_changes(box.client))
    assert picture(box) == before


def test_an_interruption_at_any_change_is_finished_or_undone(
    fresh_box: Sandbox, build_by_hand: Callable[..., Any]
) -> None:
    box = fresh_box
    network = build_by_hand(box).network
    before = picture(box)
    placement = find_placement(box.client, Wanted(vpc_id=network.vpc_id))
    for stop in range(5):
        make_all(attach.attach_changes(box.client, placement)[:stop])
        assert len(attach.attach(box.client, placement)) == 4 - stop
        make_all(attach.undo_changes(box.client)[:stop])
        make_all(attach.undo_changes(box.client))
        after = picture(box)
        assert not after.pop("project").get("vpcConfig")
        assert after == {key: value for key, value in before.items() if key != "project"}


def test_our_own_stack_is_attached_by_its_template(box: Sandbox, deployed: Deployment) -> None:
    placement = find_placement(box.client, Wanted())
    assert placement.vpc_id == deployed.network.outputs()["VpcId"]
    assert attach.attach(box.client, placement) == []
    assert attach.undo_changes(box.client) == []


def test_what_was_taken_apart_is_put_together(fresh_box: Sandbox, make_deployment: Callable[..., Deployment]) -> None:
    box = fresh_box
    for step in make_deployment(box).steps():
        step.run()
    iam, functions = box.client("iam"), box.client("lambda")
    for role in (names.SERVICE_ROLE, names.LAMBDA_ROLE):
        for one in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=role, PolicyArn=one["PolicyArn"])
    functions.update_function_configuration(
        FunctionName=names.FUNCTION, VpcConfig={"SubnetIds": [], "SecurityGroupIds": []}
    )
    placement = find_placement(box.client, Wanted())
    assert attach.attach(box.client, placement) == [*ALL, f"move {names.FUNCTION} into {placement.lambda_subnet_id}"]
    assert attach.attach(box.client, placement) == []


def test_without_its_policy_part_4_says_that_part_2_is_missing(
    fresh_box: Sandbox, build_by_hand: Callable[..., Any]
) -> None:
    box = fresh_box
    network = build_by_hand(box, policy=False).network
    placement = find_placement(box.client, Wanted(vpc_id=network.vpc_id))
    with pytest.raises(InputError, match="part 2 comes before part 4") as raised:
        attach.attach_changes(box.client, placement)
    assert raised.value.remedy == "Make it first: landwaiter aws policy apply"
    policy.apply(box.client, policy_subnets(box.client, network.vpc_id, ()))
    # The policy came attached to its role.
    names_left = [change.name for change in attach.attach_changes(box.client, placement)]
    assert names_left == ["lambda-policy", "function", "project"]


def test_subnets_are_looked_up_and_judged(box: Sandbox, hand_built: ModuleType) -> None:
    network = hand_built.make_network(box.client)
    first, second = network.private_subnets

    def found(**wanted: str) -> tuple[str, str]:
        placement = find_placement(box.client, Wanted(**wanted))
        assert (placement.vpc_id, placement.security_group_id) == (network.vpc_id, network.security_group_id)
        return placement.lambda_subnet_id, placement.codebuild_subnet_id

    assert found(vpc_id=network.vpc_id) == (first, second)
    assert found(vpc_id=network.vpc_id, codebuild_subnet=first) == (second, first)
    assert found(lambda_subnet=second) == (second, first)
    assert found(lambda_subnet=second, codebuild_subnet=second) == (second, second)
    with pytest.raises(InputError, match=f"{network.public_subnets[0]} is a public subnet"):
        found(vpc_id=network.vpc_id, lambda_subnet=network.public_subnets[0])
    with pytest.raises(InputError, match="subnet-0 is no subnet of"):
        found(vpc_id=network.vpc_id, lambda_subnet="subnet-0")
    with pytest.raises(InputError, match="sg-0 is not in"):
        found(vpc_id=network.vpc_id, security_group="sg-0")
    with pytest.raises(InputError, match="There is no VPC vpc-0 "):
        found(vpc_id="vpc-0")
    ec2 = box.client("ec2")
    extra = ec2.create_subnet(VpcId=network.vpc_id, CidrBlock="10.77.0.224/28")["Subnet"]["SubnetId"]
    # It names no table, so it follows the main one, which is the public one.
    assert found(vpc_id=network.vpc_id) == (first, second)
    ec2.associate_route_table(RouteTableId=network.private_table, SubnetId=extra)
    with pytest.raises(InputError, match="has 3 private subnets"):
        found(vpc_id=network.vpc_id)
    assert found(lambda_subnet=first, codebuild_subnet=extra) == (first, extra)


def test_without_function_or_project_it_says_so(box: Sandbox) -> None:
    placement = Placement("vpc-0", "subnet-0", "subnet-1", "sg-0")
    with pytest.raises(InputError, match="no Lambda function nobody"):
        attach.attach_function(box.client("lambda"), placement, "nobody")
    with pytest.raises(InputError, match="no CodeBuild project nobody"):
        attach.attach_project(box.client("codebuild"), placement, "nobody")


def test_in_an_empty_account_it_says_what_to_do(fresh_box: Sandbox) -> None:
    with pytest.raises(InputError, match="no stack landwaiter-network here, and no VPC is named"):
        find_placement(fresh_box.client, Wanted())
    with pytest.raises(InputError, match="no Lambda function QualysECSFargateImageScanningLambda"):
        attach.undo_changes(fresh_box.client)
