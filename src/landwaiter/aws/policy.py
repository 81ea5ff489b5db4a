"""Part 2 of the runbook: the managed policy that lets CodeBuild place its builds into the VPC.

The document is the guide's, statement by statement. IAM keeps five versions of a managed policy; a changed document
becomes a new default version, and the oldest goes when five exist (IAM User Guide, "Versioning IAM policies").
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from landwaiter.aws import names
from landwaiter.aws.changes import Change, make_all
from landwaiter.aws.client_types import ClientFactory
from landwaiter.errors import InputError

_EC2_ACTIONS = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeVpcs",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeSubnets",
    "ec2:DescribeSecurityGroups",
)
_MOST_VERSIONS = 5
_DESCRIPTION = "Lets CodeBuild place its builds into the VPC"


def vpc_policy_document(partition: str, region: str, account: str, subnet_arns: Sequence[str]) -> dict[str, Any]:
    """Return the document of `Codebuild-Qualys-VPC-Access`, as the guide has it.

    `partition` is "aws", "aws-cn" or "aws-us-gov". `subnet_arns` are all four subnets; a plain subnet id is completed
    to an ARN of `region` and `account`.
    """
    arns = [
        arn if arn.startswith("arn:") else f"arn:{partition}:ec2:{region}:{account}:subnet/{arn}" for arn in subnet_arns
    ]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": list(_EC2_ACTIONS), "Resource": "*"},
            {
                "Effect": "Allow",
                "Action": "ec2:CreateNetworkInterfacePermission",
                "Resource": f"arn:{partition}:ec2:*:{account}:network-interface/*",
                "Condition": {
                    "StringEquals": {"ec2:AuthorizedService": "codebuild.amazonaws.com"},
                    "ArnEquals": {"ec2:Subnet": arns},
                },
            },
        ],
    }


def same_document(one: object, other: object) -> bool:
    """Tell whether two policy documents allow the same: statement ids and the order of lists say nothing."""
    return _plain(one) == _plain(other)


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items() if key != "Sid"}
    if isinstance(value, (list, tuple)):
        parts = [_plain(part) for part in value]
        return parts[0] if len(parts) == 1 else sorted(parts, key=lambda part: json.dumps(part, sort_keys=True))
    return value


@dataclass(frozen=True, slots=True)
class Place:
    """The account a client works in: its id, its partition ("aws", "aws-cn", "aws-us-gov"), the client's region."""

    account: str
    partition: str
    region: str

    def policy_arn(self, name: str = names.VPC_POLICY) -> str:
        """The ARN of a customer-managed policy."""
        return f"arn:{self.partition}:iam::{self.account}:policy/{name}"

    def managed_arn(self, name: str) -> str:
        """The ARN of one of AWS's own policies, such as "service-role/AWSLambdaVPCAccessExecutionRole"."""
        return f"arn:{self.partition}:iam::aws:policy/{name}"


def place_of(client: ClientFactory) -> Place:
    """Ask AWS whose credentials these are."""
    sts = client("sts")
    identity = sts.get_caller_identity()
    return Place(str(identity["Account"]), str(identity["Arn"]).split(":")[1], str(sts.meta.region_name))


def current_document(iam: Any, arn: str) -> tuple[str, dict[str, Any]] | None:  # noqa: ANN401 - a boto3 client
    """Return the default version's id and document of a managed policy; None when there is no such policy."""
    try:
        version = str(iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"])
    except iam.exceptions.NoSuchEntityException:
        return None
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    return version, dict(json.loads(document) if isinstance(document, str) else document)


def apply(client: ClientFactory, subnet_arns: Sequence[str], *, role: str = names.SERVICE_ROLE) -> list[str]:
    """Make all changes of `apply_changes`; what was changed, in a person's words, nothing where all was well."""
    return make_all(apply_changes(client, subnet_arns, role=role))


def apply_changes(client: ClientFactory, subnet_arns: Sequence[str], *, role: str = names.SERVICE_ROLE) -> list[Change]:
    """Return what has to be done for the policy to be as the guide has it and attached to the CodeBuild role.

    Raises InputError when the role is not there.
    """
    place, iam = place_of(client), client("iam")
    require_role(iam, role)
    document = vpc_policy_document(place.partition, place.region, place.account, subnet_arns)
    arn = place.policy_arn()
    found = current_document(iam, arn)
    changes = []
    if found is None:
        changes.append(Change("policy", f"make the policy {names.VPC_POLICY}", lambda: _make(iam, document)))
    elif not same_document(found[1], document):
        text = f"make a new default version of {names.VPC_POLICY}"
        changes.append(Change("version", text, lambda: _new_version(iam, arn, document)))
    if found is None or not is_attached(iam, role, arn):
        text = f"attach {names.VPC_POLICY} to {role}"
        changes.append(Change("attachment", text, lambda: iam.attach_role_policy(RoleName=role, PolicyArn=arn)))
    return changes


def _make(iam: Any, document: dict[str, Any]) -> None:  # noqa: ANN401 - a boto3 client
    iam.create_policy(
        PolicyName=names.VPC_POLICY, PolicyDocument=json.dumps(document), Description=_DESCRIPTION, Tags=_TAGS
    )


_TAGS = [{"Key": "Application", "Value": "landwaiter"}]


def require_role(iam: Any, role: str) -> None:  # noqa: ANN401 - a boto3 client
    """Raise InputError when there is no such role."""
    try:
        iam.get_role(RoleName=role)
    except iam.exceptions.NoSuchEntityException as error:
        raise InputError(
            f"There is no role {role} in this account.", "Deploy the scanning stack first, and check the account."
        ) from error


def _new_version(iam: Any, arn: str, document: dict[str, Any]) -> None:  # noqa: ANN401 - a boto3 client
    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    if len(versions) >= _MOST_VERSIONS:
        others = [version for version in versions if not version["IsDefaultVersion"]]
        oldest = min(others, key=lambda version: int(str(version["VersionId"]).removeprefix("v")))
        iam.delete_policy_version(PolicyArn=arn, VersionId=oldest["VersionId"])
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=True)


def attach_policy(iam: Any, role: str, policy_arn: str) -> bool:  # noqa: ANN401 - a boto3 client
    """Attach a managed policy to a role; False when it is attached already."""
    if is_attached(iam, role, policy_arn):
        return False
    iam.attach_role_policy(RoleName=role, PolicyArn=policy_arn)
    return True


def is_attached(iam: Any, role: str, policy_arn: str) -> bool:  # noqa: ANN401 - a boto3 client
    """Tell whether a managed policy is attached to a role."""
    pages = iam.get_paginator("list_attached_role_policies").paginate(RoleName=role)
    return any(policy["PolicyArn"] == policy_arn for page in pages for policy in page["AttachedPolicies"])


def removal_changes(client: ClientFactory) -> list[Change]:
    """Return what has to be done to detach the policy from every role and delete it; nothing when there is none.

    Raises InputError when a CloudFormation stack owns it: such a policy goes with its stack.
    """
    arn, iam = place_of(client).policy_arn(), client("iam")
    if current_document(iam, arn) is None:
        return []
    owner = owning_stack(client("cloudformation"), arn)
    if owner:
        raise InputError(
            f"The policy {names.VPC_POLICY} belongs to the stack {owner}.",
            "It goes with that stack: landwaiter aws down.",
        )
    pages = iam.get_paginator("list_entities_for_policy").paginate(PolicyArn=arn, EntityFilter="Role")
    roles = [str(role["RoleName"]) for page in pages for role in page["PolicyRoles"]]
    return [*(_detachment(iam, role, arn) for role in roles), _deletion(iam, arn)]


def _detachment(iam: Any, role: str, arn: str) -> Change:  # noqa: ANN401 - a boto3 client
    def make() -> None:
        iam.detach_role_policy(RoleName=role, PolicyArn=arn)

    return Change("attachment", f"detach {names.VPC_POLICY} from {role}", make)


def _deletion(iam: Any, arn: str) -> Change:  # noqa: ANN401 - a boto3 client
    def make() -> None:
        for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
        iam.delete_policy(PolicyArn=arn)

    return Change("policy", f"delete the policy {names.VPC_POLICY} with all its versions", make)


def owning_stack(cloudformation: Any, physical_id: str) -> str:  # noqa: ANN401 - a boto3 client
    """Return the name of the stack of ours that made a resource, "" when none did."""
    try:
        resources = cloudformation.describe_stack_resources(StackName=names.SCANNING_STACK)["StackResources"]
    except cloudformation.exceptions.ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return ""
        raise
    return names.SCANNING_STACK if physical_id in _physical_ids(resources) else ""


def _physical_ids(resources: Iterable[dict[str, Any]]) -> set[str]:
    return {str(resource.get("PhysicalResourceId", "")) for resource in resources}
