"""A policy decides a verdict from an assessment and the compliance results. It is pure: CLI and platform share it."""

import msgspec


class Policy(msgspec.Struct, frozen=True):
    """When an image fails.

    `fail_on` is the least severity that fails ("critical", "high", …, "never"); `ignore_unfixed` leaves findings
    without a fix out; `fail_on_kev` fails on any known exploited vulnerability, fixed or not; `fail_on_controls` names
    compliance controls (`benchmark control`) whose failure fails the image; `max_age_hours` is how old the advisory
    data may be.
    """

    name: str = "default"
    fail_on: str = "critical"
    ignore_unfixed: bool = False
    fail_on_kev: bool = True
    fail_on_controls: tuple[str, ...] = ()
    max_age_hours: int = 72


class Verdict(msgspec.Struct, frozen=True):
    """`status` is "pass", "fail" or "not_assessed"; `reasons` are sentences, the first the most important."""

    status: str
    reasons: tuple[str, ...] = ()
    policy: str = "default"
