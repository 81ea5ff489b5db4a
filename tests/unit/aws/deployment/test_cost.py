import re

import pytest

from landwaiter.aws.deployment.cost import FALLBACK_REGION, Usage, estimate, price_list


def test_the_sum_is_that_of_its_lines() -> None:
    for region in price_list().regions:
        found = estimate(region)
        assert found.month_dollars == pytest.approx(sum(item.dollars for item in found.month), abs=0.005)
        assert found.thousand_tasks_dollars == pytest.approx(
            sum(item.dollars for item in found.thousand_tasks), abs=0.005
        )
        assert found.prices_of == region


def test_a_month_in_virginia_by_hand() -> None:
    found = {item.what: item.dollars for item in estimate("us-east-1", Usage(sweep_minutes=15)).month}
    assert found["NAT gateway"] == pytest.approx(730 * 0.045)
    assert found["Elastic IP"] == pytest.approx(730 * 0.005)
    # 2,920 sweeps of 2 s with a quarter of a gigabyte.
    assert found["sweeps"] == pytest.approx(2920 * 2 * 0.25 * 0.0000166667 + 2920 * 0.2e-6, rel=1e-3)


def test_what_makes_it_dearer_or_cheaper() -> None:
    one = estimate("us-east-1")
    assert estimate("us-east-1", Usage(gateways=2)).month_dollars == pytest.approx(one.month_dollars + 36.5)
    assert estimate("us-east-1", Usage(gateways=0)).month_dollars < 2
    assert estimate("us-east-1", Usage(architecture="arm64")).thousand_tasks_dollars < one.thousand_tasks_dollars
    assert estimate("eu-central-1").month_dollars > one.month_dollars


def test_a_region_without_prices_says_so() -> None:
    found = estimate("mars-north-1")
    assert (found.region, found.prices_of) == ("mars-north-1", FALLBACK_REGION)
    assert "no prices for mars-north-1" in found.assumptions[0]
    assert found.month_dollars == estimate(FALLBACK_REGION).month_dollars


def test_prices_are_positive_and_dated() -> None:
    listed = price_list()
    assert re.fullmatch(r"20\d\d-[01]\d", listed.as_of)
    assert FALLBACK_REGION in listed.regions
    for prices in listed.regions.values():
        assert all(getattr(prices, name) > 0 for name in prices.__struct_fields__)
