"""Mending what is safe: nothing is deleted, and nothing is replaced that leads somewhere.

Each repair is of one check, changes only what that check found wrong, and says what it did.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from landwaiter.aws import names, policy
from landwaiter.aws.attach import Placement, attach_function, attach_project
from landwaiter.aws.client_types import ClientFactory
from landwaiter.aws.doctor import rule_repairs
from landwaiter.aws.doctor.estate import Estate, Network, RouteTable, seen
from landwaiter.aws.doctor.layout import (
    network_of,
    own_association,
    private_table,
    private_tables,
    subnets_of,
    tables_of,
)
from landwaiter.aws.doctor.platform_checks import missing_addresses
from landwaiter.aws.doctor.policy_checks import required_subnets
from landwaiter.aws.doctor.read import AllowList
from landwaiter.aws.doctor.read_network import public_table
from landwaiter.aws.doctor.root_ca_checks import path_of
from landwaiter.errors import InputError

_ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, slots=True)
class Tools:
    """What a repair works with."""

    client: ClientFactory
    allow_list: AllowList | None = None


Repair = Callable[[Tools, Estate], str]


def _public(network: Network) -> RouteTable:
    return seen(public_table(tables_of(network)), "There is no public route table.")


def _name_public_table(tools: Tools, estate: Estate) -> str:
    table = _public(network_of(estate))
    tools.client("ec2").create_tags(Resources=[table.id], Tags=[{"Key": "Name", "Value": names.PUBLIC_ROUTE_TABLE}])
    return f"Named {table.id} {names.PUBLIC_ROUTE_TABLE}."


def _make_main(tools: Tools, estate: Estate) -> str:
    network = network_of(estate)
    table = _public(network)
    main = next(one for one in tables_of(network) if one.main)
    tools.client("ec2").replace_route_table_association(AssociationId=main.main_association, RouteTableId=table.id)
    return f"Made {table.id} the main route table instead of {main.id}."


def _associate_public(tools: Tools, estate: Estate) -> str:
    network = network_of(estate)
    table = _public(network)
    return _associate(tools, network, [one for one in network.public if one not in table.subnet_ids], table)


def _associate_private(tools: Tools, estate: Estate) -> str:
    network = network_of(estate)
    table, public = seen(private_table(network), "There is no private route table."), _public(network)
    own = {subnet for one in tables_of(network) if one != public for subnet in one.subnet_ids}
    return _associate(tools, network, [one for one in network.private if one not in own], table)


def _associate(tools: Tools, network: Network, subnet_ids: list[str], table: RouteTable) -> str:
    ec2 = tools.client("ec2")
    for subnet_id in subnet_ids:
        if association := own_association(network, subnet_id):
            ec2.replace_route_table_association(AssociationId=association, RouteTableId=table.id)
        else:
            ec2.associate_route_table(SubnetId=subnet_id, RouteTableId=table.id)
    return f"Associated {', '.join(subnet_ids)} with {table.id}."


def _attach_gateway(tools: Tools, estate: Estate) -> str:
    network = network_of(estate)
    loose = [one.id for one in seen(network.gateways) if not one.attached]
    if not loose:
        raise InputError("There is no internet gateway to attach.", "Make one: aws ec2 create-internet-gateway")
    tools.client("ec2").attach_internet_gateway(InternetGatewayId=loose[0], VpcId=network.vpc_id)
    return f"Attached {loose[0]} to {network.vpc_id}."


def _route_public(tools: Tools, estate: Estate) -> str:
    network = network_of(estate)
    gateway = next((one.id for one in seen(network.gateways) if one.attached), "")
    if not gateway:
        raise InputError("There is no internet gateway to lead to.", "Mend LW-NET-009 first.")
    return _route(tools, network, _public(network), GatewayId=gateway)


def _route_private(tools: Tools, estate: Estate) -> str:
    network = network_of(estate)
    if network.origin == "brought":
        raise InputError(f"{network.vpc_id} was brought along; its routes are its owner's.")
    known = {one.id for one in seen(network.nats)}
    wrong = [one for one in private_tables(network) if one.default is None or one.default.target not in known]
    return " ".join(_route(tools, network, table, NatGatewayId=_nat_for(network, table)) for table in wrong)


def _nat_for(network: Network, table: RouteTable) -> str:
    """A NAT gateway that works, in the table's own zone where there is one."""
    working = [one for one in seen(network.nats) if one.state == "available"]
    if not working:
        raise InputError("There is no NAT gateway to lead to.", "Mend LW-NET-011 first.")
    zones = {one.id: one.zone for one in subnets_of(network).values()}
    here = {zones.get(one) for one in table.subnet_ids}
    return max(working, key=lambda one: zones.get(one.subnet_id) in here).id


def _route(tools: Tools, network: Network, table: RouteTable, **target: str) -> str:
    ec2, (gateway,) = tools.client("ec2"), target.values()
    where = {"RouteTableId": table.id, "DestinationCidrBlock": _ANYWHERE}
    if table.default is None:
        ec2.create_route(**where, **target)
        return f"Made a route for {_ANYWHERE} in {table.id} to {gateway}."
    old = table.default
    alive = {one.id for one in seen(network.gateways)} | {one.id for one in seen(network.nats)}
    gone = old.blackhole or not old.target or (old.target.startswith(("nat-", "igw-")) and old.target not in alive)
    if not gone:
        raise InputError(
            f"{_ANYWHERE} of {table.id} leads to {old.target}, perhaps for a reason.", "Change it by hand if not."
        )
    ec2.replace_route(**where, **target)
    return f"Turned {_ANYWHERE} of {table.id} from {old.target or 'nothing'}, which is gone, to {gateway}."


def _assign_addresses(tools: Tools, estate: Estate) -> str:
    network = network_of(estate)
    known = subnets_of(network)
    off = [one for one in network.public if one in known and not known[one].auto_public]
    for subnet_id in off:
        tools.client("ec2").modify_subnet_attribute(SubnetId=subnet_id, MapPublicIpOnLaunch={"Value": True})
    return f"{', '.join(off)} assign public addresses now."


def _turn_on(attribute: str, what: str) -> Repair:
    def repair(tools: Tools, estate: Estate) -> str:
        vpc_id = network_of(estate).vpc_id
        tools.client("ec2").modify_vpc_attribute(VpcId=vpc_id, **{attribute: {"Value": True}})
        return f"Turned {what} on in {vpc_id}."

    return repair


def _write_policy(tools: Tools, estate: Estate) -> str:
    done = policy.apply(tools.client, required_subnets(estate))
    return f"Done: {', '.join(done)}." if done else ""


def _attach_managed(tools: Tools, estate: Estate) -> str:
    arn = f"arn:{estate.partition}:iam::aws:policy/{names.LAMBDA_VPC_POLICY}"
    policy.attach_policy(tools.client("iam"), names.LAMBDA_ROLE, arn)
    return f"Attached {arn} to {names.LAMBDA_ROLE}."


def _placement(estate: Estate) -> Placement:
    network = network_of(estate)
    if not (network.lambda_subnet and network.codebuild_subnet and network.security_group):
        raise InputError("It is not known where function and project belong.", "Say so: landwaiter aws attach --help")
    return Placement(network.vpc_id, network.lambda_subnet, network.codebuild_subnet, network.security_group)


def _place_function(tools: Tools, estate: Estate) -> str:
    placement = _placement(estate)
    attach_function(tools.client("lambda"), placement)
    return f"Moved the function into {placement.lambda_subnet_id}, {placement.security_group_id}."


def _place_project(tools: Tools, estate: Estate) -> str:
    placement = _placement(estate)
    attach_project(tools.client("codebuild"), placement)
    return f"Moved the project into {placement.codebuild_subnet_id}, {placement.security_group_id}."


def _name_certificate(tools: Tools, estate: Estate) -> str:
    function = seen(estate.function)
    held = [one.path for one in seen(estate.layer_files) if one.certificates and all(c.is_ca for c in one.certificates)]
    if len(held) != 1:
        raise InputError(
            f"The layers hold {len(held)} files with CA certificates.", "Say which is the right one by hand."
        )
    variables = {**function.environment, names.ROOT_CA_PARAMETER: held[0]}
    _configure(tools, Environment={"Variables": variables})
    return f"Set {names.ROOT_CA_PARAMETER} to {held[0]} (it was {path_of(function) or 'empty'})."


def _add_layer(tools: Tools, estate: Estate) -> str:
    """Add our stack's own layer back; a layer of somebody else's is not guessed."""
    stacks = tools.client("cloudformation").describe_stacks()["Stacks"]
    outputs = [
        one for stack in stacks if stack["StackName"] == names.SCANNING_STACK for one in stack.get("Outputs", [])
    ]
    layer = next((one["OutputValue"] for one in outputs if one["OutputKey"] == "RootCaLayerArn"), "")
    if not layer:
        raise InputError("There is no layer of our stack.", "Publish one: landwaiter aws ca publish FILE")
    _configure(tools, Layers=[*seen(estate.function).layer_arns, layer])
    return f"Added {layer} to the function."


def _configure(tools: Tools, **changes: object) -> None:
    functions = tools.client("lambda")
    functions.update_function_configuration(FunctionName=names.FUNCTION, **changes)
    functions.get_waiter("function_updated_v2").wait(FunctionName=names.FUNCTION)


def _admit(tools: Tools, estate: Estate) -> str:
    if tools.allow_list is None:
        raise InputError("The platform's list cannot be changed without an admin token.", "Set LANDWAITER_ADMIN_TOKEN.")
    missing = missing_addresses(estate)
    for address in missing:
        tools.allow_list.admit(f"{address}/32", f"AWS account {estate.account}, {estate.region}")
    return f"Entered {', '.join(missing)} in the platform's list."


def _of_rules(repair: Callable[[ClientFactory, Estate], str]) -> Repair:
    return lambda tools, estate: repair(tools.client, estate)


REPAIRS: Mapping[str, Repair] = {
    "LW-NET-004": _name_public_table,
    "LW-NET-005": _make_main,
    "LW-NET-007": _associate_public,
    "LW-NET-008": _associate_private,
    "LW-NET-009": _attach_gateway,
    "LW-NET-010": _route_public,
    "LW-NET-013": _route_private,
    "LW-NET-014": _assign_addresses,
    "LW-NET-015": _turn_on("EnableDnsSupport", "DNS resolution"),
    "LW-NET-016": _turn_on("EnableDnsHostnames", "DNS host names"),
    **dict.fromkeys((f"LW-POL-00{number}" for number in range(1, 7)), _write_policy),
    "LW-POL-009": _attach_managed,
    "LW-CA-001": _add_layer,
    "LW-CA-002": _name_certificate,
    **dict.fromkeys(("LW-FUN-002", "LW-FUN-003", "LW-FUN-004"), _place_function),
    **dict.fromkeys(("LW-BLD-002", "LW-BLD-003", "LW-BLD-004"), _place_project),
    **dict.fromkeys((f"LW-EVT-00{number}" for number in range(1, 6)), _of_rules(rule_repairs.mend_running)),
    "LW-EVT-006": _of_rules(rule_repairs.mend_stopped),
    "LW-EVT-007": _of_rules(rule_repairs.mend_sweep),
    "LW-PLT-003": _admit,
}
"""The checks that can be mended, each with its repair."""
