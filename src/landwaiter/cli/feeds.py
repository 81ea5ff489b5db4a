"""`landwaiter feeds`: advisories from feeds to one signed bundle, and over an air gap."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from landwaiter.cli.folders import data_folder, default_bundle
from landwaiter.cli.terminal import progress
from landwaiter.errors import InputError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from landwaiter.matching.models import BundleInfo

_FILE = click.Path(path_type=Path, dir_okay=False)
_BUNDLE = click.option("--bundle", type=_FILE, help="the bundle  [default: the one that scan reads]")


@click.group()
def feeds() -> None:
    """Advisories: build the bundle, look at it, carry it over an air gap."""


@feeds.command("build")
@click.option("--feeds", "folder", type=click.Path(path_type=Path, file_okay=False), required=True)
@click.option("--out", type=_FILE, help="the bundle to write  [default: the one that scan reads]")
@click.option("--key", type=_FILE, help="Ed25519 private key (PEM) to sign with  [default: made on first use]")
def build(folder: Path, out: Path | None, key: Path | None) -> None:
    """Compile a folder of feeds into one signed bundle.

    The folder is laid out like the public feeds: osv/<Ecosystem>/all.zip, alpine-secdb/<release>/main.json,
    kev/known_exploited_vulnerabilities.json, epss/..., debian/...
    """
    from landwaiter.advisories.build import build_bundle
    from landwaiter.advisories.sign import create_key, load_private_key

    target, key = out or default_bundle(), key or data_folder() / "keys" / "bundle.pem"
    target.parent.mkdir(parents=True, exist_ok=True)
    if not key.exists():
        key.parent.mkdir(parents=True, exist_ok=True)
        create_key(key)
        click.echo(f"made the signing key {key}", err=True)
    with progress(f"compiling the feeds in {folder}"):
        info = build_bundle(folder, target, key=load_private_key(key))
    click.echo(f"{target}: {_told(info)}")


@feeds.command("status")
@_BUNDLE
def status(bundle: Path | None) -> None:
    """Show which data the bundle holds, and how old it is."""
    from landwaiter.advisories.bundle import open_bundle

    with open_bundle(bundle or default_bundle()) as opened:
        click.echo(_told(opened.info))


@feeds.command("verify")
@_BUNDLE
def verify(bundle: Path | None) -> None:
    """Check content, signature and structure of the whole bundle."""
    from landwaiter.advisories.bundle import verify_bundle

    click.echo(f"sound: {_told(verify_bundle(bundle or default_bundle()))}")


@feeds.command("export")
@click.argument("archive", type=_FILE)
@_BUNDLE
def export(archive: Path, bundle: Path | None) -> None:
    """Write the bundle to ARCHIVE, one compressed file to carry over an air gap."""
    from landwaiter.advisories.transfer import export_bundle

    with progress(f"writing {archive}"):
        info = export_bundle(bundle or default_bundle(), archive)
    click.echo(f"{archive}: {_told(info)}")


@feeds.command("import")
@click.argument("archive", type=_FILE)
@click.option("--trust", multiple=True, type=_FILE, help="public key (PEM) of a trusted signer; repeatable")
@click.option("--allow-older", is_flag=True, help="take a bundle that is older than the one in place")
@click.option("--allow-unsigned", is_flag=True, help="take a bundle without a signature")
@click.option("--platform", "to_platform", is_flag=True, help="import into the platform and match again what it stores")
@_BUNDLE
def import_(
    archive: Path,
    trust: tuple[Path, ...],
    allow_older: bool,
    allow_unsigned: bool,
    to_platform: bool,
    bundle: Path | None,
) -> None:
    """Take over the bundle in ARCHIVE, once its signature proves right."""
    from landwaiter.advisories.transfer import import_bundle

    target = bundle or default_bundle()
    target.parent.mkdir(parents=True, exist_ok=True)
    with progress(f"reading {archive}"):
        info = import_bundle(
            archive, target, trusted=_keys(trust), allow_older=allow_older, allow_unsigned=allow_unsigned
        )
    if to_platform:
        from landwaiter.platform.administration import import_bundle as into_platform
        from landwaiter.platform.settings import load_settings

        into_platform(load_settings(), target)
    click.echo(f"{target}: {_told(info)}")


def _keys(paths: tuple[Path, ...]) -> list["Ed25519PublicKey"]:
    from landwaiter.advisories.sign import load_private_key, load_public_key

    own = data_folder() / "keys" / "bundle.pem"
    keys = [load_public_key(path) for path in paths]
    if own.exists():
        keys.append(load_private_key(own).public_key())
    return keys


def _told(info: "BundleInfo") -> str:
    if not info.id:
        raise InputError("The bundle says nothing of itself.", "Build it again: landwaiter feeds build.")
    signer = f"signed by {info.signed_by}" if info.signed_by else "not signed"
    return f"{info.advisories} advisories, newest of {info.newest}, {signer}, {info.id[:19]}"
