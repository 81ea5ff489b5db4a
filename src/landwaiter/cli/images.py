"""`landwaiter inventory` and `landwaiter scan`: one image, on this machine, without a platform."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from landwaiter.cli.folders import cache_folder, default_bundle
from landwaiter.cli.terminal import progress
from landwaiter.errors import CheckFailedError, InputError
from landwaiter.reports.formats import INVENTORY_FORMATS, SCAN_FORMATS

if TYPE_CHECKING:
    from rich.status import Status

    from landwaiter.images.access import Access
    from landwaiter.inventory.models import Inventory
    from landwaiter.inventory.take import LayerProgress
    from landwaiter.matching.models import Assessment
    from landwaiter.policy.models import Policy
    from landwaiter.reports.models import ScanReport

SEVERITY_CHOICES = ("critical", "high", "medium", "low", "negligible", "unknown", "never")


def image_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how an image is reached."""
    for option in reversed(
        (
            click.option(
                "--platform", default="linux/amd64", show_default=True, help="os/arch of a multi-platform image"
            ),
            click.option("--no-cache", is_flag=True, help="neither read nor write the layer cache"),
            click.option("--root-ca", type=click.Path(path_type=Path), help="PEM file of a registry's own root CA"),
            click.option("--username", help="registry user; the password is read from LANDWAITER_REGISTRY_PASSWORD"),
            click.option("--output", "-o", type=click.Path(path_type=Path), help="write to a file instead"),
        )
    ):
        command = option(command)
    return command


@click.command(
    epilog="""\b
Examples:
  landwaiter inventory docker-archive:image.tar
  landwaiter inventory alpine:3.18 --format cyclonedx -o sbom.json
  landwaiter inventory rootfs:/mnt/image --format json | jq '.packages[].purl'"""
)
@click.argument("target")
@click.option("--format", "-f", "form", type=click.Choice(list(INVENTORY_FORMATS)), default="table", show_default=True)
@image_options
def inventory(target: str, form: str, output: Path | None, **options: Any) -> None:
    """List the packages of one image; no advisories are needed.

    TARGET is a registry reference (registry/repo:tag, registry/repo@sha256:...), docker-archive:FILE,
    oci-archive:FILE, oci-layout:DIR, rootfs:DIR, or a bare path that is recognised by its content.
    """
    found = take(target, **options)
    if form == "json":
        from landwaiter.reports.inventory_json import render_inventory

        write(render_inventory(found), output)
        return
    from landwaiter.reports.models import ScanReport

    write(_rendered(form, ScanReport(found), output), output)


@click.command(
    epilog="""\b
Examples:
  landwaiter scan registry.example/web@sha256:...
  landwaiter scan web.tar --format sarif -o web.sarif
  landwaiter scan web.tar --fail-on high --ignore-unfixed --vex web.openvex.json"""
)
@click.argument("target")
@click.option("--format", "-f", "form", type=click.Choice(list(SCAN_FORMATS)), default="table", show_default=True)
@click.option(
    "--bundle", type=click.Path(path_type=Path), help="advisory bundle  [default: the one of landwaiter feeds]"
)
@click.option("--fail-on", type=click.Choice(SEVERITY_CHOICES), help="least severity that fails  [default: critical]")
@click.option("--strict", is_flag=True, help="exit with 1 too when the image is not fully assessed")
@click.option("--ignore-unfixed", is_flag=True, help="leave findings without a fix out of the verdict")
@click.option("--policy", "policy_file", type=click.Path(path_type=Path), help="policy file (YAML)")
@click.option(
    "--vex", multiple=True, type=click.Path(path_type=Path), help="OpenVEX, CSAF or CycloneDX VEX; repeatable"
)
@image_options
def scan(
    target: str,
    form: str,
    bundle: Path | None,
    fail_on: str | None,
    ignore_unfixed: bool,
    strict: bool,
    policy_file: Path | None,
    vex: tuple[Path, ...],
    output: Path | None,
    **options: Any,
) -> None:
    """Scan one image: its findings, its compliance and a verdict. Exits with 1 when the policy is violated.

    TARGET is a registry reference (registry/repo:tag, registry/repo@sha256:...), docker-archive:FILE,
    oci-archive:FILE, oci-layout:DIR, rootfs:DIR, or a bare path that is recognised by its content.
    """
    policy = _policy(policy_file, fail_on, ignore_unfixed=ignore_unfixed)
    found = take(target, **options)
    report = _report(found, _match(found, bundle, vex), policy)
    write(_rendered(form, report, output), output)
    if report.verdict is not None and report.verdict.status in (("fail", "not_assessed") if strict else ("fail",)):
        raise CheckFailedError("")


def take(target: str, *, platform: str, no_cache: bool, root_ca: Path | None, username: str | None) -> "Inventory":
    """Read the image and return its inventory; the keywords are the values of `image_options`."""
    from landwaiter.images.open import open_source
    from landwaiter.images.platform import parse_platform
    from landwaiter.inventory.cache import FolderCache
    from landwaiter.inventory.take import take_inventory

    cache = None if no_cache else FolderCache(cache_folder() / "layers")
    with (
        progress(f"reading {target}") as status,
        open_source(target, platform=parse_platform(platform), access=_access(root_ca, username)) as source,
    ):
        return take_inventory(source, cache=cache, progress=_shown(status))


def _shown(status: "Status | None") -> "Callable[[LayerProgress], None]":
    def show(done: "LayerProgress") -> None:
        if status is not None:
            status.update(f"layer {done.index} is read ({done.layer.size / 1e6:.0f} MB)")

    return show


def _rendered(form: str, report: "ScanReport", output: Path | None) -> str:
    """Render the report; the table in the terminal's width and colours when one looks on."""
    from landwaiter.reports.formats import renderer

    if form == "table" and output is None and sys.stdout.isatty():
        from landwaiter.reports import table

        return table.render(report, width=shutil.get_terminal_size().columns, colour="NO_COLOR" not in os.environ)
    return renderer(form)(report)


def _access(root_ca: Path | None, username: str | None) -> "Access":
    from landwaiter.images.access import access_from_options

    return access_from_options(root_ca, username)


def _match(found: "Inventory", bundle: Path | None, vex: tuple[Path, ...]) -> "Assessment":
    from landwaiter.advisories.bundle import open_bundle
    from landwaiter.matching.assessed import without_data
    from landwaiter.matching.match import match
    from landwaiter.matching.vex_documents import read_vex

    statements = tuple(statement for path in vex for statement in read_vex(path))
    if bundle is None and not default_bundle().exists():
        return without_data(found, "There is no advisory bundle here: build one with `landwaiter feeds build`.")
    with open_bundle(bundle or default_bundle()) as opened:
        return match(found, opened, vex=statements)


def _report(found: "Inventory", assessment: "Assessment", policy: "Policy") -> "ScanReport":
    from landwaiter.compliance.evaluate import evaluate
    from landwaiter.compliance.models import ComplianceEvidence
    from landwaiter.policy.evaluate import decide
    from landwaiter.reports.models import ScanReport

    controls = evaluate(ComplianceEvidence(found, assessment))
    verdict = decide(policy, found, assessment, controls, now=datetime.now(UTC))
    return ScanReport(inventory=found, assessment=assessment, compliance=controls, verdict=verdict)


def _policy(path: Path | None, fail_on: str | None, *, ignore_unfixed: bool) -> "Policy":
    import msgspec

    from landwaiter.policy.load import load_policy
    from landwaiter.policy.models import Policy

    policy = load_policy(path) if path else Policy()
    if fail_on:
        policy = msgspec.structs.replace(policy, fail_on=fail_on)
    return msgspec.structs.replace(policy, ignore_unfixed=True) if ignore_unfixed else policy


def write(text: str, output: Path | None) -> None:
    """Print the text, or put it in a file that is only there when it is whole. Raises InputError."""
    if output is None:
        click.echo(text, nl=not text.endswith("\n"))
        return
    with _named(output):
        partial = output.with_name(output.name + ".partial")
        partial.write_text(text, encoding="utf-8", newline="")
        partial.replace(output)


@contextmanager
def _named(output: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{output} cannot be written: {error.strerror}.", "Name another file with --output."
        ) from error
