"""Finding one's way in the VPC: which table a subnet follows, which is private, which route leads nowhere."""

from landwaiter.aws.doctor.estate import Estate, Network, NotSeenError, Route, RouteTable, Subnet, seen
from landwaiter.aws.doctor.read_network import public_table


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


def existing_public_table(network: Network) -> RouteTable:
    """The public route table. Raises `NotSeenError` when there is none."""
    return seen(public_table(tables_of(network)), "There is no public route table: see LW-NET-004.")


def leads_nowhere(network: Network, route: Route) -> bool:
    """Tell whether a route ends at a gateway that is gone, whether or not EC2 has noticed."""
    if route.blackhole or not route.target:
        return True
    return route.target.startswith("nat-") and route.target not in {one.id for one in seen(network.nats)}


def own_association(network: Network, subnet_id: str) -> str:
    """The association by which a subnet names its table, "" when it names none."""
    return next((dict(one.associations)[subnet_id] for one in tables_of(network) if subnet_id in one.subnet_ids), "")


def private_tables(network: Network) -> tuple[RouteTable, ...]:
    """The tables of the private subnets, each once, the public one aside."""
    public = public_table(tables_of(network)) if network.origin != "brought" else None
    tables = [effective_table(network, one) for one in network.private]
    return tuple(dict.fromkeys(one for one in tables if one is not None and one != public))
