"""Who looks: a session by cookie. Whoever has none is sent to the sign-in page and then where they wanted to go."""

from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Request
from starlette.responses import HTMLResponse, Response

from landwaiter.platform.api.access import PlatformHere, address_of, platform_of_request
from landwaiter.platform.auth.models import ConsoleSession, SignedIn
from landwaiter.platform.auth.sessions import PLAIN_COOKIE, SECURE_COOKIE, session_of
from landwaiter.platform.console.presentation import environment
from landwaiter.platform.context import Platform
from landwaiter.platform.findings.freshness import DataAge, data_age
from landwaiter.platform.store.base import now

_READING = ("GET", "HEAD")
"""Methods of requests that can be made again after signing in."""


def console_session(request: Request, platform: PlatformHere) -> ConsoleSession:
    """Return the session of the request's cookie; raises SignInRequiredError where there is none."""
    cookie = request.cookies.get(cookie_name(platform), "")
    if cookie:
        with platform.database.begin() as session:
            found = session_of(session, cookie, idle_minutes=platform.settings.session_idle_minutes)
        if found is not None:
            return found
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    raise SignInRequiredError(wanted if request.method in _READING else "/")


class SignInRequiredError(Exception):
    """The page needs a session; `wanted` is its path with query."""

    def __init__(self, wanted: str) -> None:
        super().__init__(wanted)
        self.location = f"/sign-in?next={quote(wanted, safe='')}"


Console = Annotated[ConsoleSession, Depends(console_session)]


def cookie_name(platform: Platform) -> str:
    """Return the name of the session's cookie; over HTTPS one that a browser only takes from us."""
    return SECURE_COOKIE if platform.settings.secure else PLAIN_COOKIE


def set_cookie(response: Response, platform: Platform, signed_in: SignedIn) -> None:
    """Hand the session to the browser: not readable by scripts, not sent by other sites."""
    response.set_cookie(
        cookie_name(platform),
        signed_in.cookie,
        expires=signed_in.expires,
        path="/",
        secure=platform.settings.secure,
        httponly=True,
        samesite="lax",
    )


def local_path(text: str) -> str:
    """Return `text` when it is a path of this site, else "/": a link must not lead a signed-in person elsewhere."""
    # A second slash, or the backslash that browsers take for one, begins a host; they drop control characters.
    is_local = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable()
    return text if is_local else "/"


def caller_text(request: Request) -> str:
    """Return the caller's address as text, "" where it is not known."""
    return str(address_of(request) or "")


def _data_age(request: Request) -> DataAge | None:
    platform = platform_of_request(request)
    return data_age(platform.bundles.info(), platform.settings.policy.max_age_hours, now())


def show(
    template: str, request: Request, console: ConsoleSession | None, status: int = 200, **values: object
) -> HTMLResponse:
    """Render a page. Nothing of it may be kept by a proxy."""
    data = _data_age(request) if console is not None else None
    html = environment().get_template(template).render(console=console, here=request.url.path, data=data, **values)
    return HTMLResponse(html, status, headers={"Cache-Control": "no-store"})
