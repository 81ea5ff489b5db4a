"""Part 1 of the runbook, steps 1, 2, 9 and 10: the VPC, its subnets, names and addresses."""

from landwaiter.aws.doctor.estate import Estate, seen
from landwaiter.aws.doctor.layout import network_of, of_the_guide, subnets_of
from landwaiter.aws.doctor.models import Outcome, check, failed, passed, skipped, warned


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
    public_addresses,
    dns_support,
    dns_hostnames,
    private_addresses,
    group_lets_out,
)
