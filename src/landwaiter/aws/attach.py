"""Part 4 of the runbook: function and project into the VPC, for our stack and for one made by hand from the guide.

Each function looks first and changes only what differs, so it may be called at any time.
"""

from dataclasses import dataclass
from typing import Any

from landwaiter.aws import names


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the function and the project belong: the two private subnets and the VPC's default security group."""

    vpc_id: str
    lambda_subnet_id: str
    codebuild_subnet_id: str
    security_group_id: str


def attach_policy(iam: Any, role: str, policy_arn: str) -> bool:  # noqa: ANN401 - a boto3 client
    """Attach a managed policy to a role; False when it is attached already."""
    pages = iam.get_paginator("list_attached_role_policies").paginate(RoleName=role)
    if any(policy["PolicyArn"] == policy_arn for page in pages for policy in page["AttachedPolicies"]):
        return False
    iam.attach_role_policy(RoleName=role, PolicyArn=policy_arn)
    return True


def attach_function(functions: Any, placement: Placement, name: str = names.FUNCTION) -> bool:  # noqa: ANN401 - a boto3 client
    """Put the Lambda function into the first private subnet; False when it is there already."""
    current = functions.get_function_configuration(FunctionName=name).get("VpcConfig") or {}
    wanted = {"SubnetIds": [placement.lambda_subnet_id], "SecurityGroupIds": [placement.security_group_id]}
    if {key: current.get(key) for key in wanted} == wanted:
        return False
    functions.update_function_configuration(FunctionName=name, VpcConfig=wanted)
    functions.get_waiter("function_updated_v2").wait(FunctionName=name)
    return True


def attach_project(codebuild: Any, placement: Placement, name: str = names.PROJECT) -> bool:  # noqa: ANN401 - a boto3 client
    """Put the CodeBuild project into the second private subnet; False when it is there already.

    The API changes the project alone: "Allow AWS CodeBuild to modify this service role" is a matter of the console.
    """
    project = codebuild.batch_get_projects(names=[name])["projects"][0]
    wanted = {
        "vpcId": placement.vpc_id,
        "subnets": [placement.codebuild_subnet_id],
        "securityGroupIds": [placement.security_group_id],
    }
    if project.get("vpcConfig") == wanted:
        return False
    codebuild.update_project(name=name, vpcConfig=wanted)
    return True
