"""Elastic IPs and NAT gateways that know each other, as EC2 answers for them.

Source: Amazon EC2 API Reference, DescribeAddresses, DescribeNatGateways, CreateNatGateway, DeleteNatGateway,
ReleaseAddress. The emulator stores both but leaves out the gateway's addresses and the address's association.
"""

import ipaddress
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from landwaiter.sandbox.internals import Inside, Need, Response, service
from landwaiter.sandbox.settings import Settings

NEEDS = (
    Need("services.ec2", "_ACTION_MAP"),
    Need("services.ec2", "_addresses"),
    Need("services.ec2", "_nat_gateways"),
    Need("services.ec2", "_subnets"),
    Need("services.ec2", "_create_nat_gateway", ("params",)),
    Need("services.ec2", "_describe_nat_gateways", ("params",)),
    Need("services.ec2", "_delete_nat_gateway", ("params",)),
    Need("services.ec2", "_release_address", ("p",)),
    Need("services.ec2", "_parse_filters", ("params",)),
    Need("services.ec2", "_parse_member_list", ("params", "prefix")),
    Need("services.ec2", "_resource_matches_tag_filters", ("resource_id", "filters")),
    Need("services.ec2", "_tag_set_xml", ("resource_id",)),
    Need("services.ec2", "_xml", ("status", "root_tag", "inner")),
    Need("services.ec2", "_error", ("code", "message", "status")),
)

_FIELDS = {
    "AllocationId": "allocationId",
    "PublicIp": "publicIp",
    "AssociationId": "associationId",
    "Domain": "domain",
    "InstanceId": "instanceId",
    "NetworkInterfaceId": "networkInterfaceId",
    "PrivateIpAddress": "privateIpAddress",
}
_FILTERS = {
    "allocation-id": "AllocationId",
    "public-ip": "PublicIp",
    "association-id": "AssociationId",
    "network-interface-id": "NetworkInterfaceId",
    "domain": "Domain",
}


def install(_settings: Settings) -> None:
    """Replace the actions on addresses and NAT gateways."""
    ec2 = service("ec2")
    changed: dict[str, Callable[[dict[str, Any]], Response]] = {
        "create_nat_gateway": _creating(ec2, ec2.create_nat_gateway),
        "describe_nat_gateways": _describing(ec2, ec2.describe_nat_gateways),
        "delete_nat_gateway": _deleting(ec2, ec2.delete_nat_gateway),
        "release_address": _releasing(ec2, ec2.release_address),
        "describe_addresses": lambda params: _describe_addresses(ec2, params),
    }
    for name, action in changed.items():
        setattr(ec2, name, action)
        ec2.ACTION_MAP["".join(word.capitalize() for word in name.split("_"))] = action


def _first(params: Mapping[str, Any], name: str) -> str:
    value = params.get(name, "")
    return str(value[0]) if isinstance(value, list) else str(value)


def _creating(ec2: Inside, original: Callable[..., Response]) -> Callable[..., Response]:
    def create(params: dict[str, Any]) -> Response:
        address = ec2.addresses.get(_first(params, "AllocationId"))
        if _first(params, "ConnectivityType") != "private":
            if address is None:
                return _refused(ec2, "InvalidAllocationID.NotFound", "The allocation ID does not exist")
            if address["AssociationId"]:
                return _refused(ec2, "Resource.AlreadyAssociated", f"{address['PublicIp']} is already associated")
        response = original(params)
        found = re.search(r"<natGatewayId>([^<]+)", response[2].decode())
        if found and address is not None:
            address |= _association(ec2, _first(params, "SubnetId"))
            return response[0], response[1], _with_addresses(ec2, response[2].decode()).encode()
        return response

    return create


def _association(ec2: Inside, subnet_id: str) -> dict[str, str]:
    network = ipaddress.ip_network((ec2.subnets.get(subnet_id) or {}).get("CidrBlock", "10.0.0.0/24"), strict=False)
    return {
        "AssociationId": f"eipassoc-{secrets.token_hex(9)[:17]}",
        "NetworkInterfaceId": f"eni-{secrets.token_hex(9)[:17]}",
        "PrivateIpAddress": str(network[min(5, network.num_addresses - 1)]),
    }


def _describing(ec2: Inside, original: Callable[..., Response]) -> Callable[..., Response]:
    def describe(params: dict[str, Any]) -> Response:
        status, headers, body = original(params)
        return status, headers, _with_addresses(ec2, body.decode()).encode()

    return describe


def _with_addresses(ec2: Inside, body: str) -> str:
    """Fill each gateway's empty address set from the address it was made with."""

    def fill(match: re.Match[str]) -> str:
        gateway = ec2.nat_gateways.get(match[1], {})
        address = ec2.addresses.get(gateway.get("AllocationId"))
        if not address or gateway["State"] != "available":
            return match[0]
        fields = _xml_fields(
            address, ("AllocationId", "PublicIp", "AssociationId", "NetworkInterfaceId", "PrivateIpAddress")
        )
        fields = fields.replace("privateIpAddress>", "privateIp>")
        item = f"<item>{fields}<isPrimary>true</isPrimary><status>succeeded</status></item>"
        return match[0].replace("<natGatewayAddressSet/>", f"<natGatewayAddressSet>{item}</natGatewayAddressSet>")

    return re.sub(r"<natGatewayId>([^<]+)</natGatewayId>.*?<natGatewayAddressSet/>", fill, body, flags=re.DOTALL)


def _deleting(ec2: Inside, original: Callable[..., Response]) -> Callable[..., Response]:
    def delete(params: dict[str, Any]) -> Response:
        gateway = ec2.nat_gateways.get(_first(params, "NatGatewayId"), {})
        address = ec2.addresses.get(gateway.get("AllocationId"))
        if address:
            address |= dict.fromkeys(("AssociationId", "NetworkInterfaceId", "PrivateIpAddress"))
        return original(params)

    return delete


def _releasing(ec2: Inside, original: Callable[..., Response]) -> Callable[..., Response]:
    def release(params: dict[str, Any]) -> Response:
        address = ec2.addresses.get(_first(params, "AllocationId"))
        if address and address["AssociationId"]:
            return _refused(ec2, "InvalidIPAddress.InUse", f"The address {address['PublicIp']} is in use")
        return original(params)

    return release


def _describe_addresses(ec2: Inside, params: dict[str, Any]) -> Response:
    wanted = {
        "AllocationId": ec2.parse_member_list(params, "AllocationId"),
        "PublicIp": ec2.parse_member_list(params, "PublicIp"),
    }
    filters = ec2.parse_filters(params)
    found = []
    for address in ec2.addresses.values():
        asked_for = all(address[field] in values for field, values in wanted.items() if values)
        fitting = all(address[field] in filters[name] for name, field in _FILTERS.items() if name in filters)
        if asked_for and fitting and ec2.resource_matches_tag_filters(address["AllocationId"], filters):
            found.append(address)
    items = "".join(
        f"<item>{_xml_fields(one, tuple(_FIELDS))}{ec2.tag_set_xml(one['AllocationId'])}</item>" for one in found
    )
    answer: Response = ec2.xml(200, "DescribeAddressesResponse", f"<addressesSet>{items}</addressesSet>")
    return answer


def _xml_fields(address: Mapping[str, Any], fields: tuple[str, ...]) -> str:
    return "".join(f"<{_FIELDS[name]}>{address[name]}</{_FIELDS[name]}>" for name in fields if address.get(name))


def _refused(ec2: Inside, code: str, message: str) -> Response:
    answer: Response = ec2.error(code, message, 400)
    return answer
