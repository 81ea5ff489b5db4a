"""`landwaiter aws plan|up|status|down`: the whole deployment."""

import click

from landwaiter.aws.client_types import ClientFactory
from landwaiter.aws.deployment.config import DeployConfig
from landwaiter.cli.aws.connection import connection_options
from landwaiter.cli.aws.running import Run
from landwaiter.cli.aws.settings import settings_options
from landwaiter.cli.tables import format_option

yes_option = click.option("--yes", is_flag=True, help="do not ask")


@click.command(
    epilog="""\b
Examples:
  landwaiter aws plan --platform-url https://landwaiter.example.org:8443
  landwaiter aws plan --config landwaiter-aws.toml --format json"""
)
@settings_options
@connection_options
@format_option
def plan(client: ClientFactory, config: DeployConfig, form: str) -> None:
    """Show every step, how far it is, what `up` would do, and what it costs. Changes nothing."""
    Run(client, config, form).plan(lambda deployment: deployment.steps())


@click.command(
    epilog="""\b
Examples:
  LANDWAITER_ADMIN_TOKEN=... landwaiter aws up --platform-url https://landwaiter.example.org:8443 --root-ca ca.pem
  landwaiter aws up --zones 2 --yes
  landwaiter aws up --vpc-id vpc-0a1b --lambda-subnet subnet-0c --codebuild-subnet subnet-0d"""
)
@settings_options
@connection_options
@yes_option
@format_option
def up(client: ClientFactory, config: DeployConfig, yes: bool, form: str) -> None:
    """Deploy parts 1 to 4 of the runbook, in order, after asking. Safe to run again; goes on after an interruption.

    The sensor token is taken from LANDWAITER_TOKEN, or made with LANDWAITER_ADMIN_TOKEN, which also enters the
    Elastic IP in the platform's allow list.
    """
    Run(client, config, form).up(lambda deployment: deployment.steps(), yes=yes)


@click.command(
    epilog="""\b
Examples:
  landwaiter aws status
  landwaiter aws status --format json"""
)
@settings_options
@connection_options
@format_option
def status(client: ClientFactory, config: DeployConfig, form: str) -> None:
    """Show what is deployed and what it costs. Exits with 1 when something is missing or differs."""
    Run(client, config, form).status(lambda deployment: deployment.steps())


@click.command(
    epilog="""\b
Examples:
  landwaiter aws down
  LANDWAITER_ADMIN_TOKEN=... landwaiter aws down --yes"""
)
@settings_options
@connection_options
@yes_option
@format_option
def down(client: ClientFactory, config: DeployConfig, yes: bool, form: str) -> None:
    """Remove all that `up` made, and nothing else, after asking."""
    Run(client, config, form).down(lambda deployment: deployment.undo_steps(), yes=yes)
