"""Small tables of the commands: for people as columns, for machines as JSON."""

from collections.abc import Sequence
from typing import Any

import click
import msgspec

from landwaiter.printable import printable


def show_rows(rows: Sequence[Any], columns: Sequence[str], form: str) -> None:
    """Print msgspec structs: their `columns` as aligned text, or all their fields as JSON."""
    if form == "json":
        click.echo(msgspec.json.format(msgspec.json.encode(rows)).decode())
        return
    texts = [[printable(_text(getattr(row, column))) for column in columns] for row in rows]
    header = [column.replace("_", " ") for column in columns]
    widths = [max(len(line[at]) for line in [header, *texts]) for at in range(len(columns))]
    for line in [header, *texts]:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _text(value: object) -> str:
    if value is None:
        return "-"
    return value.strftime("%Y-%m-%d %H:%M") if hasattr(value, "strftime") else str(value)


format_option = click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True
)
