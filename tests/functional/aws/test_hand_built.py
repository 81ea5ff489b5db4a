"""The stack of the guide, made by hand, is a whole one: it goes as it came, and nothing is left."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from landwaiter.sandbox.sandbox import Sandbox


def left(box: Sandbox) -> dict[str, list[str]]:
    ec2 = box.client("ec2")
    return {
        "vpcs": sorted(one["VpcId"] for one in ec2.describe_vpcs()["Vpcs"]),
        "roles": sorted(one["RoleName"] for one in box.client("iam").list_roles()["Roles"]),
        "policies": sorted(one["Arn"] for one in box.client("iam").list_policies(Scope="Local")["Policies"]),
        "functions": sorted(one["FunctionName"] for one in box.client("lambda").list_functions()["Functions"]),
        "layers": sorted(one["LayerName"] for one in box.client("lambda").list_layers()["Layers"]),
        "projects": box.client("codebuild").list_projects()["projects"],
        "rules": sorted(one["Name"] for one in box.client("events").list_rules()["Rules"]),
    }


def test_it_is_built_and_taken_down(
    fresh_box: Sandbox, build_by_hand: Callable[..., Any], hand_built: ModuleType
) -> None:
    before = left(fresh_box)
    built = build_by_hand(fresh_box, attached=True, root_ca_layer=b"")
    assert built.network.egress_address
    project = fresh_box.client("codebuild").batch_get_projects(names=[hand_built.PROJECT])["projects"][0]
    assert project["vpcConfig"]["subnets"] == [built.network.private_subnets[1]]
    assert left(fresh_box) != before
    hand_built.take_down(fresh_box.client, built)
    assert left(fresh_box) == before
