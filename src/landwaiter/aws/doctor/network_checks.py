"""Part 1 of the runbook: the VPC, its subnets, tables, gateways and names."""

from landwaiter.aws import names
from landwaiter.aws.doctor.estate import Estate, Network, NotSeenError, Route, RouteTable, Subnet, seen
from landwaiter.aws.doctor.models import Outcome, check, failed, passed, skipped, warned
from landwaiter.aws.doctor.read_network import public_table

_ASSOCIATE = (
    "aws ec2 replace-route-table-association --association-id {association} --route-table-id {table}; "
    "where it has none: aws ec2 associate-route-table --subnet-id {subnet} --route-table-id {table}"
)


def network_of(estate: Estate) -> Network:
    """The VPC. Raises `NotSeenError` when there is none."""
    return seen(estate.network, "No VPC was found: see LW-NET-001.")


def of_the_guide(estate: Estate) -> Network:
    """The VPC, where the guide's layout applies to it. Raises `NotSeenError` for a VPC that was brought along."""
    network = network_of(estate)
    if network.origin == "brought":
        raise NotSeenError(f"{network.vpc_id} was brought along; its layout is its owner's.")
    return network


def tables_of(network: Network) -> tuple[RouteTable, ...]:
    """The VPC's route tables."""
    return seen(network.tables)


def subnets_of(network: Network) -> dict[str, Subnet]:
    """The VPC's subnets by their id."""
    return {one.id: one for one in seen(network.subnets)}


def effective_table(network: Network, subnet_id: str) -> RouteTable | None:
    """The table that a subnet follows: its own, or else the main one."""
    tables = tables_of(network)
    own = next((one for one in tables if subnet_id in one.subnet_ids), None)
    return own or next((one for one in tables if one.main), None)


def private_table(network: Network) -> RouteTable | None:
    """The private route table: one that is in use or leads to a NAT gateway, and is not the public one."""
    tables = tables_of(network)
    public = public_table(tables)
    others = [one for one in tables if one != public and not (one.was_main and not one.subnet_ids)]

    def likely(table: RouteTable) -> tuple[bool, int, bool]:
        to_nat = table.default is not None and table.default.target.startswith("nat-")
        return "private" in table.name.lower(), len(set(table.subnet_ids) & set(network.private)), to_nat

    return max((one for one in others if any(likely(one))), key=likely, default=None)


def _public_table(network: Network) -> RouteTable:
    return seen(public_table(tables_of(network)), "There is no public route table: see LW-NET-004.")


def _leads_nowhere(network: Network, route: Route) -> bool:
    """Tell whether a route ends at a gateway that is gone, whether or not EC2 has noticed."""
    if route.blackhole or not route.target:
        return True
    return route.target.startswith("nat-") and route.target not in {one.id for one in seen(network.nats)}


@check(
    "LW-NET-001",
    "There is a VPC for function and project",
    why="Function and builds reach a private platform from a VPC with one fixed address.",
    mend="landwaiter aws up",
    runbook="part 1, step 1",
)
def vpc_exists(estate: Estate) -> Outcome:
    """A VPC was found by our stack, by the function and the project, or by a table named Public-RT."""
    network = seen(estate.network) if estate.network is not None else None
    if network is None:
        return failed("There is neither the network stack, nor a table named Public-RT, nor a VPC in use.")
    return passed(f"{network.vpc_id} ({network.origin}).")


@check(
    "LW-NET-002",
    "There are two public and two private subnets",
    why="The guide gives the NAT gateway, the function and the builds each a subnet of their own.",
    mend="aws ec2 create-subnet --vpc-id {vpc} --availability-zone {zone} --cidr-block {cidr}",
    runbook="part 1, step 2",
)
def four_subnets(estate: Estate) -> Outcome:
    """Four subnets, two of each kind, exist."""
    network = of_the_guide(estate)
    known = subnets_of(network)
    public, private = (sum(one in known for one in ids) for ids in (network.public, network.private))
    if public >= 2 and private >= 2:
        return passed(f"{public} public and {private} private subnets.")
    zone = next((one.zone for one in known.values()), "zone")
    return failed(
        f"{public} public and {private} private subnets instead of two of each.", vpc=network.vpc_id, zone=zone
    )


@check(
    "LW-NET-003",
    "The four subnets are in one availability zone",
    why="A subnet in another zone reaches the NAT gateway across zones, which costs and fails with either zone.",
    mend="aws ec2 create-subnet --vpc-id {vpc} --availability-zone {zone} --cidr-block {cidr}",
    runbook="part 1, step 2",
)
def one_zone(estate: Estate) -> Outcome:
    """All four subnets share a zone, unless two zones were asked for (--zones 2)."""
    network = of_the_guide(estate)
    known = subnets_of(network)
    zones = sorted({known[one].zone for one in (*network.public, *network.private) if one in known})
    if len(zones) <= network.zones:
        return passed(f"{', '.join(zones)}, as asked for.")
    return failed(f"The subnets are in {len(zones)} zones: {', '.join(zones)}.", vpc=network.vpc_id, zone=zones[0])


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
    public = _public_table(network)
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
    public = _public_table(network)
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


def _loose(network: Network, subnet_ids: list[str], table: RouteTable) -> Outcome:
    found = f"Not associated with {table.id}: {', '.join(subnet_ids)}."
    association = own_association(network, subnet_ids[0]) or "association"
    return failed(found, subnet=subnet_ids[0], table=table.id, association=association)


def own_association(network: Network, subnet_id: str) -> str:
    """The association by which a subnet names its table, "" when it names none."""
    return next((dict(one.associations)[subnet_id] for one in tables_of(network) if subnet_id in one.subnet_ids), "")


def _follows_own(network: Network, subnet_id: str, public: RouteTable | None) -> bool:
    return any(subnet_id in one.subnet_ids for one in tables_of(network) if one != public)


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
    public = _public_table(network)
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


def private_tables(network: Network) -> tuple[RouteTable, ...]:
    """The tables of the private subnets, each once, the public one aside."""
    public = public_table(tables_of(network)) if network.origin != "brought" else None
    tables = [effective_table(network, one) for one in network.private]
    return tuple(dict.fromkeys(one for one in tables if one is not None and one != public))


def _targets(tables: tuple[RouteTable, ...]) -> str:
    return ", ".join(dict.fromkeys(one.default.target for one in tables if one.default is not None))


def _wrong_way_out(network: Network, table: RouteTable) -> str:
    route = table.default
    if route is None:
        return f"{table.id} has no route for 0.0.0.0/0."
    if _leads_nowhere(network, route):
        return f"0.0.0.0/0 of {table.id} leads to {route.target or 'a gateway'}, which is gone."
    if route.target.startswith("igw-"):
        return f"0.0.0.0/0 of {table.id} leads to the internet gateway {route.target}; these subnets are not private."
    if network.origin != "brought" and not route.target.startswith("nat-"):
        return f"0.0.0.0/0 of {table.id} leads to {route.target}, which is no NAT gateway."
    return ""


@check(
    "LW-NET-014",
    "The public subnets assign public addresses",
    why="The guide asks for it: what is started there by hand must be able to reach the internet.",
    mend="aws ec2 modify-subnet-attribute --subnet-id {subnet} --map-public-ip-on-launch",
    runbook="part 1, step 9",
)
def public_addresses(estate: Estate) -> Outcome:
    """Both public subnets assign public IPv4 addresses by themselves."""
    network = of_the_guide(estate)
    known = subnets_of(network)
    off = [one for one in network.public if one in known and not known[one].auto_public]
    if off:
        return failed(f"No public addresses are assigned in {', '.join(off)}.", subnet=off[0])
    return passed(f"{', '.join(network.public)}.")


@check(
    "LW-NET-015",
    "The VPC resolves names",
    why="Without DNS resolution neither the platform's name nor AWS's endpoints are found.",
    mend="aws ec2 modify-vpc-attribute --vpc-id {vpc} --enable-dns-support",
    runbook="part 1, step 10",
)
def dns_support(estate: Estate) -> Outcome:
    """DNS resolution is on."""
    network = network_of(estate)
    if seen(network.dns_support):
        return passed("DNS resolution is on.")
    return failed(f"DNS resolution is off in {network.vpc_id}.", vpc=network.vpc_id)


@check(
    "LW-NET-016",
    "The VPC gives host names",
    why="Interface endpoints and private zones, behind which a private platform often is, need DNS host names.",
    mend="aws ec2 modify-vpc-attribute --vpc-id {vpc} --enable-dns-hostnames",
    runbook="part 1, step 10",
)
def dns_hostnames(estate: Estate) -> Outcome:
    """DNS host names are on."""
    network = network_of(estate)
    if seen(network.dns_hostnames):
        return passed("DNS host names are on.")
    return failed(f"DNS host names are off in {network.vpc_id}.", vpc=network.vpc_id)


@check(
    "LW-NET-017",
    "The private subnets assign no public addresses",
    why="A private subnet that hands out public addresses is private by accident only.",
    mend="aws ec2 modify-subnet-attribute --subnet-id {subnet} --no-map-public-ip-on-launch",
)
def private_addresses(estate: Estate) -> Outcome:
    """No private subnet assigns public IPv4 addresses by itself."""
    network = network_of(estate)
    known = subnets_of(network)
    on = [one for one in network.private if one in known and known[one].auto_public]
    if on:
        return warned(f"Public addresses are assigned in {', '.join(on)}.", subnet=on[0])
    return passed("None does.")


@check(
    "LW-NET-018",
    "The default security group lets HTTPS out",
    why="Hardening guides empty the default group; then neither function nor builds reach anything.",
    mend=(
        "aws ec2 authorize-security-group-egress --group-id {group} --ip-permissions "
        "IpProtocol=tcp,FromPort=443,ToPort=443,IpRanges=[{{CidrIp=0.0.0.0/0}}]"
    ),
)
def group_lets_out(estate: Estate) -> Outcome:
    """The default security group has an outgoing rule that lets HTTPS pass."""
    network = network_of(estate)
    if network.origin == "brought":
        return skipped("The VPC was brought along; what its groups let out is its owner's. The handshake tells.")
    if not seen(network.lets_out):
        return failed(f"{network.security_group or 'It'} lets no HTTPS out to 0.0.0.0/0.", group=network.security_group)
    return passed(f"{network.security_group} does.")


CHECKS = (
    vpc_exists,
    four_subnets,
    one_zone,
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
    public_addresses,
    dns_support,
    dns_hostnames,
    private_addresses,
    group_lets_out,
)
