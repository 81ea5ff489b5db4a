"""`landwaiter serve`, `tokens`, `users`, `allow`: the platform and who may use it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import msgspec

from landwaiter.cli.tables import format_option, show_rows
from landwaiter.platform import administration
from landwaiter.platform.settings import Settings, load_settings

_CONFIG = click.option(
    "--config", type=click.Path(path_type=Path, dir_okay=False), help="settings file (TOML)  [env: LANDWAITER_CONFIG]"
)


@click.command(
    epilog="""\b
Examples:
  landwaiter serve
  landwaiter serve --host 0.0.0.0 --tls-certificate server.pem --tls-key server.key
  LANDWAITER_DATABASE_URL=postgresql://landwaiter@db/landwaiter landwaiter serve"""
)
@_CONFIG
@click.option("--host", help="address to listen on  [default: 127.0.0.1]")
@click.option("--port", type=int, help="port to listen on  [default: 8443]")
@click.option("--tls-certificate", type=click.Path(path_type=Path), help="PEM with the certificate chain")
@click.option("--tls-key", type=click.Path(path_type=Path), help="PEM with the private key")
def serve(config: Path | None, **options: object) -> None:
    """Run the platform: API, console and worker in one process.

    Without LANDWAITER_DATABASE_URL it starts an embedded PostgreSQL in its data folder. All settings may stand in the
    environment (LANDWAITER_PORT) or in the settings file (port = 8443).
    """
    from landwaiter.platform.server import run

    run(_settings(config, **options))


@click.group()
def tokens() -> None:
    """Sensor and API tokens. A token's text is shown once and kept nowhere."""


@tokens.command("create")
@click.option("--scope", type=click.Choice(["sensor", "read", "admin"]), default="sensor", show_default=True)
@click.option("--note", default="", help="what it is for")
@click.option("--account", default="", help="bind a sensor token to one AWS account")
@click.option("--days", type=click.IntRange(1, 3650), help="days until it expires  [default: never]")
@_CONFIG
@format_option
def create_token(scope: str, note: str, account: str, days: int | None, config: Path | None, form: str) -> None:
    """Make a token and print it, this once."""
    expires = datetime.now(UTC) + timedelta(days=days) if days else None
    new = administration.create_token(_settings(config), scope, note=note, account=account, expires=expires)
    click.echo(msgspec.json.encode(new).decode() if form == "json" else new.text)


@tokens.command("list")
@_CONFIG
@format_option
def list_tokens(config: Path | None, form: str) -> None:
    """List the tokens, without their secrets."""
    columns = ("prefix", "scope", "account", "note", "created", "expires", "revoked", "last_used", "last_address")
    show_rows(administration.list_tokens(_settings(config)), columns, form)


@tokens.command("revoke")
@click.argument("prefix")
@_CONFIG
def revoke_token(prefix: str, config: Path | None) -> None:
    """Revoke the token of this PREFIX for good."""
    administration.revoke_token(_settings(config), prefix)
    click.echo(f"{prefix} is revoked")


@click.group()
def allow() -> None:
    """Networks from which sensors may call (the platform's trusted list). Empty, it admits loopback only."""


@allow.command("add")
@click.argument("network")
@click.option("--note", default="", help="whose it is")
@click.option("--anywhere", is_flag=True, help="admit even a network such as 0.0.0.0/0, which is about everybody")
@_CONFIG
def allow_add(network: str, note: str, anywhere: bool, config: Path | None) -> None:
    """Admit NETWORK, an address or CIDR such as 203.0.113.7/32."""
    click.echo(f"{administration.allow_network(_settings(config), network, note, anywhere=anywhere)} is admitted")


@allow.command("remove")
@click.argument("network")
@_CONFIG
def allow_remove(network: str, config: Path | None) -> None:
    """Take NETWORK off the list."""
    click.echo(f"{administration.disallow_network(_settings(config), network)} is no longer admitted")


@allow.command("list")
@_CONFIG
@format_option
def allow_list(config: Path | None, form: str) -> None:
    """Show the list."""
    show_rows(administration.list_networks(_settings(config)), ("network", "note", "added"), form)


@click.group()
def users() -> None:
    """Who may use the console."""


@users.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(["viewer", "admin"]), default="viewer", show_default=True)
@click.password_option(envvar="LANDWAITER_NEW_PASSWORD", help="asked for, or taken from LANDWAITER_NEW_PASSWORD")
@_CONFIG
def add_user(name: str, role: str, password: str, config: Path | None) -> None:
    """Add the user NAME."""
    administration.add_user(_settings(config), name, password, role)
    click.echo(f"{name} may sign in as {role}")


@users.command("password")
@click.argument("name")
@click.password_option(envvar="LANDWAITER_NEW_PASSWORD", help="asked for, or taken from LANDWAITER_NEW_PASSWORD")
@_CONFIG
def set_password(name: str, password: str, config: Path | None) -> None:
    """Set the password of NAME and end their sessions."""
    administration.set_password(_settings(config), name, password)
    click.echo(f"{name} has a new password")


@users.command("disable")
@click.argument("name")
@click.option("--enable", is_flag=True, help="let them in again")
@_CONFIG
def disable_user(name: str, enable: bool, config: Path | None) -> None:
    """Keep NAME out, or let them in again."""
    administration.disable_user(_settings(config), name, disabled=not enable)
    click.echo(f"{name} is {'let in again' if enable else 'kept out'}")


@users.command("list")
@_CONFIG
@format_option
def list_users(config: Path | None, form: str) -> None:
    """List the users."""
    columns = ("name", "role", "disabled", "created", "last_login")
    show_rows(administration.list_users(_settings(config)), columns, form)


def _settings(config: Path | None, **options: object) -> Settings:
    import os

    environment = dict(os.environ)
    environment |= {f"LANDWAITER_{name.upper()}": str(value) for name, value in options.items() if value is not None}
    return load_settings(config, environment)
