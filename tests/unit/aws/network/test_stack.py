"""The choice of availability zones, in regions as the sandbox has none."""

from types import SimpleNamespace
from typing import Any

import pytest

from landwaiter.aws.network.stack import Layout, NetworkStack
from landwaiter.errors import InputError


class Ec2:
    """A region with some zones open to the account."""

    meta = SimpleNamespace(region_name="us-west-1")

    def __init__(self, *zones: str) -> None:
        self._zones = zones

    def describe_availability_zones(self, **_: Any) -> dict[str, Any]:
        return {"AvailabilityZones": [{"ZoneName": name} for name in self._zones]}


class NoStack:
    name = "landwaiter-network"

    def __init__(self, **present: str) -> None:
        self._present = present

    def parameters(self) -> dict[str, str]:
        return self._present

    def outputs(self) -> dict[str, str]:
        return {}

    def describe(self) -> None:
        return None


def look(ec2: Ec2, layout: Layout, stack: NoStack | None = None) -> str:
    step = NetworkStack(ec2, stack or NoStack(), layout, {}).steps()[0]  # type: ignore[arg-type]
    return step.look().detail


def test_the_first_zones_by_name() -> None:
    assert look(Ec2("us-west-1c", "us-west-1a"), Layout()) == "VPC 10.42.0.0/24 in us-west-1a"
    assert look(Ec2("us-west-1c", "us-west-1a"), Layout(zones=2)).endswith("in us-west-1a, us-west-1c")
    assert look(Ec2("us-west-1c", "us-west-1a"), Layout(zone_names=("us-west-1c",))).endswith("in us-west-1c")


def test_a_region_with_too_few_zones() -> None:
    with pytest.raises(InputError, match="us-west-1 has 1 availability zones open to this account, not 2") as refused:
        look(Ec2("us-west-1a"), Layout(zones=2))
    assert "--zones 1" in refused.value.remedy


def test_a_zone_that_is_not_there() -> None:
    with pytest.raises(InputError, match="no availability zone us-west-1b") as refused:
        look(Ec2("us-west-1a", "us-west-1c"), Layout(zone_names=("us-west-1b",)))
    assert "us-west-1c" in refused.value.remedy
