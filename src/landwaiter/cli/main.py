"""Entry of the `landwaiter` command. Commands are imported when they are called, so that `--help` answers at once."""

import importlib
import sys
from collections.abc import Mapping
from typing import Any

import click

from landwaiter import __version__
from landwaiter.errors import LandwaiterError
from landwaiter.printable import printable

COMMANDS: Mapping[str, tuple[str, str]] = {
    "demo": ("landwaiter.cli.demo:demo", "The whole way of one task on this machine, with the verdict"),
    "scan": ("landwaiter.cli.images:scan", "Scan one image: findings, compliance and a verdict"),
    "inventory": ("landwaiter.cli.images:inventory", "List the packages of one image"),
    "serve": ("landwaiter.cli.platform:serve", "Run the platform"),
    "feeds": ("landwaiter.cli.feeds:feeds", "Advisories: build, update, carry over an air gap"),
    "tokens": ("landwaiter.cli.platform:tokens", "Sensor and API tokens"),
    "users": ("landwaiter.cli.platform:users", "Who may use the console"),
    "allow": ("landwaiter.cli.platform:allow", "Networks from which sensors may call"),
    "sandbox": ("landwaiter.cli.sandbox:sandbox", "AWS on this machine, to try things out"),
}
EXIT_CODES = "0 fine, 1 policy violated or check failed, 2 wrong usage or unreadable input, 3 something not reached."


class LazyGroup(click.Group):
    """A group whose commands are imported only when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the commands in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import and return the command, None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
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
