"""`landwaiter aws policy`: part 2 of the runbook."""

import json

import click

from landwaiter.aws.client_types import ClientFactory
from landwaiter.cli.aws.agreement import agreement_options, carry_out
from landwaiter.cli.aws.connection import connection_options
from landwaiter.cli.tables import format_option

_subnets = click.option(
    "--subnet", "subnets", multiple=True, metavar="ID", help="a subnet for the policy to name; may be given four times"
)
_vpc = click.option("--vpc-id", default="", help="name all subnets of this VPC  [default: those of our network stack]")


@click.group(
    epilog="""\b
Examples:
  landwaiter aws policy show
  landwaiter aws policy apply --vpc-id vpc-0a1b2c3d
  landwaiter aws policy remove --yes"""
)
def policy() -> None:
    """Part 2: the policy Codebuild-Qualys-VPC-Access, which lets CodeBuild place its builds into the VPC."""


@policy.command(
    epilog="""\b
Examples:
  landwaiter aws policy show
  landwaiter aws policy show --subnet subnet-1 --subnet subnet-2 --subnet subnet-3 --subnet subnet-4 > policy.json"""
)
@_vpc
@_subnets
@connection_options
def show(client: ClientFactory, vpc_id: str, subnets: tuple[str, ...]) -> None:
    """Print the policy's document as JSON, for review or for the console; nothing is changed."""
    from landwaiter.aws.network.placement import policy_subnets
    from landwaiter.aws.policy import place_of, vpc_policy_document

    place = place_of(client)
    arns = policy_subnets(client, vpc_id, subnets)
    document = vpc_policy_document(place.partition, place.region, place.account, arns)
    click.echo(json.dumps(document, indent=2))


@policy.command(
    epilog="""\b
Examples:
  landwaiter aws policy apply
  landwaiter aws policy apply --vpc-id vpc-0a1b2c3d --dry-run"""
)
@_vpc
@_subnets
@agreement_options
@format_option
@connection_options
def apply(client: ClientFactory, vpc_id: str, subnets: tuple[str, ...], *, yes: bool, dry_run: bool, form: str) -> None:
    """Make or renew the policy and attach it to QualysECSFargateImageScanningServiceRole.

    A changed document becomes the default version; of five versions the oldest goes.
    """
    from landwaiter.aws.network.placement import policy_subnets
    from landwaiter.aws.policy import apply_changes, place_of

    arns = policy_subnets(client, vpc_id, subnets)
    facts = {"policy": place_of(client).policy_arn(), "subnets": list(arns)}
    changes = apply_changes(client, arns)
    carry_out(changes, yes=yes, dry_run=dry_run, form=form, nothing="The policy is as it should be.", facts=facts)


@policy.command(
    epilog="""\b
Examples:
  landwaiter aws policy remove
  landwaiter aws policy remove --yes --format json"""
)
@agreement_options
@format_option
@connection_options
def remove(client: ClientFactory, *, yes: bool, dry_run: bool, form: str) -> None:
    """Detach the policy from every role and delete it; one that belongs to our stack goes with the stack."""
    from landwaiter.aws.policy import removal_changes

    changes = removal_changes(client)
    carry_out(changes, yes=yes, dry_run=dry_run, form=form, nothing="There is no such policy.")
