"""What the services of `sensors` return."""

from datetime import datetime

import msgspec


class SensorView(msgspec.Struct, frozen=True):
    """The sensor of one account and region. `silent` when neither an event nor a sweep came for longer than it should.

    `token` is the prefix of the token it calls with. `tasks_running` is what the platform believes to run there,
    `scans_failed_day` how many scans of that account and region failed in the last 24 hours.
    """

    account: str
    region: str
    token: str
    address: str
    first_seen: datetime
    last_event: datetime | None
    last_sweep: datetime | None
    silent: bool
    tasks_running: int
    scans_failed_day: int


class Refusal(msgspec.Struct, frozen=True):
    """Calls from an address that were refused: `reason` is "network" (not on the allow list) or "token" (not valid).

    `times` counts at most one in ten seconds.
    """

    address: str
    reason: str
    path: str
    times: int
    first: datetime
    last: datetime


class Calls(msgspec.Struct, frozen=True):
    """Who calls, and who was refused in the last week, both with the most telling first."""

    sensors: tuple[SensorView, ...]
    refusals: tuple[Refusal, ...]
