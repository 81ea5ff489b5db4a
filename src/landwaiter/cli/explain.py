"""`landwaiter explain`: why an image is affected by a vulnerability, or is not."""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import click

from landwaiter.cli.folders import default_bundle
from landwaiter.cli.images import image_options, take, write
from landwaiter.cli.tables import format_option
from landwaiter.errors import InputError


@click.command(
    epilog="""\b
Examples:
  landwaiter explain web.tar CVE-2023-4863
  landwaiter explain registry.example/web:1.4 GHSA-j7hp-h8jx-5ppr --vex web.openvex.json
  landwaiter explain web.tar CVE-2024-3094 --format json | jq -r .verdict"""
)
@click.argument("target")
@click.argument("vulnerability")
@click.option(
    "--bundle", type=click.Path(path_type=Path), help="advisory bundle  [default: the one of landwaiter feeds]"
)
@click.option(
    "--vex", multiple=True, type=click.Path(path_type=Path), help="OpenVEX, CSAF or CycloneDX VEX; repeatable"
)
@format_option
@image_options
def explain(
    target: str,
    vulnerability: str,
    bundle: Path | None,
    vex: tuple[Path, ...],
    form: str,
    output: Path | None,
    **options: Any,
) -> None:
    """Say why an image is affected by a vulnerability, or is not.

    For each package that a record speaks of: the record and the range that decided, how the installed version compares,
    the fixed version, what the vendor and VEX documents say, and the layer and path that brought the package. Where the
    data that would know are missing, the answer is "not assessed", never "not affected". Exits with 0 whatever the
    answer is.

    TARGET is named as for `landwaiter scan`, VULNERABILITY by any of its names: CVE, GHSA, an erratum.
    """
    from landwaiter.advisories.bundle import open_bundle
    from landwaiter.matching.explain import explain as explained
    from landwaiter.matching.vex_documents import read_vex
    from landwaiter.reports import explanation

    if not vulnerability.strip():
        raise InputError("The vulnerability has no name.", "Name it, for example CVE-2023-4863.")
    if bundle is None and not default_bundle().exists():
        raise InputError(
            "There is no advisory bundle here, so nothing can be said.", "Build one with `landwaiter feeds build`."
        )
    statements = tuple(statement for path in vex for statement in read_vex(path))
    with open_bundle(bundle or default_bundle()) as opened:
        found = take(target, **options)
        said = explained(found, opened, vulnerability, vex=statements)
    if form == "json":
        write(explanation.render_json(said, found.image), output)
        return
    seen = output is None and sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if seen else None
    write(explanation.render(said, found.image, width=width, colour=seen and "NO_COLOR" not in os.environ), output)
