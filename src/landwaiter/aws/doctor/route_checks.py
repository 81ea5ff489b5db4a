"""Part 1 of the runbook, steps 3 to 8: route tables, gateways, and where they lead."""

from landwaiter.aws import names
from landwaiter.aws.doctor.estate import Estate, Network, RouteTable, seen
from landwaiter.aws.doctor.layout import (
    existing_public_table,
    leads_nowhere,
    network_of,
    of_the_guide,
    own_association,
    private_table,
    private_tables,
    tables_of,
)
from landwaiter.aws.doctor.models import Outcome, check, failed, passed, skipped
from landwaiter.aws.doctor.read_network import public_table

_ASSOCIATE = (
    "aws ec2 replace-route-table-association --association-id {association} --route-table-id {table}; "
    "where it has none: aws ec2 associate-route-table --subnet-id {subnet} --route-table-id {table}"
)


@check(
    "LW-NET-004",
    "The public route table is named Public-RT",
    why="Whoever follows the guide looks for the table by this name.",
    mend="aws ec2 create-tags --resources {table} --tags Key=Name,Value=Public-RT",
    runbook="part 1, step 3",
)
def public_table_named(estate: Estate) -> Outcome:
    """The table of the public subnets has the guide's name."""
    network = of_the_guide(estate)
    table = public_table(tables_of(network))
    if table is None:
        return failed("There is no public route table.")
    if table.name != names.PUBLIC_ROUTE_TABLE:
        return failed(f"The public route table {table.id} is named {table.name or 'nothing'!r}.", table=table.id)
    return passed(f"{table.id}.")


@check(
    "LW-NET-005",
    "Public-RT is the VPC's main route table",
    why="A subnet that names no table follows the main one; the guide has the public table there.",
    mend="aws ec2 replace-route-table-association --association-id {association} --route-table-id {table}",
    runbook="part 1, step 3",
)
def public_table_main(estate: Estate) -> Outcome:
    """The public table is the main one."""
    network = of_the_guide(estate)
    public = existing_public_table(network)
    if public.main:
        return passed(f"{public.id} is main.")
    main = next((one.id for one in tables_of(network) if one.main), "none")
    association = next((one.main_association for one in tables_of(network) if one.main), "association")
    found = f"The main route table is {main}, not the public one, {public.id}."
    return failed(found, table=public.id, association=association)


@check(
    "LW-NET-006",
    "There is a private route table",
    why="Without a table of their own the private subnets follow the public one, where nothing of theirs gets out.",
    mend="aws ec2 create-route-table --vpc-id {vpc}",
    runbook="part 1, step 3",
)
def private_table_exists(estate: Estate) -> Outcome:
    """There is a second table beside the public one."""
    network = of_the_guide(estate)
    table = private_table(network)
    if table is None:
        return failed("There is no route table for the private subnets.", vpc=network.vpc_id)
    return passed(f"{table.id}.")


@check(
    "LW-NET-007",
    "Both public subnets are associated with the public table",
    why="The association makes them public whatever becomes of the main table.",
    mend=_ASSOCIATE,
    runbook="part 1, step 4",
)
def public_associated(estate: Estate) -> Outcome:
    """Each public subnet names the public table itself."""
    network = of_the_guide(estate)
    public = existing_public_table(network)
    loose = [one for one in network.public if one not in public.subnet_ids]
    if loose:
        return _loose(network, loose, public)
    return passed(f"{', '.join(network.public)} follow {public.id}.")


@check(
    "LW-NET-008",
    "Both private subnets are associated with the private table",
    why="A private subnet that follows the public table sends its calls to a gateway that drops them.",
    mend=_ASSOCIATE,
    runbook="part 1, step 4",
)
def private_associated(estate: Estate) -> Outcome:
    """Each private subnet names a table of its own that is not the public one."""
    network = of_the_guide(estate)
    table = seen(private_table(network), "There is no private route table: see LW-NET-006.")
    public = public_table(tables_of(network))
    astray = [one for one in network.private if not _follows_own(network, one, public)]
    if astray:
        return _loose(network, astray, table)
    return passed(f"{', '.join(network.private)} follow {table.id}.")


def _follows_own(network: Network, subnet_id: str, public: RouteTable | None) -> bool:
    return any(subnet_id in one.subnet_ids for one in tables_of(network) if one != public)


def _loose(network: Network, subnet_ids: list[str], table: RouteTable) -> Outcome:
    found = f"Not associated with {table.id}: {', '.join(subnet_ids)}."
    association = own_association(network, subnet_ids[0]) or "association"
    return failed(found, subnet=subnet_ids[0], table=table.id, association=association)


@check(
    "LW-NET-009",
    "An internet gateway hangs on the VPC",
    why="The NAT gateway reaches the internet, and so the platform, through it.",
    mend="aws ec2 attach-internet-gateway --vpc-id {vpc} --internet-gateway-id {gateway}",
    runbook="part 1, step 5",
)
def gateway_attached(estate: Estate) -> Outcome:
    """There is an internet gateway and it is attached."""
    network = of_the_guide(estate)
    gateways = seen(network.gateways)
    attached = [one.id for one in gateways if one.attached]
    if attached:
        return passed(f"{attached[0]}.")
    if gateways:
        found = f"{gateways[0].id} is not attached to {network.vpc_id}."
        return failed(found, vpc=network.vpc_id, gateway=gateways[0].id)
    return failed(f"{network.vpc_id} has no internet gateway.", vpc=network.vpc_id)


@check(
    "LW-NET-010",
    "The public table leads to the internet gateway",
    why="Without this route the NAT gateway has no way out.",
    mend="aws ec2 create-route --route-table-id {table} --destination-cidr-block 0.0.0.0/0 --gateway-id {gateway}",
    runbook="part 1, step 6",
)
def public_route(estate: Estate) -> Outcome:
    """0.0.0.0/0 of the public table goes to the VPC's internet gateway."""
    network = of_the_guide(estate)
    public = existing_public_table(network)
    known = {one.id: one.attached for one in seen(network.gateways)}
    gateway = next((one for one, attached in known.items() if attached), next(iter(known), "gateway"))
    route = public.default
    values = {"table": public.id, "gateway": gateway}
    if route is None:
        return failed(f"{public.id} has no route for 0.0.0.0/0.", **values)
    if route.target not in known:
        return failed(f"0.0.0.0/0 of {public.id} leads to {route.target or 'nothing'}.", **values)
    if not known[route.target]:
        return skipped(f"{route.target} is not attached: see LW-NET-009.")
    return passed(f"0.0.0.0/0 leads to {route.target}.")


@check(
    "LW-NET-011",
    "A NAT gateway works in a public subnet",
    why="It gives function and builds their way to the platform, from one fixed address.",
    mend="aws ec2 create-nat-gateway --subnet-id {subnet} --allocation-id {allocation}",
    runbook="part 1, step 7",
)
def nat_available(estate: Estate) -> Outcome:
    """A NAT gateway is available, and its subnet's table leads to the internet gateway."""
    network = of_the_guide(estate)
    nats = seen(network.nats)
    subnet = network.public[0] if network.public else "subnet"
    working = [one for one in nats if one.state in {"available", "pending"}]
    if not working:
        states = ", ".join(f"{one.id} is {one.state}" for one in nats) or "there is none"
        return failed(f"No NAT gateway works: {states}.", subnet=subnet)
    misplaced = [one for one in working if one.subnet_id in network.private]
    if len(misplaced) == len(working):
        return failed(f"{misplaced[0].id} is in the private subnet {misplaced[0].subnet_id}.", subnet=subnet)
    return passed(f"{working[0].id} is {working[0].state}.")


@check(
    "LW-NET-012",
    "The NAT gateway has an Elastic IP",
    why="The platform admits function and builds by this address; without it there is none to admit.",
    mend="aws ec2 allocate-address --domain vpc",
    runbook="part 1, step 7",
)
def nat_address(estate: Estate) -> Outcome:
    """Every NAT gateway that works has a public address of its own."""
    network = of_the_guide(estate)
    working = [one for one in seen(network.nats) if one.state == "available"]
    if not working:
        return skipped("No NAT gateway is available: see LW-NET-011.")
    without = [one.id for one in working if not one.addresses]
    if without:
        return failed(f"{', '.join(without)} has no Elastic IP.")
    return passed(f"Calls come from {', '.join(address for one in working for address in one.addresses)}.")


@check(
    "LW-NET-013",
    "The private subnets lead to the NAT gateway",
    why="Without this route neither the function nor a build reaches the platform.",
    mend="aws ec2 replace-route --route-table-id {table} --destination-cidr-block 0.0.0.0/0 --nat-gateway-id {nat}",
    runbook="part 1, step 8",
)
def private_route(estate: Estate) -> Outcome:
    """0.0.0.0/0 of each private subnet's table goes to a NAT gateway that exists."""
    network = network_of(estate)
    nats = seen(network.nats)
    nat = next((one.id for one in nats if one.state == "available"), "nat")
    for table in private_tables(network):
        if wrong := _wrong_way_out(network, table):
            return failed(wrong, table=table.id, nat=nat)
    tables = private_tables(network)
    if not tables:
        return skipped("There is no private route table: see LW-NET-006.")
    return passed(f"{', '.join(one.id for one in tables)} lead out through {_targets(tables)}.")


def _targets(tables: tuple[RouteTable, ...]) -> str:
    return ", ".join(dict.fromkeys(one.default.target for one in tables if one.default is not None))


def _wrong_way_out(network: Network, table: RouteTable) -> str:
    route = table.default
    if route is None:
        return f"{table.id} has no route for 0.0.0.0/0."
    if leads_nowhere(network, route):
        return f"0.0.0.0/0 of {table.id} leads to {route.target or 'a gateway'}, which is gone."
    if route.target.startswith("igw-"):
        return f"0.0.0.0/0 of {table.id} leads to the internet gateway {route.target}; these subnets are not private."
    if network.origin != "brought" and not route.target.startswith("nat-"):
        return f"0.0.0.0/0 of {table.id} leads to {route.target}, which is no NAT gateway."
    return ""


CHECKS = (
    public_table_named,
    public_table_main,
    private_table_exists,
    public_associated,
    private_associated,
    gateway_attached,
    public_route,
    nat_available,
    nat_address,
    private_route,
)
