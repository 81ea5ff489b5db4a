from collections.abc import Callable

import pytest

from landwaiter.aws import attach, names
from landwaiter.aws.attach import Placement
from landwaiter.aws.deploy import Deployment
from landwaiter.errors import InputError
from landwaiter.sandbox.sandbox import Sandbox


def placement_of(deployment: Deployment) -> Placement:
    told = deployment.network.outputs()
    return Placement(told["VpcId"], told["PrivateSubnet1Id"], told["PrivateSubnet2Id"], told["DefaultSecurityGroupId"])


def test_what_was_taken_apart_is_put_together(fresh_box: Sandbox, make_deployment: Callable[..., Deployment]) -> None:
    deployment = make_deployment(fresh_box)
    for step in deployment.steps():
        step.run()
    placement = placement_of(deployment)
    assert attach.attach(fresh_box.client, placement) == []
    iam, functions, codebuild = (fresh_box.client(name) for name in ("iam", "lambda", "codebuild"))
    for role in (names.SERVICE_ROLE, names.LAMBDA_ROLE):
        for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=role, PolicyArn=policy["PolicyArn"])
    functions.update_function_configuration(
        FunctionName=names.FUNCTION, VpcConfig={"SubnetIds": [], "SecurityGroupIds": []}
    )
    wrong = {"vpcId": placement.vpc_id, "subnets": [placement.lambda_subnet_id], "securityGroupIds": ["sg-0"]}
    codebuild.update_project(name=names.PROJECT, vpcConfig=wrong)
    assert attach.attach(fresh_box.client, placement) == [
        "Codebuild-Qualys-VPC-Access attached",
        "AWSLambdaVPCAccessExecutionRole attached",
        "function moved into the VPC",
        "project moved into the VPC",
    ]
    assert attach.attach(fresh_box.client, placement) == []
    function = functions.get_function_configuration(FunctionName=names.FUNCTION)
    assert function["VpcConfig"]["SubnetIds"] == [placement.lambda_subnet_id]
    project = codebuild.batch_get_projects(names=[names.PROJECT])["projects"][0]
    assert project["vpcConfig"]["subnets"] == [placement.codebuild_subnet_id]


def test_without_function_or_project_it_says_so(box: Sandbox) -> None:
    placement = Placement("vpc-0", "subnet-0", "subnet-1", "sg-0")
    with pytest.raises(InputError, match="no Lambda function nobody"):
        attach.attach_function(box.client("lambda"), placement, "nobody")
    with pytest.raises(InputError, match="no CodeBuild project nobody"):
        attach.attach_project(box.client("codebuild"), placement, "nobody")
