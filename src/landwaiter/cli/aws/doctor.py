"""`landwaiter aws doctor`: every fact of the deployment, checked."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from landwaiter.aws.client_types import ClientFactory
from landwaiter.cli.aws.connection import connection_options
from landwaiter.cli.tables import format_option
from landwaiter.cli.terminal import progress
from landwaiter.printable import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from landwaiter.aws.deployment.platform_client import PlatformAdmin
    from landwaiter.aws.doctor.estate import Estate
    from landwaiter.aws.doctor.models import Finding

_COLOURS = {"passed": "green", "failed": "red", "warned": "yellow", "skipped": "bright_black"}


@click.command(
    epilog="""\b
Examples:
  landwaiter aws doctor
  landwaiter aws doctor --only LW-NET --only LW-EVT-004
  landwaiter aws doctor --fix
  landwaiter aws doctor --format json | jq '.checks[] | select(.status == "failed")'

Exit codes: 0 nothing failed, 1 a check failed, 2 wrong usage, 3 AWS not reached.
With LANDWAITER_ADMIN_TOKEN set, the platform's list of permitted networks is checked too."""
)
@click.option("--fix", is_flag=True, help="mend what is safe to mend, and check again")
@click.option("--only", multiple=True, metavar="ID", help="one check, or a group such as LW-NET; repeat for more")
@click.option("--vpc-id", default="", help="the VPC, where it is one of your own")
@click.option("--lambda-subnet", default="", help="its private subnet of the function")
@click.option("--codebuild-subnet", default="", help="its private subnet of the builds")
@click.option("--no-invoke", is_flag=True, help="leave out the function's test invocation")
@click.option(
    "--admin-token-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="admin token of the platform, where LANDWAITER_ADMIN_TOKEN is not set",
)
@format_option
@connection_options
def doctor(
    client: ClientFactory,
    only: tuple[str, ...],
    vpc_id: str,
    lambda_subnet: str,
    codebuild_subnet: str,
    admin_token_file: Path | None,
    form: str,
    *,
    fix: bool,
    no_invoke: bool,
) -> None:
    """Check every fact of the deployment, and mend what is safe to mend.

    Works on our stacks and on one made by hand from the guide. The function is invoked once, to make the handshake with
    the platform from where it runs. Nothing is changed without --fix.
    """
    from landwaiter.aws.doctor.read import read_estate
    from landwaiter.aws.doctor.read_network import Given
    from landwaiter.aws.doctor.repairs import Tools
    from landwaiter.aws.doctor.run import choose, examine, mend

    checks = choose(only)
    given = Given(vpc_id, lambda_subnet, codebuild_subnet)
    admin = _admin(client, admin_token_file)

    def read() -> "Estate":
        return read_estate(client, given=given, allow_list=admin, invoke=not no_invoke)

    with progress("Examining the account"):
        if fix:
            estate, findings = mend(read, Tools(client, admin), checks)
        else:
            estate = read()
            findings = examine(estate, checks)
    if form == "json":
        _show_json(estate, findings)
    else:
        _show(estate, findings)
    if any(one.status == "failed" for one in findings):
        raise click.exceptions.Exit(1)


def _admin(client: ClientFactory, token_file: Path | None) -> "PlatformAdmin | None":
    """The platform's admin API at the address that the function knows; None without token or address."""
    from landwaiter.aws.deployment.config import read_secret

    token = read_secret("LANDWAITER_ADMIN_TOKEN", str(token_file or ""))
    if not token:
        return None
    from landwaiter.aws.ca.project import variable_text
    from landwaiter.aws.deployment.platform_client import PlatformAdmin
    from landwaiter.aws.doctor.estate import Unseen
    from landwaiter.aws.doctor.read import identify
    from landwaiter.aws.doctor.read_function import read_function
    from landwaiter.aws.doctor.read_project import read_project

    account = identify(client)
    function, project = read_function(account), read_project(account)
    if function is None or isinstance(function, Unseen) or not function.environment.get("LANDWAITER_PLATFORM_URL"):
        return None
    root_ca = "" if project is None or isinstance(project, Unseen) else variable_text(client)
    return PlatformAdmin(function.environment["LANDWAITER_PLATFORM_URL"], token, root_ca)


def _show_json(estate: "Estate", findings: "Sequence[Finding]") -> None:
    import msgspec

    document = {
        "account": estate.account,
        "region": estate.region,
        "summary": _summary(findings),
        "checks": [msgspec.to_builtins(one) for one in findings],
    }
    click.echo(msgspec.json.format(msgspec.json.encode(document)).decode())


def _summary(findings: "Sequence[Finding]") -> dict[str, int]:
    return {status: sum(one.status == status for one in findings) for status in _COLOURS}


def _show(estate: "Estate", findings: "Sequence[Finding]") -> None:
    click.echo(f"Account {printable(estate.account)}, {printable(estate.region)}")
    for one in findings:
        _show_one(one)
    click.echo("")
    click.echo(", ".join(f"{number} {status}" for status, number in _summary(findings).items() if number))


def _show_one(finding: "Finding") -> None:
    status = str(finding.status)
    click.echo(f"{click.style(f'{status:8}', fg=_COLOURS[status])}{finding.id:11} {finding.title}")
    wrong = status in {"failed", "warned"}
    rows: list[tuple[str, Any]] = [("", finding.found)] if status != "passed" else []
    rows += [("why: ", finding.why), ("mend: ", finding.mend)] if wrong else []
    fix = f"landwaiter aws doctor --fix --only {finding.id}"
    if wrong and finding.fixable and not finding.done and finding.mend != fix:
        rows.append(("or: ", fix))
    rows += [("done: ", finding.done)] if finding.done else []
    for label, text in rows:
        click.echo(f"{'':20}{label}{printable(text)}")
