"""What the command line does to a platform: tokens, users, allowed networks, the advisory bundle.

Each function opens the database of `settings` (joining a server that runs), does its work in one transaction together
with its line in the audit log, and closes it again.
"""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from landwaiter.advisories.models import BundleInfo
from landwaiter.errors import InputError
from landwaiter.platform.auth import audit, networks, tokens, users
from landwaiter.platform.auth.models import AllowedNetwork, AuditEntry, NewToken, Token, User
from landwaiter.platform.context import Platform, platform_of
from landwaiter.platform.findings.jobs import defer_reassessment
from landwaiter.platform.settings import Settings
from landwaiter.platform.store.migrate import migrate


def create_token(
    settings: Settings, scope: str, *, note: str = "", account: str = "", expires: datetime | None = None
) -> NewToken:
    """Make an API token ("sensor", "read" or "admin"); its text is shown this once. Raises InputError."""
    with _session(settings) as session:
        new = tokens.create_token(session, scope, note=note, account=account, expires=expires)
        audit.record(session, _actor(), "token created", new.token.prefix, scope=scope, account=account, note=note)
        return new


def list_tokens(settings: Settings) -> tuple[Token, ...]:
    """Return all tokens, newest first."""
    with _session(settings) as session:
        return tokens.list_tokens(session)


def revoke_token(settings: Settings, prefix: str) -> None:
    """Revoke a token by its prefix. Raises InputError."""
    with _session(settings) as session:
        tokens.revoke_token(session, prefix)
        audit.record(session, _actor(), "token revoked", prefix)


def allow_network(settings: Settings, network: str, note: str = "", *, anywhere: bool = False) -> str:
    """Take sensor calls from a network; return it in its canonical form. Raises InputError."""
    with _session(settings) as session:
        allowed, changed = networks.allow_network(session, network, note, anywhere=anywhere)
        if changed:
            audit.record(session, _actor(), "network allowed", allowed, note=note)
        return allowed


def disallow_network(settings: Settings, network: str) -> str:
    """Take sensor calls from a network no more. Raises InputError."""
    with _session(settings) as session:
        removed, was_there = networks.disallow_network(session, network)
        if not was_there:
            raise InputError(f"{removed} is not on the list.", "See the list: landwaiter allow list.")
        audit.record(session, _actor(), "network disallowed", removed)
        return removed


def list_networks(settings: Settings) -> tuple[AllowedNetwork, ...]:
    """Return the allow list. Empty, it admits the loopback addresses only."""
    with _session(settings) as session:
        return networks.list_networks(session)


def add_user(settings: Settings, name: str, password: str, role: str = "viewer") -> User:
    """Add a user of the console, "viewer" or "admin". Raises InputError."""
    with _session(settings) as session:
        user = users.add_user(session, name, password, role)
        audit.record(session, _actor(), "user added", name, role=role)
        return user


def set_password(settings: Settings, name: str, password: str) -> None:
    """Set a user's password, and end their sessions. Raises InputError."""
    with _session(settings) as session:
        users.set_password(session, name, password)
        audit.record(session, _actor(), "password set", name)


def disable_user(settings: Settings, name: str, *, disabled: bool = True) -> None:
    """Keep a user out, or let them in again. Raises InputError."""
    with _session(settings) as session:
        users.disable_user(session, name, disabled=disabled)
        audit.record(session, _actor(), "user disabled" if disabled else "user enabled", name)


def list_users(settings: Settings) -> tuple[User, ...]:
    """Return all users by name."""
    with _session(settings) as session:
        return users.list_users(session)


def import_bundle(settings: Settings, file: Path) -> BundleInfo:
    """Take a new advisory bundle into use, and queue the re-assessment of what is stored. Raises InputError."""
    with _platform(settings) as platform:
        info = platform.bundles.take(file)
        with platform.database.begin() as session:
            defer_reassessment(platform, session)
            audit.record(session, _actor(), "bundle imported", info.id, built=info.built, newest=info.newest)
        return info


def read_audit(settings: Settings, limit: int = 100) -> tuple[AuditEntry, ...]:
    """Return the newest lines of the audit log."""
    with _session(settings) as session:
        return audit.read(session, limit=limit)


@contextmanager
def _platform(settings: Settings) -> Iterator[Platform]:
    platform = platform_of(settings)
    with platform.database:
        migrate(platform.database.engine)
        yield platform


@contextmanager
def _session(settings: Settings) -> Iterator[Session]:
    with _platform(settings) as platform, platform.database.begin() as session:
        yield session


def _actor() -> str:
    try:
        return f"local {getpass.getuser()}"
    except (KeyError, OSError):
        return "local"
