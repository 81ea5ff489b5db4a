"""The little of ASGI 3 that stands before the emulator needs: its types, and answers."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, TypeAlias

Scope: TypeAlias = dict[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[dict[str, Any]]]
Send: TypeAlias = Callable[[dict[str, Any]], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]


def header(scope: Scope, name: bytes) -> str:
    """The value of a request's header by its lower-case name, "" when it is not there."""
    return next((value.decode("latin-1") for key, value in scope.get("headers", ()) if key == name), "")


async def answer(
    send: Send, status: int, content: Iterator[bytes] | None = None, headers: Mapping[str, str] | None = None
) -> None:
    """Send a whole response; without a Content-Length among `headers` its body must be empty."""
    given = {"Content-Length": "0", **(headers or {})}
    encoded = [(name.encode(), value.encode()) for name, value in given.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    for piece in content or ():
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
