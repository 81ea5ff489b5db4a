"""`landwaiter sandbox`: AWS on this machine."""

import click


@click.group()
def sandbox() -> None:
    """AWS on this machine, to try things out."""


@sandbox.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="port on 127.0.0.1; 0 takes a free one")
def up(port: int) -> None:
    """Start the AWS stand-in alone; Ctrl-C stops it and all it started."""
    from landwaiter.sandbox.serve import run

    run(port)
