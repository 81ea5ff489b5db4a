"""Choosing checks, and mending in rounds."""

from dataclasses import replace
from typing import Any

import pytest

from landwaiter.aws.doctor import repairs, run
from landwaiter.aws.doctor.checks import CHECKS
from landwaiter.aws.doctor.estate import Estate, InternetGateway
from landwaiter.aws.doctor.layout import network_of
from landwaiter.aws.doctor.repairs import Tools
from landwaiter.aws.doctor.run import choose, mend
from landwaiter.errors import InputError


def test_checks_are_chosen_by_id_or_group() -> None:
    assert choose(()) == CHECKS
    assert [one.id for one in choose(["lw-net-004"])] == ["LW-NET-004"]
    assert {one.id[:6] for one in choose(["LW-NET", "LW-CA-001"])} == {"LW-NET", "LW-CA-"}


@pytest.mark.parametrize(("wrong", "near"), [("LW-NET-4", "LW-NET-0"), ("LW-EVT-099", "LW-EVT-009"), ("zzz", "list")])
def test_a_wrong_id_names_the_nearest(wrong: str, near: str) -> None:
    with pytest.raises(InputError) as raised:
        choose([wrong])
    assert near in raised.value.remedy


class Ec2:
    """Notes what it is told; a gateway that is attached is attached in the next look."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda **given: self.told.append((name, given))


def test_one_repair_makes_another_possible(estate: Estate) -> None:
    """A gateway that was detached and whose route is gone: two rounds, one after the other."""
    ec2 = Ec2()
    network: Any = estate.network
    public, *others = network.tables

    def read() -> Estate:
        done = {name for name, _ in ec2.told}
        table = public if "create_route" in done else replace(public, routes=())
        gateways = (InternetGateway("igw-1", attached="attach_internet_gateway" in done),)
        return replace(estate, network=replace(network, tables=(table, *others), gateways=gateways))

    after, findings = mend(read, Tools(lambda _service: ec2))
    told = {one.id: (one.status, one.done) for one in findings if one.done}
    assert [name for name, _ in ec2.told] == ["attach_internet_gateway", "create_route"]
    assert told["LW-NET-009"] == ("passed", "Attached igw-1 to vpc-1.")
    assert told["LW-NET-010"][0] == "passed"
    assert "Made a route" in told["LW-NET-010"][1]
    assert after.network == replace(network)


def test_a_repair_that_is_refused_says_so_and_ends(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def refuse(_tools: Tools, _estate: Estate) -> str:
        calls.append(1)
        raise InputError("It is not ours.", "Ask its owner.")

    monkeypatch.setattr(run, "REPAIRS", {**repairs.REPAIRS, "LW-NET-015": refuse})
    broken = replace(estate, network=replace(network_of(estate), dns_support=False))
    _, findings = mend(lambda: broken, Tools(lambda _service: None))
    finding = next(one for one in findings if one.id == "LW-NET-015")
    assert (finding.status, finding.done) == ("failed", "Not mended: It is not ours. Ask its owner.")
    assert calls == [1]


def test_a_repair_that_does_not_help_is_not_tried_for_ever(estate: Estate) -> None:
    ec2 = Ec2()
    broken = replace(estate, network=replace(network_of(estate), dns_support=False))
    _, findings = mend(lambda: broken, Tools(lambda _service: ec2))
    assert next(one for one in findings if one.id == "LW-NET-015").status == "failed"
    assert len(ec2.told) <= 2
