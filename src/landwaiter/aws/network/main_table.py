"""The one part of the network that CloudFormation cannot make: which route table is the VPC's main one.

The guide has the public table as the main one (runbook, part 1, step 3). Subnets that name no table of their own
follow the main one. AWS does not delete a table while it is main, so the original has to come back before the stack
goes.
"""

from typing import Any

from landwaiter.errors import InputError

# Marks the table that was main before, so that the way back is known whoever takes it.
ORIGINAL_MAIN_TAG = "landwaiter:original-main"


def is_main(ec2: Any, vpc_id: str, route_table_id: str) -> bool:  # noqa: ANN401 - a boto3 client
    """Tell whether a route table is its VPC's main one."""
    return bool(_main_table(ec2, vpc_id)["RouteTableId"] == route_table_id)


def is_marked(ec2: Any, vpc_id: str) -> bool:  # noqa: ANN401 - a boto3 client
    """Tell whether `make_main` has left something to undo."""
    return bool(_originals(ec2, vpc_id))


def make_main(ec2: Any, vpc_id: str, route_table_id: str) -> bool:  # noqa: ANN401 - a boto3 client
    """Make a route table its VPC's main one; False when it is already. Undo with `restore_main`."""
    main = _main_table(ec2, vpc_id)
    if main["RouteTableId"] == route_table_id:
        return False
    if not _originals(ec2, vpc_id):
        ec2.create_tags(Resources=[main["RouteTableId"]], Tags=[{"Key": ORIGINAL_MAIN_TAG, "Value": "true"}])
    _swap(ec2, main, route_table_id)
    return True


def restore_main(ec2: Any, vpc_id: str) -> bool:  # noqa: ANN401 - a boto3 client
    """Make the table that was main before `make_main` the main one again; False when there is nothing to undo."""
    tables = _originals(ec2, vpc_id)
    if not tables:
        return False
    original = tables[0]["RouteTableId"]
    main = _main_table(ec2, vpc_id)
    changed = bool(main["RouteTableId"] != original)
    if changed:
        _swap(ec2, main, original)
    ec2.delete_tags(Resources=[original], Tags=[{"Key": ORIGINAL_MAIN_TAG}])
    return changed


def _originals(ec2: Any, vpc_id: str) -> list[dict[str, Any]]:  # noqa: ANN401 - a boto3 client
    filters = [{"Name": "vpc-id", "Values": [vpc_id]}, {"Name": f"tag:{ORIGINAL_MAIN_TAG}", "Values": ["true"]}]
    return list(ec2.describe_route_tables(Filters=filters)["RouteTables"])


def _main_table(ec2: Any, vpc_id: str) -> dict[str, Any]:  # noqa: ANN401 - a boto3 client
    filters = [{"Name": "vpc-id", "Values": [vpc_id]}, {"Name": "association.main", "Values": ["true"]}]
    tables = ec2.describe_route_tables(Filters=filters)["RouteTables"]
    if not tables:
        raise InputError(f"There is no VPC {vpc_id} in this account and region.", "Check the id and the region.")
    return dict(tables[0])


def _swap(ec2: Any, main: dict[str, Any], route_table_id: str) -> None:  # noqa: ANN401 - a boto3 client
    association = next(one["RouteTableAssociationId"] for one in main["Associations"] if one.get("Main"))
    ec2.replace_route_table_association(AssociationId=association, RouteTableId=route_table_id)
