"""`landwaiter aws ca`: part 3 of the runbook."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from landwaiter.aws.client_types import ClientFactory
from landwaiter.cli.aws.agreement import agreement_options, carry_out
from landwaiter.cli.aws.connection import connection_options
from landwaiter.cli.tables import format_option
from landwaiter.errors import CheckFailedError, InputError, UnreachableError
from landwaiter.printable import printable

if TYPE_CHECKING:
    from landwaiter.aws.ca.certificates import Certificate, ChainReport, Root

_file = click.Path(path_type=Path)


@click.group(
    epilog="""\b
Examples:
  landwaiter aws ca check https://landwaiter.example.org:8443
  landwaiter aws ca check https://landwaiter.example.org:8443 --root-ca corporate-root.pem
  landwaiter aws ca publish corporate-root.pem
  landwaiter aws ca show"""
)
def ca() -> None:
    """Part 3: does the platform need a custom root CA, and if so, give it to function and builds."""


@ca.command(
    epilog="""\b
Examples:
  landwaiter aws ca check https://landwaiter.example.org:8443
  landwaiter aws ca check landwaiter.example.org:8443 --root-ca root.pem --format json

Exit codes: 0 well-known, or custom and proved by --root-ca; 1 a root CA has to be published, or the
certificate is broken; 3 not reached."""
)
@click.argument("url")
@click.option("--root-ca", "root_cas", multiple=True, type=_file, help="test with this root CA, PEM or DER")
@click.option(
    "--timeout", type=click.FloatRange(0.1, 300), default=10.0, show_default=True, help="seconds a connection"
)
@format_option
def check(url: str, root_cas: tuple[Path, ...], timeout: float, form: str) -> None:
    """Shake hands with the platform at URL, show its chain, and say whether a layer is needed."""
    from landwaiter.aws.ca import certificates

    roots = certificates.bundle_of(_read(root_cas)) if root_cas else ""
    report = certificates.check(url, extra_roots=roots, timeout=timeout)
    if form == "json":
        click.echo(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
    else:
        _show(report)
    if report.reason in {"unreachable", "unknown-host"}:
        raise UnreachableError("")
    if report.verdict == "broken" or (report.verdict == "custom" and not report.stores.get("given")):
        raise CheckFailedError("")


def _read(files: tuple[Path, ...]) -> "list[Root]":
    from landwaiter.aws.ca.certificates import MOST_BYTES, read_roots
    from landwaiter.images.files import read_document

    roots: list[Root] = []
    for file in files:
        try:
            roots += read_roots(read_document(file, MOST_BYTES), now=datetime.now(UTC))
        except InputError as error:
            what = error.what if str(file) in error.what else f"{file}: {error.what}"
            raise InputError(what, error.remedy) from error
    return roots


def _show(report: "ChainReport") -> None:
    for number, certificate in enumerate(report.chain):
        click.echo(f"{'Server' if number == 0 else 'Issuer'}: {printable(certificate.subject)}")
        _show_certificate(certificate)
    if report.root and report.root not in report.chain:
        click.echo(f"Root (not sent): {printable(report.root.subject)}")
        _show_certificate(report.root)
    if report.extra:
        click.echo(f"Sent besides: {', '.join(printable(one.subject) for one in report.extra)}")
    if report.protocol:
        trusted = [store for store, trusts in report.stores.items() if trusts]
        click.echo(f"Protocol: {report.protocol}; trusted by: {', '.join(trusted) or 'no store'}")
    colour = {"well-known": "green", "custom": "yellow"}.get(report.verdict, "red")
    click.secho(f"{report.verdict} ({report.reason}): {printable(report.why)}", fg=colour)
    if report.remedy:
        click.echo(printable(report.remedy))
    for warning in report.warnings:
        click.secho(f"warning: {printable(warning)}", fg="yellow")


def _show_certificate(certificate: "Certificate") -> None:
    left = certificate.days_left(datetime.now(UTC))
    pairs = [certificate.sha256[at : at + 2].upper() for at in range(0, 64, 2)]
    click.echo(f"  issued by    {printable(certificate.issuer)}")
    if certificate.names:
        click.echo(f"  for          {printable(', '.join(certificate.names))}")
    click.echo(
        f"  valid        {certificate.not_before:%Y-%m-%d} to {certificate.not_after:%Y-%m-%d}, {left} days left"
    )
    click.echo(f"  key          {certificate.key}, signed with {certificate.signature}")
    click.echo(f"  SHA-256      {':'.join(pairs[:16])}\n               {':'.join(pairs[16:])}")


@ca.command(
    epilog="""\b
Examples:
  landwaiter aws ca publish corporate-root.pem
  landwaiter aws ca publish old-root.der new-root.der --yes --format json
  landwaiter aws ca publish --undo"""
)
@click.argument("files", nargs=-1, type=_file)
@click.option("--undo", is_flag=True, help="take back what publish did, and nothing else")
@agreement_options
@format_option
@connection_options
def publish(client: ClientFactory, files: tuple[Path, ...], *, undo: bool, yes: bool, dry_run: bool, form: str) -> None:
    """Publish the root CAs in FILES (PEM or DER, one or several) as a Lambda layer, and give them to the builds.

    Works on a stack of ours and on one made by hand from the guide. The function keeps its other layers and variables.
    """
    from landwaiter.aws.ca.publish import publish_changes, withdraw_changes

    if undo == bool(files):
        raise InputError("Give the root CA's files, or --undo without files.", "landwaiter aws ca publish --help")
    if undo:
        changes = withdraw_changes(client)
        carry_out(changes, yes=yes, dry_run=dry_run, form=form, nothing="publish has changed nothing here.")
        return
    roots = _read(files)
    if form == "table":
        for root in roots:
            click.echo(f"Root: {printable(root.subject)}")
            _show_certificate(root)
    facts = {"roots": [msgspec.to_builtins(root) for root in roots], "warnings": _soon(roots)}
    for warning in _soon(roots):
        click.secho(f"warning: {printable(warning)}", fg="yellow", err=True)
    changes = publish_changes(client, roots)
    carry_out(changes, yes=yes, dry_run=dry_run, form=form, nothing="It is published already.", facts=facts)
    if form == "table" and changes and not dry_run:
        click.echo("A stack of ours keeps it when root_ca_file in its configuration names the same file.")


def _soon(roots: "list[Root]") -> list[str]:
    from landwaiter.aws.ca.certificates import expiry_warnings

    return list(expiry_warnings(roots, datetime.now(UTC)))


@ca.command(
    epilog="""\b
Examples:
  landwaiter aws ca show
  landwaiter aws ca show --format json

Exit code 1 when a published root expires within 60 days or has expired, or when builds and function differ."""
)
@format_option
@connection_options
def show(client: ClientFactory, form: str) -> None:
    """Show which root CAs function and builds trust now, and when they expire."""
    from landwaiter.aws.ca.state import read_state

    state = read_state(client, now=datetime.now(UTC))
    if form == "json":
        click.echo(msgspec.json.format(msgspec.json.encode(state), indent=2).decode())
    else:
        click.echo(f"Function: {printable(state.path) or 'no custom root CA'}")
        click.echo(f"Layers: {', '.join(printable(arn) for arn in state.layers) or 'none'}")
        click.echo(f"Builds: {len(state.roots)} custom root CA{'' if len(state.roots) == 1 else 's'}")
        for root in state.roots:
            click.echo(f"Root: {printable(root.subject)}")
            _show_certificate(root)
        for warning in state.warnings:
            click.secho(f"warning: {printable(warning)}", fg="yellow")
    if state.warnings:
        raise CheckFailedError("")
