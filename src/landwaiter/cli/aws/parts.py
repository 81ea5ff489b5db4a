"""`landwaiter aws network …` and `landwaiter aws stack …`: a part of the deployment alone."""

import click

from landwaiter.aws.client_types import ClientFactory
from landwaiter.aws.deployment.config import DeployConfig
from landwaiter.aws.deployment.deploy import Deployment
from landwaiter.aws.deployment.steps import Step
from landwaiter.cli.aws.connection import connection_options
from landwaiter.cli.aws.lifecycle import yes_option
from landwaiter.cli.aws.running import Run
from landwaiter.cli.aws.settings import settings_options
from landwaiter.cli.tables import format_option


@click.group(
    epilog="""\b
Examples:
  landwaiter aws network up --zones 2
  landwaiter aws network status"""
)
def network() -> None:
    """Part 1 alone: VPC, subnets, route tables, NAT, and its address in the platform's allow list."""


@network.command("up", epilog="\b\nExample:\n  landwaiter aws network up --vpc-cidr 10.77.0.0/24")
@settings_options
@connection_options
@yes_option
@format_option
def network_up(client: ClientFactory, config: DeployConfig, yes: bool, form: str) -> None:
    """Make the network."""
    Run(client, config, form).up(lambda deployment: deployment.network_steps(), yes=yes, needs_platform=False)


@network.command("status", epilog="\b\nExample:\n  landwaiter aws network status --format json")
@settings_options
@connection_options
@format_option
def network_status(client: ClientFactory, config: DeployConfig, form: str) -> None:
    """Show how far the network is. Exits with 1 when something is missing or differs."""
    Run(client, config, form).status(lambda deployment: deployment.network_steps())


@network.command("down", epilog="\b\nExample:\n  landwaiter aws network down --yes")
@settings_options
@connection_options
@yes_option
@format_option
def network_down(client: ClientFactory, config: DeployConfig, yes: bool, form: str) -> None:
    """Remove the network; refused while the scanning stack lives in it."""
    Run(client, config, form).down(lambda deployment: deployment.undo_network_steps(), yes=yes)


@click.group(
    epilog="""\b
Examples:
  landwaiter aws stack up --platform-url https://landwaiter.example.org:8443
  landwaiter aws stack down"""
)
def stack() -> None:
    """The scanning stack alone: policy, root CA layer, function, project, rules (parts 2 to 4)."""


@stack.command("up", epilog="\b\nExample:\n  landwaiter aws stack up --max-concurrent-builds 40")
@settings_options
@connection_options
@yes_option
@format_option
def stack_up(client: ClientFactory, config: DeployConfig, yes: bool, form: str) -> None:
    """Deploy the scanning stack into the network that is there."""
    Run(client, config, form).up(_scanning_steps_in_network, yes=yes)


def _scanning_steps_in_network(deployment: Deployment) -> tuple[Step, ...]:
    deployment.check_network()
    return deployment.scanning_steps()


@stack.command("status", epilog="\b\nExample:\n  landwaiter aws stack status")
@settings_options
@connection_options
@format_option
def stack_status(client: ClientFactory, config: DeployConfig, form: str) -> None:
    """Show how far the scanning stack is. Exits with 1 when something is missing or differs."""
    Run(client, config, form).status(lambda deployment: deployment.scanning_steps())


@stack.command("down", epilog="\b\nExample:\n  landwaiter aws stack down --yes")
@settings_options
@connection_options
@yes_option
@format_option
def stack_down(client: ClientFactory, config: DeployConfig, yes: bool, form: str) -> None:
    """Remove the scanning stack and its code; the network stays."""
    Run(client, config, form).down(lambda deployment: deployment.undo_scanning_steps(), yes=yes)
