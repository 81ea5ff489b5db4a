"""What one run deploys, and with which secrets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from landwaiter.aws.deployment.config import DeployConfig
from landwaiter.aws.network.cidr import plan_subnets
from landwaiter.aws.network.private import OwnNetwork
from landwaiter.aws.network.stack import Layout


@dataclass(frozen=True, slots=True)
class DeployOptions:
    """What to deploy. `root_ca` is the platform's custom root CA as PEM, "" with a well-known one.

    Without `platform_token`, the sensor token, one is made with `admin_token`; without that, a person enters the
    Elastic IP in the allow list. `parameters` are further parameters of the scanning template. `cache` keeps the job's
    zip between runs. `poll` is the time between two looks at a stack, in seconds. `layout` is the shape of a network
    of our own; with `own_network` none is made.
    """

    platform_url: str
    platform_token: str = ""
    root_ca: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    cache: Path | None = None
    poll: float = 2.0
    admin_token: str = ""
    layout: Layout = field(default_factory=Layout)
    own_network: OwnNetwork | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"DeployOptions(platform_url={self.platform_url!r})"


def options_of(
    config: DeployConfig,
    *,
    platform_token: str = "",
    admin_token: str = "",
    cache: Path | None = None,
    poll: float = 2.0,
) -> DeployOptions:
    """The options that settings ask for. Raises `InputError` on address ranges that do not fit."""
    own = None
    if config.vpc_id:
        own = OwnNetwork(
            config.vpc_id,
            config.lambda_subnet,
            config.codebuild_subnet,
            config.security_group,
            config.egress_addresses,
        )
    subnets = None
    if config.vpc_cidr:
        subnets = plan_subnets(config.vpc_cidr, config.public_subnets, config.private_subnets)
    return DeployOptions(
        platform_url=config.platform_url,
        platform_token=platform_token,
        root_ca=config.root_ca,
        parameters=_parameters(config),
        cache=cache,
        poll=poll,
        admin_token=admin_token,
        layout=Layout(subnets, config.zones or 0, config.availability_zones),
        own_network=own,
        tags=config.tags,
    )


def _parameters(config: DeployConfig) -> dict[str, str]:
    settings = {
        "ConcurrentBuildLimit": config.max_concurrent_builds,
        "SweepMinutes": config.sweep_minutes,
        "PermissionsBoundaryArn": config.permissions_boundary,
    }
    return {
        "Architecture": config.architecture,
        **{name: str(value) for name, value in settings.items() if value},
        **config.parameters,
    }
