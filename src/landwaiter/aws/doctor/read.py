"""One read of the account's state, part by part."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from landwaiter.aws import names
from landwaiter.aws.client_types import ClientFactory
from landwaiter.aws.doctor.estate import Estate, Unseen
from landwaiter.aws.doctor.read_events import read_queues, read_rules
from landwaiter.aws.doctor.read_function import (
    read_concurrency,
    read_function,
    read_handshake,
    read_permissions,
    read_secret,
)
from landwaiter.aws.doctor.read_identity import read_policy, read_role
from landwaiter.aws.doctor.read_layers import read_layers
from landwaiter.aws.doctor.read_network import Given, read_network
from landwaiter.aws.doctor.read_project import read_builds, read_project
from landwaiter.aws.doctor.read_tasks import read_tasks
from landwaiter.aws.doctor.reading import Account
from landwaiter.errors import LandwaiterError


class AllowList(Protocol):
    """The platform's list of permitted networks (aws/deployment/platform_client.py)."""

    def networks(self) -> list[str]:
        """The networks in CIDR notation."""

    def admit(self, network: str, note: str) -> None:
        """Enter a network; nothing happens when it is there already."""


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def read_estate(
    client: ClientFactory,
    *,
    given: Given | None = None,
    allow_list: AllowList | None = None,
    invoke: bool = True,
    clock: Callable[[], datetime] = now,
) -> Estate:
    """Read all that the checks look at. `invoke` lets the function make its test handshake.

    Raises `LandwaiterError` when the account cannot be read at all: no credentials, no connection.
    """
    account = identify(client, clock)
    function, project = read_function(account), read_project(account)
    service_role = read_role(account, names.SERVICE_ROLE)
    rules, concurrency = read_rules(account, function), read_concurrency(account, function)
    return Estate(
        account=account.id,
        partition=account.partition,
        region=account.region,
        now=account.now,
        network=read_network(account, given or Given(), function, project),
        policy=read_policy(account, service_role),
        service_role=service_role,
        lambda_role=read_role(account, names.LAMBDA_ROLE),
        function=function,
        permissions=read_permissions(account, function),
        layer_files=read_layers(account, function),
        concurrency=concurrency,
        secret=read_secret(account, function),
        project=project,
        builds=read_builds(account, project),
        rules=rules,
        queues=read_queues(account, function, rules),
        handshake=read_handshake(account, function, concurrency, invoke=invoke),
        allowed=_allowed(allow_list),
        tasks=read_tasks(account, function, service_role),
    )


def identify(client: ClientFactory, clock: Callable[[], datetime] = now) -> Account:
    """Say which account and region these clients work on. Raises botocore's exceptions."""
    identity = client("sts").get_caller_identity()
    partition = str(identity["Arn"]).split(":")[1]
    return Account(client, str(identity["Account"]), partition, str(client("ec2").meta.region_name), clock())


def _allowed(allow_list: AllowList | None) -> tuple[str, ...] | Unseen:
    if allow_list is None:
        return Unseen("No admin token of the platform was given (LANDWAITER_ADMIN_TOKEN).")
    try:
        return tuple(allow_list.networks())
    except LandwaiterError as error:
        return Unseen(f"The platform's list was not read: {error.what}")
