"""`landwaiter aws attach`: part 4 of the runbook."""

from dataclasses import asdict

import click

from landwaiter.aws.client_types import ClientFactory
from landwaiter.cli.aws.agreement import agreement_options, carry_out
from landwaiter.cli.aws.connection import connection_options
from landwaiter.cli.tables import format_option


@click.command(
    epilog="""\b
Examples:
  landwaiter aws attach
  landwaiter aws attach --vpc-id vpc-0a1b2c3d
  landwaiter aws attach --lambda-subnet subnet-1 --codebuild-subnet subnet-2 --yes --format json
  landwaiter aws attach --undo"""
)
@click.option("--vpc-id", default="", help="the VPC  [default: that of our network stack]")
@click.option("--lambda-subnet", default="", help="private subnet of the function  [default: the VPC's first]")
@click.option("--codebuild-subnet", default="", help="private subnet of the builds  [default: the VPC's second]")
@click.option("--security-group", default="", help="[default: the VPC's default one]")
@click.option("--undo", is_flag=True, help="put back what attach has changed, and nothing else")
@agreement_options
@format_option
@connection_options
def attach(
    client: ClientFactory,
    vpc_id: str,
    lambda_subnet: str,
    codebuild_subnet: str,
    security_group: str,
    *,
    undo: bool,
    yes: bool,
    dry_run: bool,
    form: str,
) -> None:
    """Part 4: roles, function and CodeBuild project of a stack that exists into the VPC.

    Works on a stack of ours and on one made by hand from the guide. Only what differs is changed; CodeBuild does not
    modify its service role.
    """
    from landwaiter.aws import attach as part4
    from landwaiter.aws.network.placement import Wanted, find_placement

    if undo:
        changes = part4.undo_changes(client)
        carry_out(changes, yes=yes, dry_run=dry_run, form=form, nothing="attach has changed nothing here.")
        return
    placement = find_placement(client, Wanted(vpc_id, lambda_subnet, codebuild_subnet, security_group))
    if form == "table":
        click.echo(
            f"{placement.vpc_id}: function in {placement.lambda_subnet_id}, builds in {placement.codebuild_subnet_id}, "
            f"security group {placement.security_group_id}"
        )
    changes = part4.attach_changes(client, placement)
    facts = {"placement": asdict(placement)}
    carry_out(changes, yes=yes, dry_run=dry_run, form=form, nothing="Everything is attached already.", facts=facts)
