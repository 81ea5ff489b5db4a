"""The platform, as the function sees it from where it runs."""

from ipaddress import ip_address, ip_network

from landwaiter.aws.doctor.estate import Estate, Handshake, NatGateway, Unseen, seen
from landwaiter.aws.doctor.models import Outcome, check, failed, passed, skipped, warned


def egress_addresses(estate: Estate) -> tuple[str, ...]:
    """The addresses that calls to the platform come from."""
    network = seen(estate.network, "No VPC was found: see LW-NET-001.")
    nats: tuple[NatGateway, ...] = seen(network.nats)
    return tuple(address for one in nats if one.state == "available" for address in one.addresses)


def missing_addresses(estate: Estate) -> tuple[str, ...]:
    """Those of them that no network of the platform's list covers."""
    networks = [ip_network(one, strict=False) for one in seen(estate.allowed)]
    return tuple(one for one in egress_addresses(estate) if not any(ip_address(one) in network for network in networks))


def _trusting(estate: Estate) -> Handshake:
    return seen(estate.handshake)


@check(
    "LW-PLT-001",
    "The function reaches the platform",
    why="Tried by the function itself, so it speaks of subnet, route, NAT gateway, security group and DNS at once.",
    mend="landwaiter aws doctor --only LW-NET --only LW-FUN",
)
def reachable(estate: Estate) -> Outcome:
    """A connection to the platform's address can be made from where the function runs."""
    handshake = seen(estate.handshake)
    if handshake.reachable:
        return passed(f"It answers at {handshake.address}.")
    return failed(f"The function does not reach the platform: {handshake.error}")


@check(
    "LW-PLT-002",
    "The function trusts the platform's certificate",
    why="Calls to a platform whose certificate is not trusted are never made, and every event is parked.",
    mend="landwaiter aws ca check {url}",
    runbook="part 3",
)
def trusted(estate: Estate) -> Outcome:
    """The TLS handshake from where the function runs succeeds."""
    handshake = seen(estate.handshake)
    if not handshake.reachable:
        return skipped("The platform is not reached: see LW-PLT-001.")
    if handshake.trusted:
        return passed("The handshake succeeds.")
    url = seen(estate.function).environment.get("LANDWAITER_PLATFORM_URL", "URL")
    return failed(f"The function does not trust the platform: {handshake.error}", url=url)


@check(
    "LW-PLT-003",
    "The platform admits the address that calls come from",
    why="The platform refuses every call from an address that is not on its list of permitted networks.",
    mend="landwaiter allow add {address}/32",
    runbook="part 1, step 7",
)
def address_admitted(estate: Estate) -> Outcome:
    """The Elastic IP is on the platform's list; without an admin token, the platform's answer to the function tells."""
    if isinstance(estate.allowed, Unseen):
        return _as_told_to_the_function(estate, estate.allowed.reason)
    addresses = egress_addresses(estate)
    if not addresses:
        return skipped("There is no NAT gateway with an Elastic IP: see LW-NET-011 and LW-NET-012.")
    missing = missing_addresses(estate)
    if missing:
        return failed(f"Not on the platform's list: {', '.join(missing)}.", address=missing[0])
    return passed(f"{', '.join(addresses)}.")


def _as_told_to_the_function(estate: Estate, reason: str) -> Outcome:
    if isinstance(estate.handshake, Unseen) or estate.handshake.admitted is None:
        return skipped(reason)
    if estate.handshake.admitted:
        return passed("The platform admits the function's calls.")
    network = estate.network
    nats = () if network is None or isinstance(network, Unseen) or isinstance(network.nats, Unseen) else network.nats
    address = next((one for nat in nats for one in nat.addresses), "address")
    return failed(f"The platform refuses the function: {estate.handshake.error}", address=address)


@check(
    "LW-PLT-004",
    "The platform knows the token",
    why="A token that was revoked or has expired is refused, and every event is parked. `landwaiter tokens create` on "
    "the platform makes another; put it into the file token, and from there into the secret.",
    mend="aws secretsmanager put-secret-value --secret-id {secret} --secret-string file://token",
)
def token_accepted(estate: Estate) -> Outcome:
    """The platform accepts the token that the function reads from Secrets Manager."""
    handshake = _trusting(estate)
    if handshake.token_accepted is None:
        reason = "The call did not get as far as the token"
        return skipped(f"{reason}: {handshake.error}" if handshake.error else f"{reason}.")
    if handshake.token_accepted:
        return passed("The token is accepted.")
    secret = seen(estate.function).environment.get("LANDWAITER_TOKEN_SECRET", "secret")
    return failed("The platform refuses the token that the function presents.", secret=secret)


@check(
    "LW-PLT-005",
    "The platform's advisories are fresh",
    why="A verdict on old advisories does not know this week's vulnerabilities; past the policy's age none is given.",
    mend="landwaiter feeds update",
)
def bundle_fresh(estate: Estate) -> Outcome:
    """The platform says that its bundle of advisories is fresh."""
    handshake = _trusting(estate)
    if not handshake.bundle:
        return skipped("The platform's health was not read.")
    age = handshake.bundle_age_seconds
    old = f", {age // 3600} hours old" if age is not None else ""
    if handshake.bundle == "fresh":
        return passed(f"They are fresh{old}.")
    if handshake.bundle == "unknown":
        return warned("Their age is unknown.")
    return failed(f"The platform's advisories are {handshake.bundle}{old}.")


CHECKS = (reachable, trusted, address_admitted, token_accepted, bundle_fresh)
