"""Route tables that cannot be deleted while they are in use, and VPCs while they have any besides the main one.

Source: Amazon VPC User Guide, "Delete a route table" and "Delete your VPC". The emulator deletes both, whatever depends
on them; then nobody would notice a network that is taken down in the wrong order.
"""

from collections.abc import Callable
from typing import Any

from landwaiter.sandbox.internals import Inside, Need, Response, service
from landwaiter.sandbox.settings import Settings

NEEDS = (
    Need("services.ec2", "_ACTION_MAP"),
    Need("services.ec2", "_route_tables"),
    Need("services.ec2", "_delete_route_table", ("p",)),
    Need("services.ec2", "_delete_vpc", ("p",)),
    Need("services.ec2", "_p", ("params", "key")),
    Need("services.ec2", "_error", ("code", "message", "status")),
)


def install(_settings: Settings) -> None:
    """Guard DeleteRouteTable and DeleteVpc."""
    ec2 = service("ec2")
    ec2.delete_route_table = _guarded(ec2, ec2.delete_route_table, "RouteTableId", "routeTable", _is_used)
    ec2.delete_vpc = _guarded(ec2, ec2.delete_vpc, "VpcId", "vpc", _has_more_than_main)
    ec2.ACTION_MAP.update(DeleteRouteTable=ec2.delete_route_table, DeleteVpc=ec2.delete_vpc)


def _guarded(
    ec2: Inside, original: Callable[..., Response], parameter: str, kind: str, blocked: Callable[[Inside, str], bool]
) -> Callable[..., Response]:
    def delete(params: dict[str, Any]) -> Response:
        identity = ec2.p(params, parameter)
        if blocked(ec2, identity):
            text = f"The {kind} '{identity}' has dependencies and cannot be deleted."
            refusal: Response = ec2.error("DependencyViolation", text, 400)
            return refusal
        return original(params)

    return delete


def _is_used(ec2: Inside, table: str) -> bool:
    return bool((ec2.route_tables.get(table) or {}).get("Associations"))


def _has_more_than_main(ec2: Inside, vpc: str) -> bool:
    tables = [table for table in ec2.route_tables.values() if table["VpcId"] == vpc]
    return any(not any(one.get("Main") for one in table["Associations"]) for table in tables)
