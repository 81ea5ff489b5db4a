"""Which VPC, which subnets: from our network stack, from what a person names, or from the VPC itself.

A subnet is public when the default route of its route table leads to an Internet gateway. A Lambda function in a public
subnet reaches nothing, since it never has a public address; so such a subnet is refused.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from landwaiter.aws import names
from landwaiter.aws.attach import Placement
from landwaiter.aws.client_types import ClientFactory
from landwaiter.aws.deployment.stacks import Stack
from landwaiter.errors import InputError

_ANYWHERE = ("0.0.0.0/0", "::/0")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person has named; "" for what is to be found."""

    vpc_id: str = ""
    lambda_subnet: str = ""
    codebuild_subnet: str = ""
    security_group: str = ""

    @property
    def anything(self) -> bool:
        """Whether anything is named."""
        return any((self.vpc_id, self.lambda_subnet, self.codebuild_subnet, self.security_group))


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet; `public` by the default route of its route table."""

    subnet_id: str
    arn: str
    cidr: str
    zone: str
    public: bool


def find_placement(client: ClientFactory, wanted: Wanted) -> Placement:
    """Return where function and project belong.

    Without anything named, our network stack tells. Else the subnets are looked up in the VPC: those named, or the two
    private ones in the order of their addresses. Raises InputError when something is missing, not unique, or public.
    """
    outputs = Stack(client("cloudformation"), names.NETWORK_STACK).outputs() if not wanted.anything else {}
    if outputs:
        return Placement(
            outputs["VpcId"],
            outputs["PrivateSubnet1Id"],
            outputs["PrivateSubnet2Id"],
            outputs["DefaultSecurityGroupId"],
        )
    ec2 = client("ec2")
    vpc = wanted.vpc_id or _vpc_of_subnets(ec2, wanted)
    subnets = subnets_of(ec2, vpc)
    first, second = _chosen(subnets, wanted, vpc)
    return Placement(vpc, first, second, _security_group(ec2, vpc, wanted.security_group))


def _vpc_of_subnets(ec2: Any, wanted: Wanted) -> str:  # noqa: ANN401 - a boto3 client
    named = [one for one in (wanted.lambda_subnet, wanted.codebuild_subnet) if one]
    if not named:
        raise InputError(
            f"There is no stack {names.NETWORK_STACK} here, and no VPC is named.",
            "Name yours: --vpc-id, and with more than two private subnets --lambda-subnet and --codebuild-subnet.",
        )
    filters = [{"Name": "subnet-id", "Values": named}]
    vpcs = {subnet["VpcId"] for subnet in ec2.describe_subnets(Filters=filters)["Subnets"]}
    if len(vpcs) != 1:
        raise InputError(
            f"{' and '.join(named)}: not there, or in different VPCs.", "Check the ids, account and region."
        )
    return str(vpcs.pop())


def subnets_of(ec2: Any, vpc_id: str) -> list[Subnet]:  # noqa: ANN401 - a boto3 client
    """Return all subnets of a VPC in the order of their addresses. Raises InputError when there are none."""
    filters = [{"Name": "vpc-id", "Values": [vpc_id]}]
    pages = ec2.get_paginator("describe_subnets").paginate(Filters=filters)
    found = [subnet for page in pages for subnet in page["Subnets"]]
    if not found:
        raise InputError(f"There is no VPC {vpc_id} with subnets here.", "Check the id, the account and the region.")
    tables = [
        table
        for page in ec2.get_paginator("describe_route_tables").paginate(Filters=filters)
        for table in page["RouteTables"]
    ]
    subnets = [
        Subnet(
            one["SubnetId"],
            one["SubnetArn"],
            one["CidrBlock"],
            one["AvailabilityZone"],
            _is_public(tables, one["SubnetId"]),
        )
        for one in found
    ]
    return sorted(subnets, key=lambda subnet: ipaddress.ip_network(subnet.cidr))


def _is_public(tables: Sequence[dict[str, Any]], subnet_id: str) -> bool:
    def own(table: dict[str, Any]) -> bool:
        return any(one.get("SubnetId") == subnet_id for one in table["Associations"])

    def main(table: dict[str, Any]) -> bool:
        return any(one.get("Main") for one in table["Associations"])

    # A subnet that names no table follows the main one.
    table = next(filter(own, tables), None) or next(filter(main, tables), None)
    routes = table["Routes"] if table else ()
    return any(
        str(route.get("GatewayId", "")).startswith("igw-")
        for route in routes
        if route.get("DestinationCidrBlock", route.get("DestinationIpv6CidrBlock")) in _ANYWHERE
    )


def _chosen(subnets: Sequence[Subnet], wanted: Wanted, vpc_id: str) -> tuple[str, str]:
    private = [subnet.subnet_id for subnet in subnets if not subnet.public]
    for named in (wanted.lambda_subnet, wanted.codebuild_subnet):
        if named:
            _require_private(subnets, named, vpc_id)
    if wanted.lambda_subnet and wanted.codebuild_subnet:
        return wanted.lambda_subnet, wanted.codebuild_subnet
    if len(private) != 2:
        raise InputError(
            f"{vpc_id} has {len(private)} private subnets ({', '.join(private) or 'none'}), not two.",
            "Name them: --lambda-subnet and --codebuild-subnet.",
        )
    first = wanted.lambda_subnet or next(one for one in private if one != wanted.codebuild_subnet)
    return first, wanted.codebuild_subnet or next(one for one in private if one != first)


def _require_private(subnets: Sequence[Subnet], named: str, vpc_id: str) -> None:
    found = next((subnet for subnet in subnets if subnet.subnet_id == named), None)
    if found is None:
        raise InputError(f"{named} is no subnet of {vpc_id}.", "Check the id, the account and the region.")
    if found.public:
        raise InputError(
            f"{named} is a public subnet: its default route leads to an Internet gateway.",
            "Name a private one, whose default route leads to a NAT gateway: nothing placed here has a public address.",
        )


def _security_group(ec2: Any, vpc_id: str, named: str) -> str:  # noqa: ANN401 - a boto3 client
    which = {"Name": "group-id", "Values": [named]} if named else {"Name": "group-name", "Values": ["default"]}
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}, which])["SecurityGroups"]
    found = [str(group["GroupId"]) for group in groups if not named or group["GroupId"] == named]
    if not found:
        raise InputError(f"{named or 'The default security group'} is not in {vpc_id}.", "Check the ids.")
    return found[0]


def policy_subnets(client: ClientFactory, vpc_id: str, named: Sequence[str]) -> tuple[str, ...]:
    """Return the ARNs of the subnets for the policy of part 2: those named by id, else all of the VPC.

    Without a VPC named, our network stack tells. Raises InputError when there is neither, or no such subnet.
    """
    ec2 = client("ec2")
    if named:
        filters = [{"Name": "subnet-id", "Values": list(named)}]
        arns = {one["SubnetId"]: str(one["SubnetArn"]) for one in ec2.describe_subnets(Filters=filters)["Subnets"]}
        missing = [one for one in named if one not in arns]
        if missing:
            raise InputError(f"{', '.join(missing)}: no such subnet here.", "Check the ids, account and region.")
        return tuple(arns[one] for one in dict.fromkeys(named))
    if vpc_id:
        return tuple(subnet.arn for subnet in subnets_of(ec2, vpc_id))
    outputs = Stack(client("cloudformation"), names.NETWORK_STACK).outputs()
    if "SubnetArns" not in outputs:
        raise InputError(
            f"There is no stack {names.NETWORK_STACK} here, and no VPC is named.", "Name yours: --vpc-id, or --subnet."
        )
    return tuple(outputs["SubnetArns"].split(","))
