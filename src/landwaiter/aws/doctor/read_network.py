"""Reading part 1: which VPC it is, and what belongs where in it.

Our own stack says so in its outputs. A VPC brought along is known from the scanning stack's parameters. In a network
made by hand from the guide, names, associations and use tell which subnet is which.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from botocore.exceptions import ClientError

from landwaiter.aws import names
from landwaiter.aws.doctor.estate import (
    Function,
    InternetGateway,
    NatGateway,
    Network,
    Project,
    Route,
    RouteTable,
    Subnet,
    Unseen,
)
from landwaiter.aws.doctor.reading import Account, absent, attempt, name_of, tag
from landwaiter.aws.network.main_table import ORIGINAL_MAIN_TAG

_STACK_TAG = "aws:cloudformation:stack-name"
_GONE = frozenset({"deleted", "deleting"})


@dataclass(frozen=True, slots=True)
class Given:
    """What the operator says of a VPC of their own; "" where nothing is said."""

    vpc_id: str = ""
    lambda_subnet: str = ""
    codebuild_subnet: str = ""


@dataclass(frozen=True, slots=True)
class _Stack:
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Found:
    """Which VPC it is, and all that is known of what belongs where in it."""

    vpc_id: str
    origin: str
    stack: _Stack
    parameters: Mapping[str, str]
    given: Given
    used: tuple[Function | Project, ...]


def read_network(
    account: Account, given: Given, function: Function | Unseen | None, project: Project | Unseen | None
) -> Network | Unseen | None:
    """Find the VPC and read it; None when there is none to be found."""
    ours = attempt("cloudformation", lambda: _stack(account, names.NETWORK_STACK))
    scanning = attempt("cloudformation", lambda: _stack(account, names.SCANNING_STACK))
    network = _Stack({}, {}) if isinstance(ours, Unseen) else ours
    parameters = {} if isinstance(scanning, Unseen) else scanning.parameters
    used = [one for one in (function, project) if one is not None and not isinstance(one, Unseen)]
    origin, vpc_id = _which(network, parameters, given)
    if not vpc_id:
        found = attempt("ec2", lambda: _by_use(account, [one.vpc_id for one in used]))
        if isinstance(found, Unseen):
            return found
        vpc_id = found
    if not vpc_id:
        return None
    vpcs = attempt("ec2", lambda: account.client("ec2").describe_vpcs(Filters=_filter("vpc-id", vpc_id))["Vpcs"])
    if isinstance(vpcs, Unseen):
        return vpcs
    known = _Found(vpc_id, origin, network, parameters, given, tuple(used))
    return _read(account, known) if vpcs else None


def _which(network: _Stack, parameters: Mapping[str, str], given: Given) -> tuple[str, str]:
    vpc_id = network.outputs.get("VpcId", "")
    if given.vpc_id and given.vpc_id != vpc_id:
        return "brought" if given.lambda_subnet or given.codebuild_subnet else "guide", given.vpc_id
    if vpc_id:
        return "stack", vpc_id
    if vpc_id := parameters.get("VpcId", ""):
        return "brought", vpc_id
    return "guide", ""


def _stack(account: Account, name: str) -> _Stack:
    try:
        stack = account.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if absent(error, "ValidationError"):
            return _Stack({}, {})
        raise
    if stack["StackStatus"] == "DELETE_COMPLETE":
        return _Stack({}, {})
    return _Stack(
        {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])},
        {one["ParameterKey"]: one.get("ParameterValue", "") for one in stack.get("Parameters", [])},
    )


def _by_use(account: Account, used: Sequence[str]) -> str:
    """The VPC that most speaks for: the function, the project, and the name of the public route table."""
    pages = account.client("ec2").get_paginator("describe_route_tables")
    named = pages.paginate(Filters=_filter("tag:Name", names.PUBLIC_ROUTE_TABLE))
    votes = Counter(table["VpcId"] for page in named for table in page["RouteTables"])
    votes = Counter(set(votes))
    votes.update(vpc_id for vpc_id in used if vpc_id)
    return max(sorted(votes), key=lambda vpc_id: votes[vpc_id], default="")


def _read(account: Account, found: _Found) -> Network:
    vpc_id, origin = found.vpc_id, found.origin
    subnets = attempt("ec2", lambda: _subnets(account, vpc_id))
    tables = attempt("ec2", lambda: _tables(account, vpc_id))
    group = attempt("ec2", lambda: _default_group(account, vpc_id))
    public, private, certain = _roles(found, subnets, tables)
    lambda_subnet, codebuild_subnet = _places(found, private)
    return Network(
        vpc_id=vpc_id,
        origin=origin,
        zones=int(found.stack.parameters.get("Zones", "1")) if origin == "stack" else 1,
        dns_support=attempt("ec2", lambda: _attribute(account, vpc_id, "enableDnsSupport")),
        dns_hostnames=attempt("ec2", lambda: _attribute(account, vpc_id, "enableDnsHostnames")),
        subnets=subnets,
        tables=tables,
        gateways=attempt("ec2", lambda: _gateways(account, vpc_id, tables)),
        nats=attempt("ec2", lambda: _nats(account, vpc_id)),
        security_group="" if isinstance(group, Unseen) else group[0],
        lets_out=group if isinstance(group, Unseen) else group[1],
        public=public,
        private=private,
        lambda_subnet=lambda_subnet,
        codebuild_subnet=codebuild_subnet,
        certain=certain,
    )


def _places(found: _Found, private: tuple[str, ...]) -> tuple[str, str]:
    """Where the function and where the project belongs, "" where that is not known."""
    said = found.parameters if found.origin == "brought" else {}
    first = found.given.lambda_subnet or said.get("LambdaSubnetId", "")
    second = found.given.codebuild_subnet or said.get("CodeBuildSubnetId", "")
    return first or "".join(private[:1]), second or "".join(private[1:2])


def _roles(
    found: _Found, subnets: tuple[Subnet, ...] | Unseen, tables: tuple[RouteTable, ...] | Unseen
) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    """The public and the private subnets in their order, and whether that order is known for certain."""
    if found.origin == "brought":
        return (), tuple(dict.fromkeys(one for one in _places(found, ()) if one)), True
    if found.origin == "stack":
        told = found.stack.outputs
        ids = [told.get(f"{kind}Subnet{number}Id", "") for kind in ("Public", "Private") for number in (1, 2)]
        return tuple(filter(None, ids[:2])), tuple(filter(None, ids[2:])), True
    if isinstance(subnets, Unseen):
        return (), (), False
    seen_tables = () if isinstance(tables, Unseen) else tables
    inside = {subnet_id for one in found.used for subnet_id in one.subnet_ids}
    public = [one for one in subnets if is_public(one, seen_tables, inside)]
    private = [one for one in subnets if one not in public]
    return _ordered(public), _ordered(private), all(re.search(r"\d", one.name) for one in private)


def is_public(subnet: Subnet, tables: Sequence[RouteTable], used: set[str]) -> bool:
    """Tell whether a subnet was meant to be public: by its name, its route table, its addresses, its use."""
    named = {word for word in ("public", "private") if word in subnet.name.lower()}
    if len(named) == 1:
        return "public" in named
    table = next((one for one in tables if subnet.id in one.subnet_ids), None)
    if table is not None:
        return table == public_table(tables)
    return subnet.auto_public and subnet.id not in used


def public_table(tables: Sequence[RouteTable]) -> RouteTable | None:
    """The public route table: the one named so, or that leads to an internet gateway, or is main."""
    by_route = [one for one in tables if one.default is not None and one.default.target.startswith("igw-")]
    by_name = [one for one in tables if one.name == names.PUBLIC_ROUTE_TABLE]
    return next(iter([*by_name, *by_route, *(one for one in tables if one.main)]), None)


def _ordered(subnets: Sequence[Subnet]) -> tuple[str, ...]:
    def place(subnet: Subnet) -> tuple[str, int]:
        return subnet.name if re.search(r"\d", subnet.name) else "", int(ip_network(subnet.cidr).network_address)

    return tuple(subnet.id for subnet in sorted(subnets, key=place))


def _filter(name: str, value: str) -> list[dict[str, Any]]:
    return [{"Name": name, "Values": [value]}]


def _paged(account: Account, operation: str, key: str, **request: object) -> list[dict[str, Any]]:
    pages = account.client("ec2").get_paginator(operation).paginate(**request)
    return [one for page in pages for one in page.get(key, [])]


def _subnets(account: Account, vpc_id: str) -> tuple[Subnet, ...]:
    found = _paged(account, "describe_subnets", "Subnets", Filters=_filter("vpc-id", vpc_id))
    return tuple(
        Subnet(
            one["SubnetId"], name_of(one), one["AvailabilityZone"], one["CidrBlock"], bool(one["MapPublicIpOnLaunch"])
        )
        for one in found
    )


def _tables(account: Account, vpc_id: str) -> tuple[RouteTable, ...]:
    found = _paged(account, "describe_route_tables", "RouteTables", Filters=_filter("vpc-id", vpc_id))
    return tuple(_table(one) for one in found)


def _table(found: Mapping[str, Any]) -> RouteTable:
    associations = found.get("Associations", [])
    return RouteTable(
        id=found["RouteTableId"],
        name=name_of(found),
        main_association=next((one["RouteTableAssociationId"] for one in associations if one.get("Main")), ""),
        associations=tuple(
            (one["SubnetId"], one["RouteTableAssociationId"]) for one in associations if one.get("SubnetId")
        ),
        routes=tuple(_route(one) for one in found.get("Routes", [])),
        was_main=bool(tag(found, ORIGINAL_MAIN_TAG)),
    )


def _route(found: Mapping[str, Any]) -> Route:
    keys = ("GatewayId", "NatGatewayId", "TransitGatewayId", "VpcPeeringConnectionId", "NetworkInterfaceId")
    target = next((str(found[key]) for key in keys if found.get(key)), "")
    return Route(str(found.get("DestinationCidrBlock", "")), target, found.get("State") == "blackhole")


def _gateways(account: Account, vpc_id: str, tables: tuple[RouteTable, ...] | Unseen) -> tuple[InternetGateway, ...]:
    """The gateways that hang on the VPC or ought to: a route leads to them, or our stack made them."""
    known = () if isinstance(tables, Unseen) else tables
    routed = {route.target for table in known for route in table.routes}
    found = _paged(account, "describe_internet_gateways", "InternetGateways")
    return tuple(
        InternetGateway(one["InternetGatewayId"], attached)
        for one in found
        if (attached := any(place["VpcId"] == vpc_id for place in one.get("Attachments", [])))
        or (
            not one.get("Attachments")
            and (one["InternetGatewayId"] in routed or tag(one, _STACK_TAG) == names.NETWORK_STACK)
        )
    )


def _nats(account: Account, vpc_id: str) -> tuple[NatGateway, ...]:
    found = _paged(account, "describe_nat_gateways", "NatGateways", Filters=_filter("vpc-id", vpc_id))
    return tuple(
        NatGateway(one["NatGatewayId"], one["SubnetId"], one["State"], _elastic(one))
        for one in found
        if one["State"] not in _GONE
    )


def _elastic(gateway: Mapping[str, Any]) -> tuple[str, ...]:
    addresses = gateway.get("NatGatewayAddresses", [])
    return tuple(one["PublicIp"] for one in addresses if one.get("PublicIp") and one.get("AllocationId"))


def _default_group(account: Account, vpc_id: str) -> tuple[str, bool]:
    """The VPC's default security group, and whether it lets HTTPS out to everywhere."""
    filters = [*_filter("vpc-id", vpc_id), *_filter("group-name", "default")]
    groups = account.client("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]
    if not groups:
        return "", False
    return groups[0]["GroupId"], any(_lets_https_out(one) for one in groups[0].get("IpPermissionsEgress", []))


def _lets_https_out(permission: Mapping[str, Any]) -> bool:
    everywhere = any(one.get("CidrIp") == "0.0.0.0/0" for one in permission.get("IpRanges", []))
    if permission.get("IpProtocol") == "-1":
        return everywhere
    ports = range(int(permission.get("FromPort", 0)), int(permission.get("ToPort", 0)) + 1)
    return everywhere and permission.get("IpProtocol") == "tcp" and 443 in ports


def _attribute(account: Account, vpc_id: str, attribute: str) -> bool:
    answer = account.client("ec2").describe_vpc_attribute(VpcId=vpc_id, Attribute=attribute)
    return bool(answer[attribute[0].upper() + attribute[1:]]["Value"])
