"""`landwaiter demo`: the whole way of one task on this machine."""

from pathlib import Path

import click


@click.command(
    epilog="""\b
Examples:
  landwaiter demo
  landwaiter demo --keep
  landwaiter demo --image web.tar --feeds ../mirror"""
)
@click.option("--image", help="docker or OCI archive, OCI layout, or registry reference  [default: a sample]")
@click.option("--feeds", type=click.Path(path_type=Path, file_okay=False), help="folder of feeds  [default: a sample]")
@click.option("--keep", is_flag=True, help="leave the platform up until Ctrl-C")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var/demo"), show_default=True)
def demo(image: str | None, feeds: Path | None, keep: bool, folder: Path) -> None:
    """Start AWS on this machine and a platform, launch a task on Fargate, and show its way to the verdict."""
    from landwaiter.sandbox.demo import run_demo

    run_demo(folder, image=image, feeds=feeds, keep=keep)
