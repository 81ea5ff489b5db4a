"""The admin API: who may call from where. Each change leaves a line in the audit log, in the same transaction."""

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Response

from landwaiter.errors import InputError
from landwaiter.platform.api.access import Administrator, PlatformHere, administrator
from landwaiter.platform.api.answers import answer, describes, nothing, reply
from landwaiter.platform.api.bodies import document
from landwaiter.platform.api.errors import ErrorAnswer
from landwaiter.platform.auth import audit, networks, tokens
from landwaiter.platform.auth.models import Token
from landwaiter.platform.store.base import text_of
from landwaiter.platform.store.times import parse_time

_KILOBYTES = 64 * 1024
_LONGEST_NOTE = 500


class Network(msgspec.Struct, frozen=True):
    """A network that sensor calls are taken from."""

    network: str
    note: str
    created: datetime


class Networks(msgspec.Struct, frozen=True):
    """The allow list. Empty, it admits the loopback addresses only."""

    items: tuple[Network, ...]


class NetworkBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose a network is. `anywhere` must be true for one that admits about everybody, such as 0.0.0.0/0."""

    note: str = ""
    anywhere: bool = False


class TokenBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A token to make: "sensor" (may be bound to one AWS account), "read" or "admin". `expires` is RFC 3339 or ""."""

    scope: str
    note: str = ""
    account: str = ""
    expires: str | None = None


class MadeToken(msgspec.Struct, frozen=True):
    """A token just made. `id` names it in lists and logs; `token` is shown this once and kept nowhere."""

    id: str
    token: str


class Tokens(msgspec.Struct, frozen=True):
    """All tokens, newest first, without their secrets; `prefix` is the id."""

    items: tuple[Token, ...]


router = APIRouter(
    prefix="/api/v1",
    tags=["admin"],
    dependencies=[Depends(administrator)],
    responses=describes({400: ErrorAnswer, 401: ErrorAnswer, 403: ErrorAnswer}),
)


@router.get("/networks", **answer(Networks))
def list_networks(platform: PlatformHere) -> Response:
    """Return the networks that sensor calls are taken from."""
    with platform.database.begin() as session:
        found = networks.list_networks(session)
    return reply(Networks(tuple(Network(item.network, item.note, item.added) for item in found)))


@router.put("/networks/{network:path}", **answer(None, body=NetworkBody))
def allow_network(
    caller: Administrator,
    platform: PlatformHere,
    network: str,
    body: Annotated[NetworkBody, Depends(document(NetworkBody, _KILOBYTES))],
) -> Response:
    """Admit a network (an address, or CIDR with its slash as %2F), or take a new note on it. May be repeated."""
    with platform.database.begin() as session:
        allowed, changed = networks.allow_network(session, network, body.note, anywhere=body.anywhere)
        if changed:
            note = text_of(body.note)[:_LONGEST_NOTE]
            audit.record(session, caller.name, "network allowed", allowed, address=caller.address, note=note)
    return nothing()


@router.delete("/networks/{network:path}", **answer(None))
def disallow_network(caller: Administrator, platform: PlatformHere, network: str) -> Response:
    """Take a network off the list. May be repeated."""
    with platform.database.begin() as session:
        removed, was_there = networks.disallow_network(session, network)
        if was_there:
            audit.record(session, caller.name, "network disallowed", removed, address=caller.address)
    return nothing()


@router.get("/tokens", **answer(Tokens))
def list_tokens(platform: PlatformHere) -> Response:
    """Return all tokens, without their secrets."""
    with platform.database.begin() as session:
        return reply(Tokens(tokens.list_tokens(session)))


@router.post("/tokens", **answer(MadeToken, body=TokenBody))
def create_token(
    caller: Administrator,
    platform: PlatformHere,
    body: Annotated[TokenBody, Depends(document(TokenBody, _KILOBYTES))],
) -> Response:
    """Make a token and show it, this once."""
    note = text_of(body.note)[:_LONGEST_NOTE]
    with platform.database.begin() as session:
        made = tokens.create_token(
            session, body.scope, note=note, account=body.account, expires=parse_time(body.expires or "")
        )
        prefix, detail = made.token.prefix, {"scope": body.scope, "account": body.account, "note": note}
        audit.record(session, caller.name, "token created", prefix, address=caller.address, **detail)
    return reply(MadeToken(prefix, made.text))


@router.delete("/tokens/{token_id}", **answer(None))
def revoke_token(caller: Administrator, platform: PlatformHere, token_id: str) -> Response:
    """Revoke a token for good, by its id. May be repeated; the token that calls cannot revoke itself."""
    if caller.name == f"token {token_id}":
        raise InputError("A token cannot revoke itself.", "Revoke it with another one, or on the command line.")
    with platform.database.begin() as session:
        if tokens.withdraw(session, token_id):
            audit.record(session, caller.name, "token revoked", token_id, address=caller.address)
    return nothing()
