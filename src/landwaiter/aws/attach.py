"""Part 4 of the runbook: function and project into the VPC, for our stack and for one made by hand from the guide.

Each function looks first and changes only what differs, so it may be called at any time.
"""

from dataclasses import dataclass
from typing import Any

from landwaiter.aws import names
from landwaiter.aws.client_types import ClientFactory
from landwaiter.errors import InputError

_DEPLOY = "Deploy the scanning stack first, and check account and region."


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the function and the project belong: the two private subnets and the VPC's default security group."""

    vpc_id: str
    lambda_subnet_id: str
    codebuild_subnet_id: str
    security_group_id: str


def attach(client: ClientFactory, placement: Placement) -> list[str]:
    """All of part 4, in the guide's order; what was changed, in a person's words, nothing where all was well.

    Raises `InputError` when the function or the project is not there.
    """
    account, partition = _identity(client)
    iam = client("iam")
    own = f"arn:{partition}:iam::{account}:policy/{names.VPC_POLICY}"
    managed = f"arn:{partition}:iam::aws:policy/{names.LAMBDA_VPC_POLICY}"
    changes = {
        f"{names.VPC_POLICY} attached": attach_policy(iam, names.SERVICE_ROLE, own),
        "AWSLambdaVPCAccessExecutionRole attached": attach_policy(iam, names.LAMBDA_ROLE, managed),
        "function moved into the VPC": attach_function(client("lambda"), placement),
        "project moved into the VPC": attach_project(client("codebuild"), placement),
    }
    return [text for text, changed in changes.items() if changed]


def _identity(client: ClientFactory) -> tuple[str, str]:
    """The account and its partition, such as "aws" or "aws-cn"."""
    identity = client("sts").get_caller_identity()
    return str(identity["Account"]), str(identity["Arn"]).split(":")[1]


def attach_policy(iam: Any, role: str, policy_arn: str) -> bool:  # noqa: ANN401 - a boto3 client
    """Attach a managed policy to a role; False when it is attached already."""
    pages = iam.get_paginator("list_attached_role_policies").paginate(RoleName=role)
    if any(policy["PolicyArn"] == policy_arn for page in pages for policy in page["AttachedPolicies"]):
        return False
    iam.attach_role_policy(RoleName=role, PolicyArn=policy_arn)
    return True


def attach_function(functions: Any, placement: Placement, name: str = names.FUNCTION) -> bool:  # noqa: ANN401 - a boto3 client
    """Put the Lambda function into the first private subnet; False when it is there already."""
    try:
        current = functions.get_function_configuration(FunctionName=name).get("VpcConfig") or {}
    except functions.exceptions.ResourceNotFoundException as error:
        raise InputError(f"There is no Lambda function {name} in this account and region.", _DEPLOY) from error
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
    projects = codebuild.batch_get_projects(names=[name])["projects"]
    if not projects:
        raise InputError(f"There is no CodeBuild project {name} in this account and region.", _DEPLOY)
    wanted = {
        "vpcId": placement.vpc_id,
        "subnets": [placement.codebuild_subnet_id],
        "securityGroupIds": [placement.security_group_id],
    }
    if projects[0].get("vpcConfig") == wanted:
        return False
    codebuild.update_project(name=name, vpcConfig=wanted)
    return True
