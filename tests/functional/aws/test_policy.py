"""Part 2: the policy made, renewed and removed, in an account that has no stack of ours."""

from collections.abc import Callable
from typing import Any

import pytest

from landwaiter.aws import names, policy
from landwaiter.aws.changes import make_all
from landwaiter.aws.deployment.deploy import Deployment
from landwaiter.aws.network.placement import policy_subnets
from landwaiter.errors import InputError
from landwaiter.sandbox.sandbox import Sandbox

ARN = "arn:aws:iam::123456789012:policy/Codebuild-Qualys-VPC-Access"
SUBNETS = [f"arn:aws:ec2:us-east-1:123456789012:subnet/subnet-{number}" for number in range(1, 5)]


def named(box: Sandbox) -> list[str]:
    found = policy.current_document(box.client("iam"), ARN)
    assert found is not None
    arns = found[1]["Statement"][1]["Condition"]["ArnEquals"]["ec2:Subnet"]
    return [arn.rsplit("/", 1)[1] for arn in arns]


def test_it_is_made_renewed_and_removed(fresh_box: Sandbox, build_by_hand: Callable[..., Any]) -> None:
    box, iam = fresh_box, fresh_box.client("iam")
    network = build_by_hand(box, policy=False).network
    subnets = policy_subnets(box.client, network.vpc_id, ())
    assert sorted(arn.rsplit("/", 1)[1] for arn in subnets) == sorted(network.subnets)
    assert [change.name for change in policy.apply_changes(box.client, subnets)] == ["policy", "attachment"]
    assert len(policy.apply(box.client, subnets)) == 2
    assert policy.apply(box.client, subnets) == []
    assert policy.apply(box.client, subnets[::-1]) == []
    # Seven different documents: IAM keeps five versions, the newest is in force.
    for count in range(1, 8):
        given = [f"subnet-{number}" for number in range(count)]
        assert policy.apply(box.client, given) == ["make a new default version of Codebuild-Qualys-VPC-Access"]
        assert named(box) == given
    assert len(iam.list_policy_versions(PolicyArn=ARN)["Versions"]) == 5
    removal = make_all(policy.removal_changes(box.client))
    assert removal == [
        f"detach Codebuild-Qualys-VPC-Access from {names.SERVICE_ROLE}",
        "delete the policy Codebuild-Qualys-VPC-Access with all its versions",
    ]
    assert policy.current_document(iam, ARN) is None
    assert iam.list_attached_role_policies(RoleName=names.SERVICE_ROLE)["AttachedPolicies"] == []
    assert policy.removal_changes(box.client) == []


def test_the_guides_own_policy_is_found_right(fresh_box: Sandbox, build_by_hand: Callable[..., Any]) -> None:
    """The console adds statement ids; they say nothing about what is allowed."""
    box = fresh_box
    network = build_by_hand(box, attached=True).network
    assert policy.apply_changes(box.client, policy_subnets(box.client, network.vpc_id, ())) == []


def test_the_stacks_policy_is_the_same_and_is_not_removed(box: Sandbox, deployed: Deployment) -> None:
    subnets = policy_subnets(box.client, "", ())
    assert list(subnets) == deployed.network.outputs()["SubnetArns"].split(",")
    assert policy.apply_changes(box.client, subnets) == []
    with pytest.raises(InputError, match="belongs to the stack landwaiter-scanning"):
        policy.removal_changes(box.client)


def test_what_is_missing_is_named(fresh_box: Sandbox) -> None:
    with pytest.raises(InputError, match="There is no role QualysECSFargateImageScanningServiceRole"):
        policy.apply_changes(fresh_box.client, SUBNETS)
    with pytest.raises(InputError, match="no stack landwaiter-network here"):
        policy_subnets(fresh_box.client, "", ())
    with pytest.raises(InputError, match="subnet-0: no such subnet"):
        policy_subnets(fresh_box.client, "", ["subnet-0"])
