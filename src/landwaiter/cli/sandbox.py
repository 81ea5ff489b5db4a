"""`landwaiter sandbox`: AWS on this machine."""

import click


@click.group()
def sandbox() -> None:
    """AWS on this machine, to try things out."""


@sandbox.command(
    epilog="""\b
Examples:
  landwaiter sandbox up --port 4566
  export AWS_ENDPOINT_URL=http://127.0.0.1:4566   # and the rest, as it prints them
  landwaiter aws plan --platform-url https://landwaiter.example.org:8443"""
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="port on 127.0.0.1; 0 takes a free one")
def up(port: int) -> None:
    """Start the AWS stand-in alone; Ctrl-C stops it and all it started.

    When it is ready it prints a line that says so, and the variables that lead every AWS tool to it.
    """
    from landwaiter.sandbox.serve import run

    run(port)
