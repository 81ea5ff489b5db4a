"""`landwaiter feeds`: advisories from feeds to one signed bundle, and over an air gap."""

import contextlib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from landwaiter.cli.feeds_view import Status, rows_of, show_status, told, update_progress
from landwaiter.cli.folders import data_folder, default_bundle
from landwaiter.cli.tables import format_option, show_rows
from landwaiter.cli.terminal import progress
from landwaiter.errors import CheckFailedError, InputError, UnreachableError
from landwaiter.printable import printable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

    from landwaiter.advisories.models import BundleInfo
    from landwaiter.advisories.settings import FeedSettings
    from landwaiter.advisories.states import FeedState

_FILE = click.Path(path_type=Path, dir_okay=False)
_FOLDER = click.Path(path_type=Path, file_okay=False)
_BUNDLE = click.option("--bundle", type=_FILE, help="the bundle  [default: the one that scan reads]")
_TRUST = click.option("--trust", multiple=True, type=_FILE, help="public key (PEM) of a trusted signer; repeatable")
_OLDER = click.option("--allow-older", is_flag=True, help="take data that are older than those in place")
_UNSIGNED = click.option("--allow-unsigned", is_flag=True, help="take one without a signature")
_OPT_IN = click.option(
    "--opt-in", multiple=True, metavar="FEED", help="a feed under a licence of its own, e.g. osv/Wolfi"
)
_KEY = click.option("--key", type=_FILE, help="Ed25519 private key (PEM) to sign with  [default: made on first use]")
_SETTINGS = click.option(
    "--settings",
    type=_FILE,
    help="TOML with mirror, root_ca, only, opt_in, [addresses]  [env: LANDWAITER_FEEDS_SETTINGS]",
)


@click.group(
    epilog="""\b
Examples:
  landwaiter feeds update
  landwaiter feeds update --mirror https://mirror.example.net/feeds --root-ca own-root.pem
  landwaiter feeds status
  landwaiter feeds export advisories.lwb        # here, with a network
  landwaiter feeds import advisories.lwb --trust bundle.pub   # there, without one"""
)
def feeds() -> None:
    """Advisories: fetch the feeds, build the bundle, look at it, carry it over an air gap."""


def _feeds_folder() -> Path:
    return data_folder() / "feeds"


@feeds.command(
    "update",
    epilog="""\b
Examples:
  landwaiter feeds update
  landwaiter feeds update osv/PyPI osv/npm kev
  landwaiter feeds update --mirror /srv/feeds
  landwaiter feeds update --address osv=https://mirror.example.net/osv --address kev=/srv/kev
  landwaiter feeds update --opt-in osv/Wolfi
  HTTPS_PROXY=http://proxy:3128 landwaiter feeds update --root-ca own-root.pem

\b
Exit codes: 0 all feeds are up to date, 2 wrong usage or a full disk, 3 a feed could not be fetched:
its last good data stay in use, and the bundle is built from these.""",
)
@click.argument("names", nargs=-1, metavar="[FEED]...")
@click.option("--feeds", "folder", type=_FOLDER, help="folder that keeps the feeds  [default: below the data folder]")
@click.option("--mirror", default="", help="URL or folder of a mirror of all  [env: LANDWAITER_FEEDS_MIRROR]")
@click.option("--address", multiple=True, metavar="FEED=WHERE", help="URL or folder of one feed or kind; repeatable")
@click.option("--root-ca", default="", metavar="FILE", help="PEM of your own root CA  [env: LANDWAITER_FEEDS_ROOT_CA]")
@_OPT_IN
@_SETTINGS
@click.option("--no-build", is_flag=True, help="fetch only, e.g. to serve the folder as a mirror")
@click.option("--platform", "to_platform", is_flag=True, help="give the bundle to the platform, to match again")
@click.option("--out", type=_FILE, help="the bundle to write  [default: the one that scan reads]")
@_KEY
@format_option
def update(
    names: tuple[str, ...],
    folder: Path | None,
    no_build: bool,
    to_platform: bool,
    out: Path | None,
    key: Path | None,
    form: str,
    **given: Any,
) -> None:
    """Fetch what is new of every feed (or of those named), then build the bundle.

    A feed that fails keeps its last good data and is shown as failed with its age.
    """
    settings = _settings(given.pop("settings"), {**given, "only": names})
    place = folder or _feeds_folder()
    states = _fetch(place, settings)
    failed = {name: state.failed for name, state in states.items() if state.failed}
    if no_build or not _anything(place, failed, states):
        _tell_fetched(states, form)
    else:
        target = out or default_bundle()
        _build(place, target, key, settings.compiled)
        if to_platform:
            _give_to_platform(target)
        _show(target, place, form, _MAX_AGE)
    if failed:
        raise UnreachableError(
            f"{len(failed)} of {len(states)} feeds could not be fetched: {', '.join(sorted(failed))}.",
            "Their last good data stay in use; see `landwaiter feeds status`.",
        )


_MAX_AGE = 72.0


def _settings(path: Path | None, given: dict[str, Any]) -> "FeedSettings":
    from landwaiter.advisories.settings import load_feed_settings

    pairs = [item.partition("=") for item in given.pop("address")]
    if not all(sign and where for _, sign, where in pairs):
        raise InputError("--address takes FEED=WHERE.", "For example: --address osv=/srv/osv")
    stated = path or (
        Path(os.environ["LANDWAITER_FEEDS_SETTINGS"]) if "LANDWAITER_FEEDS_SETTINGS" in os.environ else None
    )
    usual = data_folder() / "feeds.toml"
    addresses = {feed: where for feed, _, where in pairs}
    return load_feed_settings(
        stated or (usual if usual.exists() else None), os.environ, {**given, "addresses": addresses}
    )


def _fetch(folder: Path, settings: "FeedSettings") -> "dict[str, FeedState]":
    from landwaiter.advisories.download import Downloader
    from landwaiter.advisories.fetch import chosen, update_feeds
    from landwaiter.images.trust import read_root_ca

    root_ca = read_root_ca(Path(settings.root_ca)) if settings.root_ca else ""
    downloader = Downloader(folder, root_ca_pem=root_ca)
    try:
        with update_progress(len(chosen(settings.only, settings.opt_in)), downloader) as tell:
            return update_feeds(
                folder,
                only=settings.only,
                opt_in=settings.opt_in,
                mirror=settings.mirror,
                addresses=settings.addresses,
                progress=tell,
                downloader=downloader,
            )
    finally:
        downloader.close()


def _anything(folder: Path, failed: dict[str, str], states: "dict[str, FeedState]") -> bool:
    """Tell whether a bundle can be built: some feed came now, or lies there from before."""
    from landwaiter.advisories.states import read_states

    return len(failed) < len(states) or any(state.checked for state in read_states(folder).values())


def _tell_fetched(states: "dict[str, FeedState]", form: str) -> None:
    rows = rows_of((), states, datetime.now(UTC), _MAX_AGE)
    show_rows(rows, ("feed", "address", "reason"), form)


@feeds.command(
    "build",
    epilog="""\b
Examples:
  landwaiter feeds build --feeds /srv/feeds
  landwaiter feeds build --feeds /srv/feeds --key bundle.pem --out advisories.sqlite""",
)
@click.option("--feeds", "folder", type=_FOLDER, help="folder of feeds  [default: the one that update fills]")
@click.option("--out", type=_FILE, help="the bundle to write  [default: the one that scan reads]")
@_KEY
@_OPT_IN
def build(folder: Path | None, out: Path | None, key: Path | None, opt_in: tuple[str, ...]) -> None:
    """Compile a folder of feeds into one signed bundle.

    The folder is laid out like the public feeds: osv/<Ecosystem>/all.zip, alpine-secdb/<release>/main.json,
    kev/known_exploited_vulnerabilities.json, epss/..., debian/...
    """
    from landwaiter.advisories.settings import load_feed_settings

    settings = load_feed_settings(None, {}, {"opt_in": opt_in})
    target = out or default_bundle()
    info = _build(folder or _feeds_folder(), target, key, settings.compiled)
    click.echo(f"{printable(str(target))}: {told(info)}")


def _build(folder: Path, target: Path, key: Path | None, opt_in: tuple[str, ...]) -> "BundleInfo":
    from landwaiter.advisories.build import build_bundle

    signing = _signing_key(key)
    with progress(f"compiling the feeds in {folder}") as status:

        def tell(what: str, count: int) -> None:
            if status is not None:
                status.update(printable(f"compiling the feeds in {folder}: {what}, {count:,} records"))

        return build_bundle(folder, target, key=signing, opt_in=opt_in, progress=tell)


def _signing_key(path: Path | None) -> "Ed25519PrivateKey":
    from landwaiter.advisories.sign import create_key, load_private_key

    key = path or data_folder() / "keys" / "bundle.pem"
    if not key.exists():
        with contextlib.suppress(OSError):
            # What is wrong with the folder is told when the key is written to it.
            key.parent.mkdir(parents=True, exist_ok=True)
        create_key(key)
        click.echo(f"made the signing key {printable(str(key))}; its public half lies beside it (.pub)", err=True)
    return load_private_key(key)


@feeds.command(
    "status",
    epilog="""\b
Examples:
  landwaiter feeds status
  landwaiter feeds status --format json | jq '.feeds[] | select(.state != "fresh")'
  landwaiter feeds status --check --max-age 48     # exit code 1 when a feed failed or is stale""",
)
@_BUNDLE
@click.option("--feeds", "folder", type=_FOLDER, help="folder that update fills  [default: below the data folder]")
@click.option("--max-age", type=click.FloatRange(min=0), default=_MAX_AGE, show_default=True, help="hours")
@click.option("--check", is_flag=True, help="exit with 1 unless every feed is fresh")
@format_option
def status(bundle: Path | None, folder: Path | None, max_age: float, check: bool, form: str) -> None:
    """Show every feed: how many records, when it was fetched, its age, and whether its last fetch failed."""
    shown = _show(bundle or default_bundle(), folder or _feeds_folder(), form, max_age)
    if check and any(row.state != "fresh" for row in shown.feeds):
        raise CheckFailedError("")


def _show(bundle: Path, folder: Path, form: str, max_age: float) -> Status:
    from landwaiter.advisories.bundle import open_bundle
    from landwaiter.advisories.states import read_states

    with open_bundle(bundle) as opened:
        rows = rows_of(opened.feeds, read_states(folder), datetime.now(UTC), max_age)
        shown = Status(opened.info, max_age, rows)
    show_status(shown, form)
    return shown


@feeds.command(
    "quarantine",
    epilog="""\b
Examples:
  landwaiter feeds quarantine
  landwaiter feeds quarantine --format json | jq 'group_by(.feed) | map({(.[0].feed): length}) | add'""",
)
@_BUNDLE
@format_option
def quarantine(bundle: Path | None, form: str) -> None:
    """List the records that were left out of the bundle, or mended (kept), and why."""
    from landwaiter.advisories.bundle import open_bundle

    with open_bundle(bundle or default_bundle()) as opened:
        show_rows(opened.quarantine, ("feed", "record", "kept", "reason"), form)


@feeds.command(
    "verify", epilog="\b\nExamples:\n  landwaiter feeds verify --bundle advisories.sqlite --trust bundle.pub"
)
@_BUNDLE
@_TRUST
def verify(bundle: Path | None, trust: tuple[Path, ...]) -> None:
    """Check content, signature and structure of the whole bundle; with --trust also who signed it."""
    from landwaiter.advisories.bundle import verify_bundle
    from landwaiter.advisories.sign import load_public_key

    keys = [load_public_key(path) for path in trust] or None
    click.echo(f"sound: {told(verify_bundle(bundle or default_bundle(), trusted=keys))}")


@feeds.command("export", epilog="\b\nExamples:\n  landwaiter feeds export advisories.lwb")
@click.argument("archive", type=_FILE)
@_BUNDLE
def export(archive: Path, bundle: Path | None) -> None:
    """Write the bundle to ARCHIVE, one compressed file to carry over an air gap."""
    from landwaiter.advisories.transfer import export_bundle

    with progress(f"writing {archive}"):
        info = export_bundle(bundle or default_bundle(), archive)
    click.echo(f"{printable(str(archive))}: {told(info)}")


@feeds.command(
    "import",
    epilog="""\b
Examples:
  landwaiter feeds import advisories.lwb --trust bundle.pub
  landwaiter feeds import advisories.lwb --trust bundle.pub --platform
  landwaiter feeds import last-month.lwb --trust bundle.pub --allow-older""",
)
@click.argument("archive", type=_FILE)
@_TRUST
@_OLDER
@_UNSIGNED
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
    with progress(f"reading {archive}"):
        info = import_bundle(
            archive, target, trusted=_keys(trust), allow_older=allow_older, allow_unsigned=allow_unsigned
        )
    if to_platform:
        _give_to_platform(target)
    click.echo(f"{printable(str(target))}: {told(info)}")


def _give_to_platform(bundle: Path) -> None:
    from landwaiter.platform.administration import import_bundle
    from landwaiter.platform.settings import load_settings

    import_bundle(load_settings(), bundle)


@feeds.command("delta", epilog="\b\nExamples:\n  landwaiter feeds delta monday.sqlite tuesday.sqlite tuesday.delta")
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@click.argument("out", type=_FILE)
def delta(old: Path, new: Path, out: Path) -> None:
    """Write to OUT what turns the bundle OLD into the bundle NEW: a small file to carry instead of all."""
    from landwaiter.advisories.delta import write_delta

    with progress(f"comparing {old} and {new}"):
        found = write_delta(old, new, out)
    counts = f"{len(found.added)} records added, {len(found.changed)} changed, {len(found.removed)} removed"
    click.echo(f"{printable(str(out))}: {counts}, {out.stat().st_size:,} bytes")


@feeds.command("apply", epilog="\b\nExamples:\n  landwaiter feeds apply tuesday.delta --trust bundle.pub")
@click.argument("delta_file", metavar="DELTA", type=_FILE)
@_TRUST
@_OLDER
@_UNSIGNED
@_BUNDLE
def apply(
    delta_file: Path, trust: tuple[Path, ...], allow_older: bool, allow_unsigned: bool, bundle: Path | None
) -> None:
    """Turn the bundle in place into the newer one of DELTA, byte for byte, or leave it as it is."""
    from landwaiter.advisories.delta import apply_delta

    target = bundle or default_bundle()
    with progress(f"applying {delta_file}"):
        info = apply_delta(
            target, delta_file, trusted=_keys(trust), allow_older=allow_older, allow_unsigned=allow_unsigned
        )
    click.echo(f"{printable(str(target))}: {told(info)}")


def _keys(paths: tuple[Path, ...]) -> "list[Ed25519PublicKey]":
    from landwaiter.advisories.sign import load_private_key, load_public_key

    own = data_folder() / "keys" / "bundle.pem"
    keys = [load_public_key(path) for path in paths]
    if own.exists():
        keys.append(load_private_key(own).public_key())
    return keys
