"""The network in which function and project run: of our own stack, or one that the operator brings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from landwaiter.aws import attach
from landwaiter.aws.client_types import ClientFactory
from landwaiter.aws.failures import code_of
from landwaiter.errors import InputError

_ANYWHERE = "0.0.0.0/0"
_DNS_FLAGS = {"enableDnsSupport": "--enable-dns-support", "enableDnsHostnames": "--enable-dns-hostnames"}


@dataclass(frozen=True, slots=True)
class OwnNetwork:
    """What an operator names of a network of their own. Without `security_group` it is the VPC's default one.

    `egress_addresses` are needed only where the way out is not a NAT gateway of the same VPC.
    """

    vpc_id: str
    lambda_subnet: str
    codebuild_subnet: str
    security_group: str = ""
    egress_addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PrivateNetwork:
    """Where function and project belong.

    `subnet_arns` are for the policy of part 2, comma-separated; the platform is called from `egress_addresses`.
    """

    vpc_id: str
    lambda_subnet_id: str
    codebuild_subnet_id: str
    security_group_id: str
    subnet_arns: str
    egress_addresses: tuple[str, ...]

    @property
    def placement(self) -> attach.Placement:
        """What part 4 needs of it."""
        return attach.Placement(self.vpc_id, self.lambda_subnet_id, self.codebuild_subnet_id, self.security_group_id)

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of the scanning template that say so."""
        return {
            "VpcId": self.vpc_id,
            "LambdaSubnetId": self.lambda_subnet_id,
            "CodeBuildSubnetId": self.codebuild_subnet_id,
            "SecurityGroupId": self.security_group_id,
            "SubnetArns": self.subnet_arns,
        }


def of_stack(outputs: Mapping[str, str]) -> PrivateNetwork:
    """The network as the outputs of our network stack tell it."""
    addresses = (outputs.get("EgressAddress", ""), outputs.get("EgressAddress2", ""))
    return PrivateNetwork(
        outputs["VpcId"],
        outputs["PrivateSubnet1Id"],
        outputs["PrivateSubnet2Id"],
        outputs["DefaultSecurityGroupId"],
        outputs["SubnetArns"],
        tuple(address for address in addresses if address),
    )


def of_operator(client: ClientFactory, own: OwnNetwork) -> PrivateNetwork:
    """Check a network that an operator brings, changing nothing in it.

    Raises `InputError` when a part of it does not exist, lies in another VPC, or has no way out as part 1 asks for.
    """
    ec2 = client("ec2")
    _check_names_resolve(ec2, own.vpc_id)
    subnets = [_subnet(ec2, name, own.vpc_id) for name in (own.lambda_subnet, own.codebuild_subnet)]
    found = [address for subnet in subnets for address in _way_out(ec2, subnet, own)]
    arns = dict.fromkeys(str(subnet["SubnetArn"]) for subnet in subnets)
    return PrivateNetwork(
        own.vpc_id,
        own.lambda_subnet,
        own.codebuild_subnet,
        _security_group(ec2, own),
        ",".join(arns),
        tuple(dict.fromkeys(own.egress_addresses or found)),
    )


def _check_names_resolve(ec2: Any, vpc_id: str) -> None:  # noqa: ANN401 - a boto3 client
    for attribute, flag in _DNS_FLAGS.items():
        try:
            answer = ec2.describe_vpc_attribute(VpcId=vpc_id, Attribute=attribute)
        except ec2.exceptions.ClientError as error:
            if code_of(error).startswith("InvalidVpcI"):
                raise InputError(f"There is no VPC {vpc_id} in this account and region.", "Check --vpc-id.") from error
            raise
        if not answer[attribute[0].upper() + attribute[1:]]["Value"]:
            raise InputError(
                f"The VPC {vpc_id} has {attribute} off, so that names of the platform and of AWS do not resolve.",
                f"Switch it on: aws ec2 modify-vpc-attribute --vpc-id {vpc_id} {flag}",
            )


def _subnet(ec2: Any, name: str, vpc_id: str) -> dict[str, Any]:  # noqa: ANN401 - a boto3 client
    try:
        subnets = ec2.describe_subnets(SubnetIds=[name])["Subnets"]
    except ec2.exceptions.ClientError as error:
        if not code_of(error).startswith("InvalidSubnetI"):
            raise
        subnets = []
    if not subnets:
        raise InputError(f"There is no subnet {name} in this account and region.", "Check the id and the region.")
    if subnets[0]["VpcId"] != vpc_id:
        raise InputError(
            f"The subnet {name} belongs to the VPC {subnets[0]['VpcId']}, not to {vpc_id}.",
            "Name subnets of the VPC that --vpc-id names.",
        )
    return dict(subnets[0])


def _way_out(ec2: Any, subnet: Mapping[str, Any], own: OwnNetwork) -> tuple[str, ...]:  # noqa: ANN401 - a boto3 client
    """The addresses from which calls out of a subnet come."""
    name = subnet["SubnetId"]
    route = _default_route(ec2, name, own.vpc_id)
    if route is None:
        raise InputError(
            f"The subnet {name} has no route to {_ANYWHERE}, so that the platform cannot be reached from it.",
            "Route it to a NAT gateway.",
        )
    if str(route.get("GatewayId", "")).startswith("igw-"):
        raise InputError(
            f"The subnet {name} is public: its default route goes to the internet gateway {route['GatewayId']}, and a "
            "function there has no address of its own.",
            "Name a private subnet, whose default route goes to a NAT gateway.",
        )
    if route.get("State") == "blackhole":
        raise InputError(f"The default route of the subnet {name} leads nowhere (blackhole).", "Mend the route table.")
    if "NatGatewayId" in route:
        return _nat_addresses(ec2, route["NatGatewayId"])
    if own.egress_addresses:
        return own.egress_addresses
    raise InputError(
        f"The default route of the subnet {name} goes to no NAT gateway, so that the address is unknown from which the "
        "platform is called.",
        'Name the addresses in the settings: egress_addresses = ["203.0.113.7"].',
    )


def _default_route(ec2: Any, subnet_id: str, vpc_id: str) -> dict[str, Any] | None:  # noqa: ANN401 - a boto3 client
    def tables(name: str, value: str) -> list[dict[str, Any]]:
        filters = [{"Name": "vpc-id", "Values": [vpc_id]}, {"Name": name, "Values": [value]}]
        return list(ec2.describe_route_tables(Filters=filters)["RouteTables"])

    found = tables("association.subnet-id", subnet_id) or tables("association.main", "true")
    routes = found[0]["Routes"] if found else []
    return next((dict(route) for route in routes if route.get("DestinationCidrBlock") == _ANYWHERE), None)


def _nat_addresses(ec2: Any, gateway_id: str) -> tuple[str, ...]:  # noqa: ANN401 - a boto3 client
    gateways = ec2.describe_nat_gateways(Filters=[{"Name": "nat-gateway-id", "Values": [gateway_id]}])["NatGateways"]
    states = [gateway["State"] for gateway in gateways]
    if states != ["available"]:
        raise InputError(
            f"The NAT gateway {gateway_id} is {states[0] if states else 'gone'}.",
            "Route the subnets to one that works.",
        )
    addresses = gateways[0].get("NatGatewayAddresses", [])
    found = tuple(str(address["PublicIp"]) for address in addresses if address.get("PublicIp"))
    if not found:
        raise InputError(
            f"The NAT gateway {gateway_id} has no public address.", "Use one with an Elastic IP (connectivity: public)."
        )
    return found


def _security_group(ec2: Any, own: OwnNetwork) -> str:  # noqa: ANN401 - a boto3 client
    filters = [{"Name": "vpc-id", "Values": [own.vpc_id]}]
    groups = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    wanted = [
        str(group["GroupId"])
        for group in groups
        if group["VpcId"] == own.vpc_id
        and (group["GroupId"] == own.security_group if own.security_group else group["GroupName"] == "default")
    ]
    if not wanted:
        raise InputError(
            f"The VPC {own.vpc_id} has no security group {own.security_group or 'default'}.",
            "Name one of it with --security-group.",
        )
    return wanted[0]
