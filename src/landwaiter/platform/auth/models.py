"""What the services of `auth` return."""

from datetime import datetime

import msgspec

SCOPES = ("sensor", "read", "admin")
ROLES = ("viewer", "admin")


class Token(msgspec.Struct, frozen=True):
    """An API token as it may be shown: never its secret."""

    prefix: str
    scope: str
    note: str
    account: str
    created: datetime
    expires: datetime | None
    revoked: datetime | None
    last_used: datetime | None
    last_address: str | None


class NewToken(msgspec.Struct, frozen=True):
    """A token just made. `text` is shown once and kept nowhere."""

    text: str
    token: Token


class Caller(msgspec.Struct, frozen=True):
    """Who makes an API call: a token. `account` is the AWS account that it is bound to, "" for any."""

    name: str
    scope: str
    address: str
    account: str = ""


class AllowedNetwork(msgspec.Struct, frozen=True):
    """A network that sensor calls are taken from."""

    network: str
    note: str
    added: datetime


class User(msgspec.Struct, frozen=True):
    """A person who signs in to the console."""

    id: int
    name: str
    role: str
    disabled: bool
    created: datetime
    last_login: datetime | None


class SignedIn(msgspec.Struct, frozen=True):
    """A session just made: `cookie` is its secret, for the browser only."""

    cookie: str
    user: User
    expires: datetime


class ConsoleSession(msgspec.Struct, frozen=True):
    """A valid session: who, and the token that every form of theirs must carry."""

    user: User
    csrf: str


class AuditEntry(msgspec.Struct, frozen=True):
    """A line of the audit log."""

    at: datetime
    actor: str
    action: str
    target: str
    detail: dict[str, str]
    address: str | None
