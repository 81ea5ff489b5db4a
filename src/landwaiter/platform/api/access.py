"""Who may call: sensors from an allowed network with a sensor token, readers with a token of scope read or admin."""

import hashlib
import logging
import time
from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.orm import Session

from landwaiter.errors import NotPermittedError
from landwaiter.platform.api.errors import UnauthenticatedError
from landwaiter.platform.auth.addresses import Address, admitted, caller_address
from landwaiter.platform.auth.models import Caller
from landwaiter.platform.auth.networks import allowed_networks
from landwaiter.platform.auth.tokens import ScopeError, authenticate
from landwaiter.platform.context import Platform
from landwaiter.platform.sensors.service import note_refusal

_LOG = logging.getLogger(__name__)
_MOST_ADMISSIONS = 10_000

Admission = tuple[bytes, tuple[str, ...], Address | None]
"""How a caller was admitted: SHA-256 of what it presented, for which scopes, from where."""


def platform_of_request(request: Request) -> Platform:
    """Return the platform that serves the request."""
    platform: Platform = request.app.state.platform
    return platform


async def _platform_here(request: Request) -> Platform:
    """Return the platform; as a coroutine, so that no thread is taken for it."""
    return platform_of_request(request)


def address_of(request: Request) -> Address | None:
    """Return the caller's address; X-Forwarded-For counts only where a trusted proxy wrote it."""
    peer = request.client.host if request.client else ""
    return caller_address(peer, request.headers.getlist("x-forwarded-for"), request.app.state.proxies)


async def sensor(request: Request) -> Caller:
    """Admit a sensor: its network first, then its token. Raises NotPermittedError or UnauthenticatedError."""
    address = address_of(request)
    if (caller := _recent(request, ("sensor",), address)) is not None:
        return caller
    return await run_in_threadpool(_admit_sensor, request, address)


def _admit_sensor(request: Request, address: Address | None) -> Caller:
    with platform_of_request(request).database.begin() as session:
        networks = allowed_networks(session)
    if not admitted(address, networks):
        _LOG.warning("refused: sensor call %s from %s, which is not on the allow list", request.url.path, address)
        _note_refusal(request, address, "network")
        raise NotPermittedError(
            f"Sensor calls from {address} are not allowed.",
            f"Admit the network on the platform: landwaiter allow add {address}.",
        )
    try:
        with platform_of_request(request).database.begin() as session:
            return _caller(session, request, ("sensor",), address)
    except UnauthenticatedError:
        _note_refusal(request, address, "token")
        raise


def _note_refusal(request: Request, address: Address | None, reason: str) -> None:
    """Note a refused sensor call for the console: one an address in ten seconds, and a hundred of all addresses."""
    platform = platform_of_request(request)
    here = str(address or "unknown")
    if platform.pace.due("refused", here, reason) and platform.pace.due("refusals", str(hash(here) % 100)):
        with platform.database.begin() as session:
            note_refusal(session, here, reason, request.url.path)


def reader(request: Request) -> Caller:
    """Admit whoever may read. Raises NotPermittedError or UnauthenticatedError."""
    address = address_of(request)
    if (caller := _recent(request, ("read", "admin"), address)) is not None:
        return caller
    with platform_of_request(request).database.begin() as session:
        return _caller(session, request, ("read", "admin"), address)


def administrator(request: Request) -> Caller:
    """Admit a token of scope admin, looked up on every call. Raises NotPermittedError or UnauthenticatedError."""
    with platform_of_request(request).database.begin() as session:
        return _caller(session, request, ("admin",), address_of(request))


def _caller(session: Session, request: Request, scopes: tuple[str, ...], address: Address | None) -> Caller:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise UnauthenticatedError("The call carries no token.", "Send it as `Authorization: Bearer lw_…`.")
    try:
        caller = authenticate(session, token.strip(), scopes, str(address) if address else None)
    except ScopeError:
        raise
    except NotPermittedError as error:
        _LOG.warning("refused: %s from %s with a token that is not valid", request.url.path, address)
        raise UnauthenticatedError(error.what, error.remedy) from None
    request.app.state.admissions.note(_admission(request, scopes, address), caller)
    request.state.caller = caller
    return caller


def _recent(request: Request, scopes: tuple[str, ...], address: Address | None) -> Caller | None:
    caller: Caller | None = request.app.state.admissions.recent(_admission(request, scopes, address))
    if caller is not None:
        request.state.caller = caller
    return caller


def _admission(request: Request, scopes: tuple[str, ...], address: Address | None) -> Admission:
    token = request.headers.get("authorization", "").encode("utf-8", "surrogatepass")
    return (hashlib.sha256(token).digest(), scopes, address)


class Admissions:
    """Callers that were admitted a moment ago: five hundred events a second are not five hundred look-ups."""

    def __init__(self, seconds: float) -> None:
        """Remember callers for `seconds`; 0 looks every call up."""
        self._seconds = seconds
        self._callers: dict[Admission, tuple[float, Caller]] = {}

    def recent(self, admission: Admission) -> Caller | None:
        """Return who was admitted so, None when that is too long ago."""
        until, caller = self._callers.get(admission, (0.0, None))
        return caller if until > time.monotonic() else None

    def note(self, admission: Admission, caller: Caller) -> None:
        """Remember who was admitted."""
        if len(self._callers) >= _MOST_ADMISSIONS:
            self._callers.clear()
        self._callers[admission] = (time.monotonic() + self._seconds, caller)


def check_account(caller: Caller, account: str) -> None:
    """Raise NotPermittedError when a token that is bound to an AWS account speaks of another one."""
    if caller.account and caller.account != account:
        raise NotPermittedError(
            f"This token speaks for account {caller.account} only, not for {account[:32]!r}.",
            "Use the token of that account.",
        )


PlatformHere = Annotated[Platform, Depends(_platform_here)]
Sensor = Annotated[Caller, Depends(sensor)]
Reader = Annotated[Caller, Depends(reader)]
Administrator = Annotated[Caller, Depends(administrator)]
