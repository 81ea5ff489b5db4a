"""Address ranges of our own network: from a VPC's block to its four subnets, and what is wrong with a block.

Source: Amazon VPC User Guide, "VPC CIDR blocks" and "Subnet CIDR blocks" (both are a /16 to a /28, and AWS keeps
five addresses of each subnet); RFC 1918 and RFC 6598 for what is private.
"""

import contextlib
import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

from landwaiter.errors import InputError

Network: TypeAlias = ipaddress.IPv4Network

DEFAULT_VPC = "10.42.0.0/24"
_WIDEST, _NARROWEST_SUBNET = 16, 28
# A VPC is cut into quarters.
_NARROWEST = _NARROWEST_SUBNET - 2
_PRIVATE = tuple(Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))
_PARAMETERS = ("VpcCidr", "PublicSubnet1Cidr", "PublicSubnet2Cidr", "PrivateSubnet1Cidr", "PrivateSubnet2Cidr")
# Docker's bridge inside a CodeBuild container lies there.
_BRIDGE = Network("172.17.0.0/16")


@dataclass(frozen=True, slots=True)
class SubnetPlan:
    """A VPC's block and the blocks of its two public and two private subnets, as text such as "10.42.0.0/26"."""

    vpc: str
    public: tuple[str, str]
    private: tuple[str, str]

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of the network template that say so."""
        return dict(zip(_PARAMETERS, (self.vpc, *self.public, *self.private), strict=True))


def plan_of(parameters: Mapping[str, str]) -> SubnetPlan:
    """The plan that the parameters of a network stack describe."""
    vpc, public1, public2, private1, private2 = (parameters[name] for name in _PARAMETERS)
    return SubnetPlan(vpc, (public1, public2), (private1, private2))


def plan_subnets(vpc: str = DEFAULT_VPC, public: Sequence[str] = (), private: Sequence[str] = ()) -> SubnetPlan:
    """Cut a VPC's block into four equal subnets, or check the subnets that are given (two public and two private).

    Raises `InputError` when a block cannot be read, has host bits, is no private IPv4 range, is too large or too small,
    lies outside the VPC or overlaps another.
    """
    block = _vpc_block(vpc)
    if not public and not private:
        quarters = [str(quarter) for quarter in block.subnets(prefixlen_diff=2)]
        return SubnetPlan(str(block), (quarters[0], quarters[1]), (quarters[2], quarters[3]))
    if len(public) != 2 or len(private) != 2:
        raise InputError(
            f"The network has two public and two private subnets; {len(public)} and {len(private)} are given.",
            "Give public_subnets and private_subnets two blocks each, or neither, to have the VPC's block divided.",
        )
    blocks = [_subnet_block(text, block) for text in (*public, *private)]
    for one, other in combinations(blocks, 2):
        if one.overlaps(other):
            raise InputError(f"The subnets {one} and {other} overlap.", "Give each subnet a block of its own.")
    texts = [str(one) for one in blocks]
    return SubnetPlan(str(block), (texts[0], texts[1]), (texts[2], texts[3]))


def overlapping(vpc: str, others: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Name what a block overlaps with: each a sentence. `others` has the blocks of VPCs by their ids.

    Overlapping VPCs work, but can never be connected by peering or a transit gateway, so this is a warning.
    """
    block = Network(vpc)
    return tuple(
        f"{block} overlaps with {other} of {vpc_id}: the two VPCs can never be connected."
        for vpc_id, blocks in sorted(others.items())
        for other in blocks
        if block.overlaps(Network(other, strict=False))
    )


def _read(text: str, what: str) -> Network:
    try:
        return Network(text)
    except ValueError as error:
        remedy = "Write it as an IPv4 network, such as 10.42.0.0/24."
        with contextlib.suppress(ValueError):
            remedy = f"Did you mean {Network(text, strict=False)}?"
        raise InputError(f"{text!r} is no address range for {what}: {error}.", remedy) from error


def _vpc_block(text: str) -> Network:
    block = _read(text, "a VPC")
    if not any(block.subnet_of(private) for private in _PRIVATE):
        raise InputError(
            f"{block} is no private range: machines of the internet that live there could not be reached from the VPC.",
            "Take one inside 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10.",
        )
    if block.overlaps(_BRIDGE):
        raise InputError(
            f"{block} overlaps with {_BRIDGE}, which CodeBuild's containers use themselves.",
            "Take another range, such as 10.42.0.0/24.",
        )
    if block.prefixlen < _WIDEST:
        raise InputError(f"{block} is too large: a VPC is a /16 at most.", f"Take a part, such as {block[0]}/16.")
    if block.prefixlen > _NARROWEST:
        raise InputError(
            f"{block} is too small: it must hold four subnets, and AWS makes none smaller than a /28.",
            f"Take a /{_NARROWEST} or larger.",
        )
    return block


def _subnet_block(text: str, vpc: Network) -> Network:
    block = _read(text, "a subnet")
    if not block.subnet_of(vpc):
        raise InputError(f"The subnet {block} lies outside the VPC's block {vpc}.", f"Take a part of {vpc}.")
    if block.prefixlen > _NARROWEST_SUBNET:
        raise InputError(f"The subnet {block} is too small.", f"AWS makes none smaller than a /{_NARROWEST_SUBNET}.")
    return block
