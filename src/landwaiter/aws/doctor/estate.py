"""What one look at the account saw, as plain frozen data. Nothing here calls AWS.

A part that could not be read is `Unseen` with the reason, so that each check can say why it was skipped.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

Seen = TypeVar("Seen")


@dataclass(frozen=True, slots=True)
class Unseen:
    """Why something was not read, such as "not permitted: ec2:DescribeVpcs"."""

    reason: str


class NotSeenError(Exception):
    """A check needs what was not seen; its text is the reason for skipping."""


def seen(value: Seen | Unseen | None, missing: str = "It is not there.") -> Seen:
    """Return what was seen. Raises `NotSeenError` with the reason, or with `missing` for what does not exist."""
    if isinstance(value, Unseen):
        raise NotSeenError(value.reason)
    if value is None:
        raise NotSeenError(missing)
    return value


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet; `name` is its Name tag."""

    id: str
    name: str
    zone: str
    cidr: str
    auto_public: bool


@dataclass(frozen=True, slots=True)
class Route:
    """A route; `target` is the id of a gateway of any kind, "" when it was lost. `blackhole` leads nowhere."""

    destination: str
    target: str
    blackhole: bool


@dataclass(frozen=True, slots=True)
class RouteTable:
    """A route table.

    `associations` are those of subnets that name it: subnet and association. `main_association` is "" for a table that
    is not main; `was_main` marks the VPC's first main table.
    """

    id: str
    name: str
    main_association: str
    associations: tuple[tuple[str, str], ...]
    routes: tuple[Route, ...]
    was_main: bool = False

    @property
    def main(self) -> bool:
        """Whether subnets that name no table follow this one."""
        return bool(self.main_association)

    @property
    def subnet_ids(self) -> tuple[str, ...]:
        """The subnets that name this table."""
        return tuple(subnet_id for subnet_id, _ in self.associations)

    @property
    def default(self) -> Route | None:
        """The route of 0.0.0.0/0."""
        return next((route for route in self.routes if route.destination == "0.0.0.0/0"), None)


@dataclass(frozen=True, slots=True)
class InternetGateway:
    """An internet gateway; `attached` says whether it hangs on our VPC."""

    id: str
    attached: bool


@dataclass(frozen=True, slots=True)
class NatGateway:
    """A NAT gateway. `addresses` are its public addresses that belong to an Elastic IP."""

    id: str
    subnet_id: str
    state: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Network:
    """The VPC of function and project, and what belongs where in it.

    `origin` is "stack" (ours), "guide" (made by hand as the guide says) or "brought" (a VPC of the customer's own).
    `certain` tells whether the two private subnets are known in their order, rather than inferred from addresses.
    """

    vpc_id: str
    origin: str
    zones: int
    dns_support: bool | Unseen
    dns_hostnames: bool | Unseen
    subnets: tuple[Subnet, ...] | Unseen
    tables: tuple[RouteTable, ...] | Unseen
    gateways: tuple[InternetGateway, ...] | Unseen
    nats: tuple[NatGateway, ...] | Unseen
    security_group: str
    lets_out: bool | Unseen
    public: tuple[str, ...]
    private: tuple[str, ...]
    lambda_subnet: str
    codebuild_subnet: str
    certain: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of a policy statement: operator, key in lower case, values."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of an IAM policy. `principals` are written "Service:x" or "AWS:x"; empty in identity policies."""

    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    principals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy Codebuild-Qualys-VPC-Access."""

    arn: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Role:
    """A role, who may assume it, and the ARNs of the managed policies attached to it."""

    arn: str
    trust: tuple[Statement, ...]
    attached: tuple[str, ...] | Unseen


@dataclass(frozen=True, slots=True)
class Function:
    """The Lambda function. `ours` tells whether it runs Landwaiter's code; one of the guide's stack may not."""

    arn: str
    state: str
    ours: bool
    role_arn: str
    vpc_id: str
    subnet_ids: tuple[str, ...]
    group_ids: tuple[str, ...]
    environment: Mapping[str, str]
    layer_arns: tuple[str, ...]
    dead_letters: str
    modified: datetime | None


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate as far as it matters here; `sha256` is of its DER form."""

    subject: str
    is_ca: bool
    not_before: datetime
    not_after: datetime
    sha256: str


@dataclass(frozen=True, slots=True)
class LayerFile:
    """A file in a layer, below /opt; `certificates` is None where it holds none that can be read."""

    path: str
    certificates: tuple[Certificate, ...] | None


@dataclass(frozen=True, slots=True)
class Concurrency:
    """The function's reserved concurrency (None: none reserved)."""

    reserved: int | None


@dataclass(frozen=True, slots=True)
class Secret:
    """The secret with the platform's token; its value is never read."""

    name: str
    deleted: bool


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable of the project: `kind` is PLAINTEXT, SECRETS_MANAGER or PARAMETER_STORE."""

    value: str
    kind: str


@dataclass(frozen=True, slots=True)
class Project:
    """The CodeBuild project. `certificates` are the roots its builds trust in addition."""

    arn: str
    ours: bool
    role_arn: str
    vpc_id: str
    subnet_ids: tuple[str, ...]
    group_ids: tuple[str, ...]
    environment: Mapping[str, Variable]
    limit: int | None
    privileged: bool
    certificates: tuple[Certificate, ...] | Unseen


@dataclass(frozen=True, slots=True)
class Build:
    """A finished build; `phase` is the one that failed and `reason` what CodeBuild says of it."""

    id: str
    succeeded: bool
    started: datetime | None
    phase: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """A target of a rule, and its dead-letter queue's ARN."""

    arn: str
    dead_letters: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that concerns us. `matches` names the sample events that its pattern takes (see `read_events`).

    `bus` is "default", or the name of a bus that other accounts forward their events to.
    """

    name: str
    arn: str
    enabled: bool
    schedule: str
    matches: frozenset[str]
    targets: tuple[Target, ...]
    bus: str = "default"


@dataclass(frozen=True, slots=True)
class Queue:
    """A dead-letter queue. `oldest` is when the oldest message that was seen was sent; None when none was seen."""

    name: str
    url: str
    arn: str
    messages: int
    alarmed: bool | Unseen
    oldest: datetime | Unseen | None


@dataclass(frozen=True, slots=True)
class Handshake:
    """What the function's test invocation said of the platform.

    `admitted` and `token_accepted` are None where that could not be told; `bundle` is the state of the advisory data.
    """

    reachable: bool
    trusted: bool
    error: str
    address: str
    admitted: bool | None
    token_accepted: bool | None
    bundle: str
    bundle_age_seconds: int | None


@dataclass(frozen=True, slots=True)
class Repository:
    """An ECR repository whose images tasks run. `policy` is None where it has none."""

    arn: str
    account: str
    policy: tuple[Statement, ...] | Unseen | None


@dataclass(frozen=True, slots=True)
class Tasks:
    """What runs on Fargate.

    `newest` is the newest task whose event must have been handled by now, and `handled` whether the function's log
    knows it. `pull_denied` are the ARNs of repositories that the service role may not pull from.
    """

    newest: str
    started: datetime | None
    handled: bool | Unseen
    repositories: tuple[Repository, ...]
    pull_denied: tuple[str, ...] | Unseen


@dataclass(frozen=True, slots=True)
class Estate:
    """All of it. None means that there is none of that name."""

    account: str
    partition: str
    region: str
    now: datetime
    network: Network | Unseen | None
    policy: Policy | Unseen | None
    service_role: Role | Unseen | None
    lambda_role: Role | Unseen | None
    function: Function | Unseen | None
    permissions: tuple[Statement, ...] | Unseen
    layer_files: tuple[LayerFile, ...] | Unseen
    concurrency: Concurrency | Unseen
    secret: Secret | Unseen | None
    project: Project | Unseen | None
    builds: tuple[Build, ...] | Unseen
    rules: tuple[Rule, ...] | Unseen
    queues: tuple[Queue, ...] | Unseen
    handshake: Handshake | Unseen
    allowed: tuple[str, ...] | Unseen
    tasks: Tasks | Unseen
