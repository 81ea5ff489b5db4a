"""`landwaiter aws`: what is in the group, and where."""

from collections.abc import Mapping

import click

from landwaiter.cli.lazy import LazyGroup

COMMANDS: Mapping[str, tuple[str, str]] = {
    "plan": ("landwaiter.cli.aws.lifecycle:plan", "What `up` would do, and what it costs"),
    "up": ("landwaiter.cli.aws.lifecycle:up", "Deploy everything, in order; safe to run again"),
    "status": ("landwaiter.cli.aws.lifecycle:status", "What is deployed, and what it costs"),
    "down": ("landwaiter.cli.aws.lifecycle:down", "Remove all that `up` made, and nothing else"),
    "doctor": ("landwaiter.cli.aws.doctor:doctor", "Check every fact of the deployment, mend what is safe to mend"),
    "network": ("landwaiter.cli.aws.parts:network", "Part 1 alone: VPC, subnets, route tables, NAT"),
    "policy": ("landwaiter.cli.aws.policy:policy", "Part 2 alone: the policy of builds in the VPC"),
    "ca": ("landwaiter.cli.aws.ca:ca", "Part 3 alone: the platform's root CA"),
    "attach": ("landwaiter.cli.aws.attach:attach", "Part 4 alone: a stack that exists already into the VPC"),
    "stack": ("landwaiter.cli.aws.parts:stack", "The scanning stack alone"),
}


class _Commands(LazyGroup):
    table = COMMANDS


@click.group(
    cls=_Commands,
    epilog="""\b
Examples:
  landwaiter aws plan --platform-url https://landwaiter.example.org:8443
  landwaiter aws up --config landwaiter-aws.toml
  landwaiter aws doctor --fix
  landwaiter aws down --yes""",
)
def aws() -> None:
    """Deploy to AWS, and check what is deployed.

    Credentials and region are found as the AWS CLI finds them (environment, profile, role).
    """
