import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landwaiter.aws import templates
from landwaiter.aws.network.cidr import SubnetPlan, overlapping, plan_of, plan_subnets
from landwaiter.errors import InputError


def test_the_default_is_the_templates() -> None:
    plan = plan_subnets()
    assert plan == SubnetPlan("10.42.0.0/24", ("10.42.0.0/26", "10.42.0.64/26"), ("10.42.0.128/26", "10.42.0.192/26"))
    text = templates.read("network")
    for name, block in plan.parameters.items():
        assert f"  {name}:\n" in text
        assert f"    Default: {block}\n" in text
    assert plan_of(plan.parameters) == plan


@settings(max_examples=100)
@given(
    st.sampled_from(["10.0.0.0/8", "172.18.0.0/15", "192.168.0.0/16", "100.64.0.0/10"]),
    st.integers(16, 26),
    st.integers(0, 2**20),
)
def test_every_block_that_is_taken_holds_four_subnets_that_aws_makes(pool: str, length: int, at: int) -> None:
    network = ipaddress.IPv4Network(pool)
    count = 2 ** (length - network.prefixlen)
    vpc = ipaddress.IPv4Network((int(network[0]) + (at % count) * 2 ** (32 - length), length))
    plan = plan_subnets(str(vpc))
    subnets = [ipaddress.IPv4Network(one) for one in (*plan.public, *plan.private)]
    assert len(set(subnets)) == 4
    assert sum(one.num_addresses for one in subnets) == vpc.num_addresses
    for subnet in subnets:
        assert subnet.subnet_of(vpc)
        assert 16 <= subnet.prefixlen <= 28


@settings(max_examples=200)
@given(st.text(max_size=24) | st.from_regex(r"\d{1,3}(\.\d{1,3}){3}/\d{1,2}", fullmatch=True))
def test_any_text_gives_a_plan_or_a_reason(text: str) -> None:
    try:
        plan = plan_subnets(text)
    except InputError as error:
        refused = error
    else:
        assert ipaddress.IPv4Network(plan.vpc).is_private or plan.vpc.startswith("100.")
        return
    assert refused.what
    assert refused.remedy


@pytest.mark.parametrize(
    ("vpc", "what", "remedy"),
    [
        ("203.0.113.0/24", "no private range", "192.168.0.0/16"),
        ("172.17.4.0/24", "CodeBuild", "10.42.0.0/24"),
        ("10.0.0.0/15", "too large", "/16"),
        ("10.0.0.0/27", "too small", "/26"),
        ("10.0.0.1/24", "host bits", "Did you mean 10.0.0.0/24?"),
        ("10.0.0.0", "too small", "/26"),
        ("fd00::/56", "no address range", "10.42.0.0/24"),
        ("ten", "no address range", "10.42.0.0/24"),
    ],
)
def test_blocks_that_are_refused(vpc: str, what: str, remedy: str) -> None:
    with pytest.raises(InputError) as refused:
        plan_subnets(vpc)
    assert what in refused.value.what
    assert remedy in refused.value.remedy


@pytest.mark.parametrize(
    ("public", "private", "what"),
    [
        (("10.0.0.0/26", "10.0.0.32/27"), ("10.0.0.128/26", "10.0.0.192/26"), "overlap"),
        (("10.0.0.0/26", "10.0.1.0/26"), ("10.0.0.128/26", "10.0.0.192/26"), "outside"),
        (("10.0.0.0/29", "10.0.0.64/26"), ("10.0.0.128/26", "10.0.0.192/26"), "too small"),
        (("10.0.0.0/26",), ("10.0.0.128/26", "10.0.0.192/26"), "two public and two private"),
    ],
)
def test_subnets_that_are_refused(public: tuple[str, ...], private: tuple[str, ...], what: str) -> None:
    with pytest.raises(InputError, match=what):
        plan_subnets("10.0.0.0/24", public, private)


def test_subnets_of_ones_own() -> None:
    plan = plan_subnets("10.0.0.0/16", ("10.0.1.0/28", "10.0.2.0/28"), ("10.0.16.0/20", "10.0.32.0/20"))
    assert plan.private == ("10.0.16.0/20", "10.0.32.0/20")


def test_overlaps_are_named() -> None:
    others = {"vpc-1": ["10.42.0.0/16"], "vpc-2": ["10.43.0.0/16"], "vpc-3": ["172.31.0.0/16", "10.42.0.128/25"]}
    told = overlapping("10.42.0.0/24", others)
    assert [line.split(" of ")[1].split(":")[0] for line in told] == ["vpc-1", "vpc-3"]
