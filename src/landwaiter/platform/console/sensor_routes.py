"""The page of operators: who calls, who has fallen silent, who was refused; tokens and the allow list."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from landwaiter.platform.api.access import PlatformHere
from landwaiter.platform.auth.networks import list_networks
from landwaiter.platform.auth.tokens import list_tokens
from landwaiter.platform.console.access import Console, show
from landwaiter.platform.sensors.service import calls
from landwaiter.platform.store.base import now

router = APIRouter(include_in_schema=False)


@router.get("/sensors")
def sensors_page(request: Request, platform: PlatformHere, console: Console) -> Response:
    """Show when the sensors called last; tokens and networks only to administrators."""
    administrator = console.user.role == "admin"
    with platform.database.begin() as session:
        page = calls(session, platform.silence)
        networks = list_networks(session) if administrator else ()
        tokens = list_tokens(session) if administrator else ()
    return show(
        "sensors.html",
        request,
        console,
        page=page,
        networks=networks,
        tokens=tokens,
        administrator=administrator,
        now=now(),
    )
