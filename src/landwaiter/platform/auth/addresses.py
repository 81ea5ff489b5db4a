"""Where a call comes from, and whether sensor calls are taken from there."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from landwaiter.errors import InputError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_WIDEST = {4: 8, 6: 7}
"""Prefix lengths of the widest networks for private use: 10.0.0.0/8 (RFC 1918) and fc00::/7 (RFC 4193)."""


def caller_address(peer: str, forwarded: Sequence[str], proxies: Sequence[Network]) -> Address | None:
    """Return the address of the caller: the peer's, or what a trusted proxy says of it.

    `forwarded` are the values of all X-Forwarded-For headers in order. They are read from the right, only as long as
    the one who wrote them is a trusted proxy, so a caller cannot choose its own address. None where an address that
    counts is none.
    """
    hops = [part.strip() for value in forwarded for part in value.split(",")]
    address = _address(peer)
    while address is not None and hops and any(address in network for network in proxies):
        address = _address(hops.pop())
    return address


def parse_network(text: str) -> str:
    """Return `text` (an address or a CIDR network, IPv4 or IPv6) as a network. Raises InputError."""
    try:
        network = ip_network("" if "%" in text else text.strip(), strict=False)
    except ValueError:
        raise InputError(
            f"{text[:80]!r} is no network.", "Write an address or a network: 10.20.0.0/16, 203.0.113.7, 2001:db8::/48."
        ) from None
    if isinstance(network, IPv6Network) and (mapped := network.network_address.ipv4_mapped) and network.prefixlen >= 96:
        network = ip_network(f"{mapped}/{network.prefixlen - 96}")
    return str(network)


def is_anywhere(network: str) -> bool:
    """Tell whether a network is so wide that it shuts hardly anybody out: wider than the widest private one."""
    parsed = ip_network(network)
    return parsed.prefixlen < _WIDEST[parsed.version]


def admitted(address: Address | None, networks: Sequence[Network]) -> bool:
    """Tell whether a sensor call from `address` is taken. An empty list admits the loopback addresses only."""
    if address is None:
        return False
    if not networks:
        return address.is_loopback
    return any(address in network for network in networks)


def _address(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
