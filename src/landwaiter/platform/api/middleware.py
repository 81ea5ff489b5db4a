"""Around every request: a line in the log of who did what, security headers, and nothing else."""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from landwaiter.platform.api.errors import unexpected

_LOG = logging.getLogger("landwaiter.platform.requests")

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_TRANSPORT = "max-age=31536000; includeSubDomains"


class Envelope:
    """The outermost layer of the application (ASGI)."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        """Wrap `app`; `secure` when browsers reach it by HTTPS, which they are then told to insist on."""
        self._app = app
        headers = {**SECURITY_HEADERS, **({"Strict-Transport-Security": _TRANSPORT} if secure else {})}
        self._page = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        self._answer = [*self._page, (b"cache-control", b"no-store")]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status, started = time.monotonic(), 500, False

        async def enveloped(message: Message) -> None:
            nonlocal status, started
            if message["type"] == "http.response.start":
                status, started = message["status"], True
                ours = self._answer if scope["path"].startswith("/api/") else self._page
                given = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(item for item in ours if item[0] not in given)]
            await send(message)

        try:
            await self._app(scope, receive, enveloped)
        except Exception as error:
            if started:
                raise
            await unexpected(error)(scope, receive, enveloped)
        finally:
            _report(scope, status, (time.monotonic() - begun) * 1000)


def _report(scope: Scope, status: int, milliseconds: float) -> None:
    """Write who (token by its visible prefix, address), what, how it went, how long it took. Never a secret."""
    state = scope.get("state", {})
    caller = state.get("caller")
    client = scope.get("client")
    who = f"{caller.name} {caller.address}" if caller is not None else f"- {client[0] if client else '-'}"
    problem = f" {state['problem']!r}" if "problem" in state else ""
    level = logging.INFO if scope["path"].startswith("/api/") else logging.DEBUG
    path = scope["path"].encode("unicode_escape").decode()[:300]
    _LOG.log(level, "%s %s %s %d %.1f ms%s", who, scope["method"], path, status, milliseconds, problem)
