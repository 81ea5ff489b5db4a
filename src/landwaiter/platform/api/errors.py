"""Every error of the API has one form: `{"error": {"what", "remedy"}}`, and never a traceback."""

import logging
from collections.abc import Callable

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from landwaiter.errors import InputError, LandwaiterError, NotPermittedError, UnreachableError
from landwaiter.platform.auth.throttle import ThrottledError
from landwaiter.platform.findings.errors import UnknownImageError, UnknownVulnerabilityError
from landwaiter.platform.scans.service import UnknownScanError
from landwaiter.platform.scans.upload import MissingFactsError
from landwaiter.platform.store.failures import DATABASE_FAILURES, reason
from landwaiter.platform.tasks.service import UnknownTaskError

_LOG = logging.getLogger(__name__)

JSON = "application/json"


class Problem(msgspec.Struct, frozen=True):
    """What is wrong, in a sentence, and what to do about it."""

    what: str
    remedy: str


class ErrorAnswer(msgspec.Struct, frozen=True):
    """The body of every error."""

    error: Problem


class MissingAnswer(msgspec.Struct, frozen=True):
    """The body of 409: layers whose facts must be uploaded first."""

    missing: tuple[str, ...]


class TooLargeError(InputError):
    """A body is larger than what is taken."""


class UnsupportedTypeError(InputError):
    """A body is not declared as JSON."""


class UnauthenticatedError(NotPermittedError):
    """No token, or one that is not valid."""


_STATUS: tuple[tuple[type[LandwaiterError], int], ...] = (
    (UnknownScanError, 404),
    (UnknownTaskError, 404),
    (UnknownImageError, 404),
    (UnknownVulnerabilityError, 404),
    (TooLargeError, 413),
    (UnsupportedTypeError, 415),
    (ThrottledError, 429),
    (UnauthenticatedError, 401),
    (NotPermittedError, 403),
    (UnreachableError, 503),
    (LandwaiterError, 400),
)
_PLAIN = {404: "There is nothing here.", 405: "This address does not take that method."}


def error_response(status: int, what: str, remedy: str = "") -> Response:
    """Return an error in the API's form."""
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    body = msgspec.json.encode(ErrorAnswer(Problem(what, remedy)))
    return Response(body, status_code=status, media_type=JSON, headers=headers)


def install(app: FastAPI) -> None:
    """Give the application its answers to errors."""
    handlers: tuple[tuple[type[Exception], Callable[[Request, Exception], Response]], ...] = (
        (LandwaiterError, _landwaiter),
        (MissingFactsError, _missing),
        (RequestValidationError, _validation),
        (HTTPException, _http),
        (DataError, _data),
        *((kind, _database) for kind in DATABASE_FAILURES),
    )
    for kind, handler in handlers:
        app.add_exception_handler(kind, handler)


def _landwaiter(request: Request, error: Exception) -> Response:
    assert isinstance(error, LandwaiterError)  # noqa: S101 - as registered
    status = next(status for kind, status in _STATUS if isinstance(error, kind))
    request.state.problem = error.what
    return error_response(status, error.what, error.remedy)


def _missing(_request: Request, error: Exception) -> Response:
    assert isinstance(error, MissingFactsError)  # noqa: S101 - as registered
    return Response(msgspec.json.encode(MissingAnswer(error.missing)), status_code=409, media_type=JSON)


def _validation(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as registered
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return error_response(400, f"{where[:200]}: {first['msg']}.", "See /api/v1/openapi.json for what is taken.")


def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as registered
    what = _PLAIN.get(error.status_code, str(error.detail))
    return error_response(error.status_code, what, "See /api/v1/openapi.json for what is here.")


def _data(request: Request, error: Exception) -> Response:
    request.state.problem = str(error.__cause__).partition("\n")[0][:200]
    return error_response(400, "A value cannot be stored.", "Numbers must fit 64 bits, text must not hold NUL.")


def _database(_request: Request, error: Exception) -> Response:
    _LOG.error("the database fails: %s", reason(error))
    return error_response(503, "The database does not answer.", "Try again; the operator finds the reason in the log.")


def unexpected(error: Exception) -> Response:
    """Note a fault of ours with its traceback in the log, and return the answer that shows nothing of it."""
    _LOG.error("an unexpected error", exc_info=error)
    return error_response(500, "The platform has a fault.", "It is in the platform's log; please report it.")
