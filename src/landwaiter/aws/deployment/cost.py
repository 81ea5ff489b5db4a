"""What a deployment costs: an estimate per month and per 1,000 tasks, with every assumption it rests on.

Prices are data (`prices.json`), with their date; a region that is not among them is estimated with those of us-east-1,
and the estimate says so.
"""

from collections.abc import Sequence
from importlib.resources import files

import msgspec

FALLBACK_REGION = "us-east-1"
_HOURS = 730
_DAYS = 365 / 12
_SWEEP_MINUTES = 15
_FUNCTION_GIGABYTES = 0.25


class Prices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Prices of one region in US dollars."""

    nat_hour: float
    nat_gigabyte: float
    address_hour: float
    build_minute_x86_64: float
    build_minute_arm64: float
    function_gigabyte_second: float
    function_million_calls: float
    key_month: float
    secret_month: float
    alarm_month: float
    log_gigabyte: float


class PriceList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All prices, the month they are of, and where they come from."""

    as_of: str
    source: str
    regions: dict[str, Prices]


class Item(msgspec.Struct, frozen=True):
    """One line of the bill: what, how much of it, US dollars."""

    what: str
    amount: str
    dollars: float


class Estimate(msgspec.Struct, frozen=True):
    """An estimate for `region`, with the prices of `prices_of` as of a month ("2026-03")."""

    region: str
    prices_of: str
    as_of: str
    month: tuple[Item, ...]
    thousand_tasks: tuple[Item, ...]
    month_dollars: float
    thousand_tasks_dollars: float
    assumptions: tuple[str, ...]


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What is deployed, and what a thousand tasks are like. `gateways` are our NAT gateways, 0 with another network."""

    gateways: int = 1
    architecture: str = "x86_64"
    sweep_minutes: int = _SWEEP_MINUTES
    new_images: int = 50
    build_minutes: float = 2.0
    image_gigabytes: float = 0.25
    function_seconds: float = 0.5
    sweep_seconds: float = 2.0


def price_list() -> PriceList:
    """The prices that come with this version."""
    text = files(__package__).joinpath("prices.json").read_bytes()
    return msgspec.json.decode(text, type=PriceList)


def estimate(region: str, usage: Usage = Usage()) -> Estimate:  # noqa: B008 - frozen
    """What a deployment in a region costs: what is there whether it is used or not, and what tasks add."""
    listed = price_list()
    prices_of = region if region in listed.regions else FALLBACK_REGION
    prices = listed.regions[prices_of]
    month, tasks = _month(prices, usage), _thousand_tasks(prices, usage)
    return Estimate(
        region,
        prices_of,
        listed.as_of,
        month,
        tasks,
        _sum(month),
        _sum(tasks),
        (*_about_prices(region, prices_of, listed), *_assumptions(usage)),
    )


def _month(prices: Prices, usage: Usage) -> tuple[Item, ...]:
    sweeps = _DAYS * 24 * 60 / (usage.sweep_minutes or _SWEEP_MINUTES)
    network = (
        Item("NAT gateway", f"{usage.gateways} x {_HOURS} h", usage.gateways * _HOURS * prices.nat_hour),
        Item("Elastic IP", f"{usage.gateways} x {_HOURS} h", usage.gateways * _HOURS * prices.address_hour),
    )
    return (
        *(network if usage.gateways else ()),
        Item("KMS key", "1", prices.key_month),
        Item("secret", "1", prices.secret_month),
        Item("alarm", "1", prices.alarm_month),
        Item("sweeps", f"{sweeps:,.0f} calls", _calls(prices, sweeps, usage.sweep_seconds)),
    )


def _thousand_tasks(prices: Prices, usage: Usage) -> tuple[Item, ...]:
    minutes, gigabytes = usage.new_images * usage.build_minutes, usage.new_images * usage.image_gigabytes
    per_minute = prices.build_minute_arm64 if usage.architecture == "arm64" else prices.build_minute_x86_64
    logs = 0.02
    return (
        Item("builds", f"{minutes:,.0f} min", minutes * per_minute),
        Item("layers through NAT", f"{gigabytes:,.1f} GB", gigabytes * prices.nat_gigabyte),
        Item("function", "2,000 calls", _calls(prices, 2000, usage.function_seconds)),
        Item("logs", f"{logs} GB", logs * prices.log_gigabyte),
    )


def _calls(prices: Prices, calls: float, seconds: float) -> float:
    computing = calls * seconds * _FUNCTION_GIGABYTES * prices.function_gigabyte_second
    return computing + calls * prices.function_million_calls / 1_000_000


def _sum(items: Sequence[Item]) -> float:
    return round(sum(item.dollars for item in items), 2)


def _about_prices(region: str, prices_of: str, listed: PriceList) -> tuple[str, ...]:
    told = f"Prices are those of {prices_of} as of {listed.as_of}: {listed.source}."
    if region == prices_of:
        return (told,)
    return (f"There are no prices for {region} in this version; its own may differ by half as much again.", told)


def _assumptions(usage: Usage) -> tuple[str, ...]:
    network = "The network is yours and not counted." if not usage.gateways else f"A month has {_HOURS} hours."
    waking = f"Each task wakes the function twice (RUNNING, STOPPED) for {usage.function_seconds:g} s at 256 MB"
    return (
        network,
        f"Of 1,000 tasks, {usage.new_images} bring an image that was not scanned before; each image is scanned once.",
        f"A scan is a build of {usage.build_minutes:g} minutes, and pulls {usage.image_gigabytes:g} GB of new layers.",
        f"{waking}; a sweep takes {usage.sweep_seconds:g} s.",
        "Storage of zips, queue, events, API calls on the key and traffic to the platform are cents at this size.",
    )
