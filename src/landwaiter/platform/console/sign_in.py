"""Signing in and out."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from landwaiter.errors import NotPermittedError
from landwaiter.platform.api.access import PlatformHere
from landwaiter.platform.auth.models import SignedIn
from landwaiter.platform.auth.sessions import check_csrf, sign_in, sign_out
from landwaiter.platform.console.access import Console, caller_text, cookie_name, local_path, set_cookie, show
from landwaiter.platform.console.addresses import NO_NUL
from landwaiter.platform.context import Platform

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
def sign_in_page(request: Request, next: str = "/") -> Response:  # noqa: A002 - the name in the address
    """Show the form."""
    return show("sign_in.html", request, None, next=local_path(next), problem="")


@router.post("/sign-in")
def sign_in_form(
    request: Request,
    platform: PlatformHere,
    name: Annotated[str, Form(max_length=256, pattern=NO_NUL)],
    password: Annotated[str, Form(max_length=2048)],
    next: Annotated[str, Form(max_length=2048)] = "/",  # noqa: A002 - the name in the form
) -> Response:
    """Check name and password; on success go where the person wanted to go."""
    problem, status = "Name or password is wrong.", 401
    try:
        signed_in = _signed_in(platform, name, password, caller_text(request))
    except NotPermittedError as error:
        signed_in, problem, status = None, str(error), 429
    if signed_in is None:
        return show("sign_in.html", request, None, status, next=local_path(next), problem=problem)
    response = RedirectResponse(local_path(next), 303)
    set_cookie(response, platform, signed_in)
    return response


@router.post("/sign-out")
def sign_out_form(
    request: Request, platform: PlatformHere, console: Console, csrf: Annotated[str, Form(max_length=256)] = ""
) -> Response:
    """End the session."""
    check_csrf(console, csrf)
    name = cookie_name(platform)
    with platform.database.begin() as session:
        sign_out(session, request.cookies.get(name, ""))
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(name, path="/", secure=platform.settings.secure, httponly=True, samesite="lax")
    return response


def _signed_in(platform: Platform, name: str, password: str, address: str) -> SignedIn | None:
    settings = platform.settings
    with platform.database.begin() as session:
        return sign_in(
            session,
            name,
            password,
            address=address,
            hours=settings.session_hours,
            idle_minutes=settings.session_idle_minutes,
        )
