"""Part 1 as steps: the network stack, its public table as the main one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from landwaiter.aws import templates
from landwaiter.aws.deployment.stacks import Stack
from landwaiter.aws.deployment.steps import Finding, Step, removal
from landwaiter.aws.network import main_table
from landwaiter.aws.network.cidr import SubnetPlan, overlapping, plan_of, plan_subnets
from landwaiter.errors import InputError

_STATES_IN_ORDER = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"})


@dataclass(frozen=True, slots=True)
class Layout:
    """The shape of our own network; what is not said stays as it is deployed, and is the guide's at first.

    `zone_names` are availability zones, as many as `zones`; empty: AWS's first.
    """

    subnets: SubnetPlan | None = None
    zones: int = 0
    zone_names: tuple[str, ...] = ()

    def on(self, present: Mapping[str, str]) -> "Layout":
        """The whole shape, given the parameters of the stack that is there, if any."""
        subnets = self.subnets or (plan_of(present) if present else plan_subnets())
        return Layout(subnets, self.zones or int(present.get("Zones", "1")), self.zone_names)


class NetworkStack:
    """Our network stack and the VPC's main table."""

    def __init__(self, ec2: Any, stack: Stack, layout: Layout, tags: Mapping[str, str]) -> None:  # noqa: ANN401
        self._ec2 = ec2
        self._stack = stack
        self._layout = layout
        self._tags = tags

    def steps(self) -> tuple[Step, Step]:
        """Part 1, up to the Elastic IP."""
        layout, block = self._shape(), self._block
        where = "one availability zone" if layout.zones == 1 else "two availability zones"
        gateways = "a NAT gateway with an Elastic IP" if layout.zones == 1 else "two NAT gateways with Elastic IPs"
        return (
            Step(
                "network",
                "Network stack",
                1,
                f"Make the stack {self._stack.name}: a VPC {block} with DNS resolution and hostnames, two "
                f"public and two private subnets in {where}, an internet gateway, {gateways}, and public and private "
                "route tables.",
                self._look_stack,
                self._deploy,
            ),
            Step(
                "main-table",
                "Public-RT becomes the main route table",
                1,
                "Make Public-RT the main route table of the VPC, and mark the original one for the way back.",
                self._look_main,
                self._make_main,
            ),
        )

    def undo_steps(self) -> tuple[Step, Step]:
        """Part 1 backwards."""
        return (
            Step(
                "main-table",
                "Restore the main route table",
                1,
                "Make the VPC's original route table its main one again.",
                lambda: removal(
                    bool(self._vpc()) and main_table.is_marked(self._ec2, self._vpc()), "the mark is there"
                ),
                self._restore_main,
            ),
            Step(
                "network",
                "Delete the network stack",
                1,
                f"Delete the stack {self._stack.name}: VPC, subnets, route tables, gateways and the Elastic IP.",
                lambda: removal(self._stack.describe() is not None, self._stack.name),
                lambda: "deleted" if self._stack.delete() else "there was none",
            ),
        )

    def warnings(self) -> tuple[str, ...]:
        """What is not wrong, but worth knowing before the network is made."""
        vpcs = self._ec2.get_paginator("describe_vpcs").paginate()
        own = self._vpc()
        others = {
            vpc["VpcId"]: [one["CidrBlock"] for one in vpc.get("CidrBlockAssociationSet", [])] or [vpc["CidrBlock"]]
            for page in vpcs
            for vpc in page["Vpcs"]
            if vpc["VpcId"] != own
        }
        return overlapping(self._block, others)

    def _shape(self) -> Layout:
        return self._layout.on(self._stack.parameters())

    @property
    def _block(self) -> str:
        subnets = self._shape().subnets
        return subnets.vpc if subnets else ""

    @property
    def zones(self) -> int:
        """How many availability zones the network has, or will have; each has a NAT gateway."""
        return self._shape().zones

    def _vpc(self) -> str:
        return self._stack.outputs().get("VpcId", "")

    def _look_stack(self) -> Finding:
        stack = self._stack.describe()
        if stack is None:
            return Finding("to do", f"VPC {self._block} in {', '.join(self._zone_names({}))}")
        return look_at(self._stack, stack, templates.read("network"), self._parameters(), self._tags)

    def _deploy(self) -> str:
        present = self._stack.parameters()
        wanted = self._parameters()
        changed = sorted(key for key, value in wanted.items() if present and present.get(key, "") != value)
        if changed:
            differing = ", ".join(f"{key} is {present.get(key) or 'unset'}, not {wanted[key]}" for key in changed)
            raise InputError(
                f"The network that is deployed has another shape: {differing}.",
                "A VPC is not reshaped in place: ask for what is there, or take it down first (landwaiter aws down).",
            )
        done = self._stack.deploy(templates.read("network"), wanted, self._tags)
        told = self._stack.outputs()
        addresses = [told[key] for key in ("EgressAddress", "EgressAddress2") if told.get(key)]
        return f"{'deployed' if done else 'unchanged'}; calls come from {', '.join(addresses)}"

    def _parameters(self) -> dict[str, str]:
        present = self._stack.parameters()
        layout, names = self._layout.on(present), self._zone_names(present)
        zones = {"Zones": str(layout.zones), "Zone1": names[0], "Zone2": names[-1] if layout.zones == 2 else ""}
        return {**(layout.subnets.parameters if layout.subnets else {}), **zones}

    def _zone_names(self, present: Mapping[str, str]) -> tuple[str, ...]:
        """The zones to use: those given, those that are used already, or the first ones of the region."""
        layout = self._layout.on(present)
        used = tuple(name for name in (present.get("Zone1", ""), present.get("Zone2", "")) if name)
        if not layout.zone_names and len(used) == layout.zones:
            return used
        filters = [{"Name": "state", "Values": ["available"]}, {"Name": "zone-type", "Values": ["availability-zone"]}]
        found = self._ec2.describe_availability_zones(Filters=filters)["AvailabilityZones"]
        names = sorted(str(zone["ZoneName"]) for zone in found)
        region = self._ec2.meta.region_name
        absent = [name for name in layout.zone_names if name not in names]
        if absent:
            raise InputError(
                f"The region {region} has no availability zone {', '.join(absent)}.", f"It has {', '.join(names)}."
            )
        if len(names) < layout.zones:
            raise InputError(
                f"The region {region} has {len(names)} availability zones open to this account, not {layout.zones}.",
                "Deploy with --zones 1, or in another region.",
            )
        return layout.zone_names or tuple(names[: layout.zones])

    def _look_main(self) -> Finding:
        told = self._stack.outputs()
        if "VpcId" not in told:
            return Finding("to do", "after the network stack")
        if main_table.is_main(self._ec2, told["VpcId"], told["PublicRouteTableId"]):
            return Finding("done", told["PublicRouteTableId"])
        return Finding("to do", f"{told['PublicRouteTableId']} is not main yet")

    def _make_main(self) -> str:
        told = self._stack.outputs()
        changed = main_table.make_main(self._ec2, told["VpcId"], told["PublicRouteTableId"])
        return "made main" if changed else "is main already"

    def _restore_main(self) -> str:
        vpc_id = self._vpc()
        changed = bool(vpc_id) and main_table.restore_main(self._ec2, vpc_id)
        return "restored" if changed else "nothing to restore"


def look_at(
    stack: Stack, described: Mapping[str, Any], template: str, wanted: Mapping[str, str | None], tags: Mapping[str, str]
) -> Finding:
    """How a stack that exists differs from what is wanted; parameters that are None stay as they are."""
    status = str(described["StackStatus"])
    if status.endswith("_IN_PROGRESS"):
        return Finding("to do", f"{status}: another run is at it, or was interrupted")
    if status not in _STATES_IN_ORDER:
        return Finding("differs", f"{status}: it will be mended or made anew")
    present = {one["ParameterKey"]: one["ParameterValue"] for one in described.get("Parameters", [])}
    differing = [key for key, value in wanted.items() if value is not None and present.get(key, "") != value]
    if stack.template() != template:
        differing.append("the template")
    marked = {one["Key"]: one["Value"] for one in described.get("Tags", [])}
    if not tags.items() <= marked.items():
        differing.append("tags")
    return Finding("differs", f"to change: {', '.join(differing)}") if differing else Finding("done", status)
