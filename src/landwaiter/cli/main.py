"""Entry of the `landwaiter` command."""

import sys
from collections.abc import Mapping
from typing import Any

import click

import landwaiter.quickstart  # noqa: F401 - it must come before msgspec
from landwaiter import __version__
from landwaiter.cli.lazy import LazyGroup
from landwaiter.errors import LandwaiterError
from landwaiter.printable import printable

COMMANDS: Mapping[str, tuple[str, str]] = {
    "demo": ("landwaiter.cli.demo:demo", "The whole way of one task on this machine, with the verdict"),
    "scan": ("landwaiter.cli.images:scan", "Scan one image: findings, compliance and a verdict"),
    "inventory": ("landwaiter.cli.images:inventory", "List the packages of one image"),
    "explain": ("landwaiter.cli.explain:explain", "Why an image is affected by a vulnerability, or is not"),
    "serve": ("landwaiter.cli.platform:serve", "Run the platform"),
    "feeds": ("landwaiter.cli.feeds:feeds", "Advisories: build, update, carry over an air gap"),
    "tokens": ("landwaiter.cli.platform:tokens", "Sensor and API tokens"),
    "users": ("landwaiter.cli.platform:users", "Who may use the console"),
    "allow": ("landwaiter.cli.platform:allow", "Networks from which sensors may call"),
    "aws": ("landwaiter.cli.aws.main:aws", "Deploy to AWS, and check what is deployed"),
    "sandbox": ("landwaiter.cli.sandbox:sandbox", "AWS on this machine, to try things out"),
}
EXIT_CODES = "0 fine, 1 policy violated or check failed, 2 wrong usage or unreadable input, 3 something not reached."


class _Commands(LazyGroup):
    table = COMMANDS


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=f"""\b
Examples:
  landwaiter scan alpine:3.18
  landwaiter inventory docker-archive:image.tar --format json
  landwaiter demo

Exit codes: {EXIT_CODES}""",
)
@click.version_option(__version__, prog_name="landwaiter")
def cli() -> None:
    """Landwaiter examines container images as they land on AWS Fargate."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit. A user's mistake gives one sentence and a remedy, never a traceback."""
    try:
        code: Any = cli.main(arguments, standalone_mode=False)
    except LandwaiterError as error:
        _complain(error.what, error.remedy)
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        code = 130
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    sys.exit(code if isinstance(code, int) else 0)


def _complain(what: str, remedy: str) -> None:
    if what:
        click.secho(f"landwaiter: {printable(what)}", fg="red", err=True)
    if remedy:
        click.echo(f"  {printable(remedy)}", err=True)
