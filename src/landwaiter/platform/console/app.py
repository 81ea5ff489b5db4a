"""The console as an application of its own, mounted behind the API: its errors are pages, not JSON."""

import logging
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import State
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from landwaiter.errors import LandwaiterError, NotPermittedError
from landwaiter.platform.api.access import platform_of_request
from landwaiter.platform.auth.models import ConsoleSession
from landwaiter.platform.console import image_routes, routes, sensor_routes, sign_in
from landwaiter.platform.console.access import SignInRequiredError, console_session, show
from landwaiter.platform.findings.errors import UnknownImageError, UnknownVulnerabilityError
from landwaiter.platform.scans.service import UnknownScanError
from landwaiter.platform.store.failures import DATABASE_FAILURES, reason
from landwaiter.platform.tasks.service import UnknownTaskError

_LOG = logging.getLogger(__name__)
_UNKNOWN = (UnknownImageError, UnknownVulnerabilityError, UnknownScanError, UnknownTaskError)


def create_console(state: State) -> FastAPI:
    """Return the console; `state` is that of the application it is mounted in."""
    console = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    console.state = state
    console.include_router(sign_in.router)
    console.include_router(image_routes.router)
    console.include_router(routes.router)
    console.include_router(sensor_routes.router)
    console.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    for kind, handler in (
        (SignInRequiredError, _sign_in),
        (LandwaiterError, _refused),
        (HTTPException, _http),
        (RequestValidationError, _malformed),
        *((kind, _database) for kind in DATABASE_FAILURES),
        (Exception, _fault),
    ):
        console.add_exception_handler(kind, handler)
    return console


def _sign_in(_request: Request, error: Exception) -> Response:
    assert isinstance(error, SignInRequiredError)  # noqa: S101 - as registered
    return RedirectResponse(error.location, 303)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, LandwaiterError)  # noqa: S101 - as registered
    status = 404 if isinstance(error, _UNKNOWN) else 403 if isinstance(error, NotPermittedError) else 400
    return _problem(request, status, error.what, error.remedy)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as registered
    what = "There is no such page." if error.status_code == 404 else str(error.detail)
    return _problem(request, error.status_code, what)


def _malformed(request: Request, _error: Exception) -> Response:
    return _problem(request, 400, "The address or the form is not complete, or holds what does not belong there.")


def _database(request: Request, error: Exception) -> Response:
    _LOG.error("the database fails: %s", reason(error))
    what, remedy = "The database does not answer.", "Load the page again in a moment; the log has the reason."
    return show("problem.html", request, None, 503, what=what, remedy=remedy)


def _fault(request: Request, error: Exception) -> Response:
    _LOG.error("an unexpected error on %s", request.url.path, exc_info=error)
    what, remedy = "The platform has a fault.", "It is in the platform's log; please report it."
    return show("problem.html", request, None, 500, what=what, remedy=remedy)


def _problem(request: Request, status: int, what: str, remedy: str = "") -> Response:
    return show("problem.html", request, _signed_in(request), status, what=what, remedy=remedy)


def _signed_in(request: Request) -> ConsoleSession | None:
    """Return the session of whoever sees the problem, so that they keep the way to the other pages."""
    try:
        return console_session(request, platform_of_request(request))
    except SignInRequiredError:
        return None
