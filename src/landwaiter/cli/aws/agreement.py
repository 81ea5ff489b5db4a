"""Tell what will be done, ask, do it, tell what was done: the same for every command that changes something."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from landwaiter.aws.changes import Change
from landwaiter.printable import printable


def agreement_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --yes and --dry-run."""
    command = click.option("--dry-run", is_flag=True, help="only say what would be done")(command)
    return click.option("--yes", "-y", is_flag=True, help="do not ask (for pipelines)")(command)


def carry_out(
    changes: Sequence[Change],
    *,
    yes: bool,
    dry_run: bool,
    form: str,
    nothing: str,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Describe `changes`, ask unless `yes`, and make them one by one.

    `nothing` is said when there is none. `form` "json" puts one object on standard output: `facts`, and each
    change with whether it was made. A change that fails leaves those before it made; the next run finds only
    the rest to do.
    """
    table = form == "table"
    if table:
        click.echo(nothing if not changes else "To do:")
        for change in changes:
            click.echo(f"  - {printable(change.text)}")
    if changes and not dry_run and not yes:
        click.confirm("Go ahead?", abort=True, err=True)
    done: list[str] = []
    try:
        for change in () if dry_run else changes:
            change.make()
            done.append(change.name)
            if table:
                click.echo(f"done: {printable(change.text)}")
    finally:
        if not table:
            _tell(changes, done, facts or {})


def _tell(changes: Sequence[Change], done: Sequence[str], facts: Mapping[str, Any]) -> None:
    listed = [
        {"name": change.name, "text": change.text, "done": number < len(done)} for number, change in enumerate(changes)
    ]
    click.echo(json.dumps({**facts, "changes": listed}, indent=2, default=str))
